"""Ranges of versions: what pyproject.toml writes is understood, and nothing else is guessed."""

from __future__ import annotations

import tomllib
from itertools import chain

import pytest
from packaging.specifiers import SpecifierSet

from live.doctor.versions import Requirement, is_within, outside, parse_requirement
from tests.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DECLARED = [*PROJECT["dependencies"], *chain.from_iterable(PROJECT["optional-dependencies"].values())]


@pytest.mark.parametrize("version", ["0.1", "2", "2.33", "2.33.1", "3", "3.0.0", "8.3.3", "2026.6", "10"])
@pytest.mark.parametrize("text", [*DECLARED, f"python{PROJECT['requires-python']}", "x>1,<=3.0", "x==3,!=2"])
def test_every_range_of_ours_is_judged_as_the_installer_does(text: str, version: str) -> None:
    range_ = parse_requirement(text).range
    assert is_within(version, range_) == (version in SpecifierSet(range_))


def test_a_requirement_of_an_extra_says_so() -> None:
    assert parse_requirement("apprise<2,>=1.9; extra == 'notify'") == Requirement(
        "apprise", "<2,>=1.9", "extra == 'notify'"
    )


@pytest.mark.parametrize("text", ["", "; extra", "=1"])
def test_what_is_no_requirement_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no requirement"):
        parse_requirement(text)


def test_a_clause_of_another_form_is_refused_and_not_passed() -> None:
    with pytest.raises(ValueError, match="~=2"):
        is_within("2.1", "~=2.0")


def test_missing_packages_and_other_versions_are_told_apart() -> None:
    wanted = [Requirement("here", ">=2,<3"), Requirement("old", ">=2"), Requirement("gone", ">=1")]
    found = {"here": "2.9", "old": "1.9"}
    assert outside(wanted, found.get) == (("gone (>=1)",), ("old 1.9 (expected >=2)",))
