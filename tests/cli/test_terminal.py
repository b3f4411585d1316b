"""What a terminal gets: plain ASCII where the locale is C, colours only where they are wanted."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from backtest.__main__ import cli as backtest
from backtest.terminal import is_ascii_only
from live.admin import main as admin
from tests.cli.account import TradingAccount, bars, day, offer
from tests.cli.done import run_command
from tests.paths import ROOT

REFUSED = {
    "backtest": ("manifest", "--out", "m.json", "--config", "é.yaml"),
    "live.admin": ("status", "--config", "é.yaml"),
    "live.day": ("--no-report", "--config", "é.yaml"),
    "live.executor": ("--config", "é.yaml"),
    "live.replay": ("--from", "2026-01-05", "--to", "2026-01-05", "--candidates", "é.csv", "--prices", "é.csv"),
    "live.signal_generator": ("--no-report", "--config", "é.yaml"),
    "live.sim": ("status", "--file", "é.sim"),
}


@pytest.mark.parametrize(
    ("environ", "ascii_only"),
    [
        ({"LC_ALL": "C", "LANG": "de_DE.UTF-8"}, True),
        ({"LC_ALL": "", "LC_CTYPE": "POSIX"}, True),
        ({"LANG": "C"}, True),
        ({"LC_ALL": "C.UTF-8", "LANG": "C"}, False),
        ({"LC_CTYPE": "de_DE.UTF-8", "LANG": "C"}, False),
        ({}, False),
    ],
)
def test_the_first_variable_that_is_set_says_whether_only_ascii_is_known(
    environ: dict[str, str], ascii_only: bool
) -> None:
    assert is_ascii_only(environ) == ascii_only


@pytest.mark.parametrize("module", REFUSED)
def test_a_program_in_a_pipe_writes_ascii_in_the_locale_c(tmp_path: Path, module: str) -> None:
    environ = os.environ | {"PYTHONPATH": str(ROOT), "LC_ALL": "C"}
    command = [sys.executable, "-m", module, *REFUSED[module]]
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, check=False)
    assert done.returncode in (6, 7)
    written = done.stdout + done.stderr
    assert written.isascii()
    assert b"\\xe9." in written
    assert b"Traceback" not in written


def test_a_day_in_the_locale_c_is_told_in_ascii(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    account = TradingAccount(tmp_path, bars("AAA"), bars("BBB")).go(day(0), "09:00")
    report = account.report(day(0), offer("AAA", day(0)), offer("BBB", day(0), company=""))
    told = [account.generate("--report-file", report), account.go(day(0), "09:20").execute("place")]
    told += [account.admin("status"), run_command(backtest, ("parse", report))]
    told += [run_command(backtest, ("parse", report, "--json"))]
    assert [one.code for one in told] == [0, 0, 0, 0, 0]
    assert all((one.stdout + one.stderr).isascii() for one in told)
    assert "account ..." in told[0].stdout
    assert "by price   -\n" in told[3].stdout


def test_a_usage_error_is_ascii_in_the_locale_c(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    done = run_command(admin, ("é",))
    assert (done.code, done.last_line) == (2, "Error: No such command '\\xe9'.")


def test_colours_are_forced_or_forbidden_by_the_environment_and_never_in_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = TradingAccount(tmp_path, bars("AAA")).go(day(0), "09:20")
    args = ("--no-report", "--dry-run")
    assert "\x1b[" not in account.generate(*args).stdout
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[1m" in account.generate(*args, "--trade-date", day(0).isoformat()).stdout
    assert "\x1b" not in account.generate(*args, json=True).stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in account.generate(*args).stdout
