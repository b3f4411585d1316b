"""Completion of the installed commands in bash, zsh and fish, as docs/operations.md sets it up."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib

import pytest

from tests.paths import ROOT

SCRIPTS: dict[str, str] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
SETUP = re.findall(r"_(\w+)_COMPLETE=(\w+)_source ([\w-]+)", (ROOT / "docs" / "operations.md").read_text())


def start(script: str, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Start an installed command the way its script in `bin` does."""
    module, function = SCRIPTS[script].split(":")
    code = f"import sys; sys.argv[0] = {script!r}; from {module} import {function}; {function}()"
    return subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": os.environ["PATH"], **variables},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_installed_command_has_its_line_for_every_shell() -> None:
    assert {(shell, script) for _, shell, script in SETUP} >= {("bash", "signal-generator"), ("fish", "executor")}
    assert {script for _, _, script in SETUP} == {*SCRIPTS}
    assert all(name == script.replace("-", "_").upper() for name, _, script in SETUP)


@pytest.mark.parametrize(("name", "shell", "script"), SETUP)
def test_each_line_of_the_handbook_prints_a_script_for_its_shell(name: str, shell: str, script: str) -> None:
    done = start(script, {f"_{name}_COMPLETE": f"{shell}_source"})
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{shell}_complete" in done.stdout


@pytest.mark.parametrize(
    ("script", "typed", "offered"),
    [
        ("executor", "--ph", "--phase"),
        ("executor", "--phase pro", "protect"),
        ("earnings-drift-admin", "kill", "kill-switch"),
        ("earnings-drift-backtest", "man", "manifest"),
    ],
)
def test_what_is_typed_is_completed(script: str, typed: str, offered: str) -> None:
    variables = {
        f"_{script.replace('-', '_').upper()}_COMPLETE": "bash_complete",
        "COMP_WORDS": f"{script} {typed}",
        "COMP_CWORD": str(len(typed.split())),
    }
    assert f"plain,{offered}\n" in start(script, variables).stdout
