"""What is installed has no flaw that was published; `make audit` asks whether that is still so."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from itertools import chain

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from tests.audit import Answer, judge, read_answer
from tests.paths import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
REQUIREMENTS = {
    requirement.name: requirement
    for text in (*PROJECT["dependencies"], *chain.from_iterable(PROJECT["optional-dependencies"].values()))
    if not (requirement := Requirement(text)).name.startswith(("earnings-drift", "types-"))
}
# the release that mends the last published flaw, and the flaw
MENDED = {
    "certifi": ("2024.7.4", "CVE-2024-39689: roots that are no longer trusted"),
    "click": ("8.3.3", "CVE-2026-7246: commands through click.edit()"),
    "datasette": ("0.65.2", "CVE-2025-64481: a redirect to another host"),
    "filelock": ("3.20.3", "CVE-2025-68146, CVE-2026-22701: a symlink in the place of a lock file"),
    "h11": ("0.16", "CVE-2025-43859: a second request in a body"),
    "idna": ("3.15", "CVE-2026-45409: unbounded work"),
    "jinja2": ("3.1.6", "CVE-2025-27516: out of the sandbox"),
    "pyarrow": ("23.0.1", "CVE-2026-25087: use after free when a file is read"),
    "pygments": ("2.20", "CVE-2026-4539: unbounded work"),
    "pytest": ("9.0.3", "CVE-2025-71176: a temporary folder of another user"),
    "python-dotenv": ("1.2.2", "CVE-2026-28684: writing through a symlink"),
    "pyyaml": ("5.4", "CVE-2020-14343: code in a document"),
    "requests": ("2.33", "CVE-2024-47081, CVE-2026-25645: credentials to another host; a predictable temporary file"),
    "soupsieve": ("2.9", "CVE-2026-85999, CVE-2026-86000: unbounded work"),
    "urllib3": ("2.7", "CVE-2026-44431, CVE-2026-44432: headers after a redirect; unbounded decompression"),
}


def lowest(requirement: Requirement) -> Version:
    return max(Version(one.version) for one in requirement.specifier if one.operator == ">=")


@pytest.mark.parametrize("name", MENDED)
def test_the_lowest_allowed_release_mends_what_was_published(name: str) -> None:
    assert lowest(REQUIREMENTS[name]) >= Version(MENDED[name][0])


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_every_package_has_a_floor_and_the_installed_one_satisfies_it(name: str) -> None:
    assert lowest(REQUIREMENTS[name])
    try:
        installed = version(name)
    except PackageNotFoundError:
        extras = PROJECT["optional-dependencies"]
        left_out = [one for extra in ("browse", "fuzz", "mutants", "notify") for one in extras[extra]]
        assert name in {Requirement(one).name for one in left_out}
        return
    assert installed in REQUIREMENTS[name].specifier


def printed(*dependencies: Mapping[str, object]) -> str:
    return json.dumps({"dependencies": dependencies, "fixes": []})


SOUND = {"name": "requests", "version": "2.34.2", "vulns": []}
FLAWED = {"name": "idna", "version": "3.6", "vulns": [{"id": "CVE-2026-45409", "fix_versions": ["3.15"]}]}
UNKNOWN = {"name": "rich", "skip_reason": "Dependency not found on PyPI and could not be audited: rich (15.0.0)"}
OURS = {"name": "earnings-drift", "skip_reason": "distribution marked as editable"}


def test_an_audit_is_green_when_a_service_answered_for_every_package() -> None:
    assert judge([read_answer(printed(SOUND, OURS))]) == (0, ["1 packages looked at, none has a known flaw"])


def test_an_audit_names_the_flaw_and_the_release_that_mends_it() -> None:
    code, lines = judge([read_answer(printed(SOUND, FLAWED, UNKNOWN))])
    assert code == 1
    assert lines[0] == "idna 3.6: CVE-2026-45409, mended in 3.15"


def test_a_package_that_no_service_answered_for_is_not_called_sound() -> None:
    code, lines = judge([read_answer(printed(SOUND, UNKNOWN)), None])
    assert code == 8
    assert "no advisory service answered for 1 packages (rich)" in lines[-1]


@pytest.mark.parametrize("silence", ["", "Traceback (most recent call last):", "{}", printed(), printed(OURS)])
def test_an_unreachable_service_is_not_green(silence: str) -> None:
    code, lines = judge([read_answer(silence)])
    assert code == 8
    assert lines[-1].startswith("error[8] no advisory service answered for any package")


def test_the_second_service_fills_in_for_the_first() -> None:
    first = Answer(looked_at=frozenset({"requests"}), not_looked_at=frozenset({"rich"}), flaws=())
    second = Answer(looked_at=frozenset({"rich"}), not_looked_at=frozenset(), flaws=())
    assert judge([first, second])[0] == 0


def test_the_constraints_lock_every_dependency_within_its_range() -> None:
    lines = (ROOT / "configs/constraints.txt").read_text(encoding="utf-8").splitlines()
    locked = dict(line.lower().replace("_", "-").split("==") for line in lines if not line.startswith("#"))
    extras = PROJECT["optional-dependencies"]
    named = [Requirement(one) for one in (*PROJECT["dependencies"], *extras["parquet"], *extras["dev"])]
    named = [one for one in named if one.name != "earnings-drift"]
    assert [one.name for one in named if one.name.lower() not in locked] == []
    assert [one.name for one in named if locked[one.name.lower()] not in one.specifier] == []


def test_both_packages_carry_their_types() -> None:
    packages = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert packages == ["live", "backtest"]
    assert all((ROOT / package / "py.typed").is_file() for package in packages)
