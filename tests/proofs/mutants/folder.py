"""The folder in which mutmut works on a group: links to the checkout, and a configuration of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.paths import ROOT
from tests.proofs.mutants.groups import Group, modules_of
from tests.proofs.mutants.mutant import CAUGHT, Change, Verdict, read_mutants
from tests.proofs.mutants.reasons import reason_of

FOLDER = ROOT / "build" / "mutants"
COPIED = (
    "configs",
    "demo",
    "docs",
    "signals",
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "Makefile",
)
TYPE_CHECK = (
    "mypy", "--output", "json", "--no-warn-unused-ignores",
    # mutmut writes the variants of a function one below the other
    "--disable-error-code", "no-redef", "--disable-error-code", "no-overload-impl",
)  # fmt: skip
"""A change that `make test` refuses for its types needs no test."""
PYTEST = (
    "-p", "no:cacheprovider", "-p", "no:cov", "-p", "tests.proofs.mutants.plugin", "-m", "not slow and not shared",
)  # fmt: skip


def prepare(group: Group, modules: Sequence[str], expected: Mapping[Change, str] | None = None) -> Path:
    """Return the group's folder: it changes only `modules`. A part of a group has a folder beside the whole one's.

    expected: the reasons; the folder is taken as it was left: what was caught, and survivors with a reason, stay so
    while their function is the same; the rest is tried again. None: the folder is made anew.
    """
    folder = FOLDER / (group.name if tuple(modules) == modules_of(group) else f"{group.name}-part")
    if expected is not None and (folder / "mutants").exists():
        _forget_open(folder, modules, expected)
        (folder / "mutants" / "mutmut-stats.json").unlink(missing_ok=True)  # which tests reach what is asked again
    else:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name in ("backtest", "live", "tests", *COPIED):
            (folder / name).symlink_to(ROOT / name)
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (folder / "pyproject.toml").write_text(project + _section(group, modules), encoding="utf-8")
    return folder


def _forget_open(folder: Path, modules: Sequence[str], expected: Mapping[Change, str]) -> None:
    for module in modules:
        path = folder / "mutants" / f"{module}.meta"
        if not path.exists():  # not changed the last time: a copy as new as this is taken for one that is
            (folder / "mutants" / module).unlink(missing_ok=True)
            continue
        kept = json.loads(path.read_text(encoding="utf-8"))
        for mutant in read_mutants(folder, [module]):
            is_as_expected = mutant.verdict is Verdict.SURVIVED and reason_of(mutant.change, expected) is not None
            if mutant.verdict not in CAUGHT and not is_as_expected:
                kept["exit_code_by_key"][mutant.key] = None
        path.write_text(json.dumps(kept), encoding="utf-8")


def is_done(folder: Path, modules: Sequence[str]) -> bool:
    """Return whether nothing of the modules is left to be tried: all are as they were when their changes were made."""
    for module in modules:
        written = folder / "mutants" / module
        kept = written.with_name(f"{written.name}.meta")
        if not kept.exists() or (ROOT / module).stat().st_mtime >= written.stat().st_mtime:
            return False
        if None in json.loads(kept.read_text(encoding="utf-8"))["exit_code_by_key"].values():
            return False
    return True


def _section(group: Group, modules: Sequence[str]) -> str:
    settings = {
        "source_paths": ["backtest", "live"],
        "only_mutate": list(modules),
        "also_copy": list(COPIED),
        "type_check_command": list(TYPE_CHECK),
        "pytest_add_cli_args": list(PYTEST),
        "pytest_add_cli_args_test_selection": list(group.tests),
        "use_git_change_detection": False,
    }
    # a JSON list of texts is a TOML list of texts
    return "\n[tool.mutmut]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items())


def run_mutmut(folder: Path, names: Sequence[str], workers: int) -> subprocess.CompletedProcess[str]:
    """Run mutmut on the mutants of these names (patterns too; none means all) and return how it went."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    command = [
        sys.executable,
        "-c",
        "from mutmut.__main__ import cli; cli()",
        "run",
        "--max-children",
        str(workers),
        *names,
    ]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def list_mutants(folder: Path, modules: Sequence[str]) -> list[str]:
    """Return the names of the mutants of the modules, before they are made."""
    command = [sys.executable, "-m", "tests.proofs.mutants.listing", *modules]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout.split()
