"""What every program does alike: `--json` is one object, also for what ends before a run begins; `--version`."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import click
import pytest

from backtest.version import __version__, commit_of, version_text
from live.__main__ import LINES
from live.__main__ import main as live
from live.replay import main as replay
from live.state_db.schema import SCHEMA_VERSION
from tests.cli.done import run_command
from tests.cli.printed import PROGRAMS

ALL: Mapping[str, click.Command] = {**PROGRAMS, "live.replay": replay, "live": live}


@pytest.mark.parametrize(
    ("program", "args", "said"),
    [
        ("live.executor", ("--phase", "sell"), "executor"),
        ("live.executor", ("-v", "-q"), "executor"),
        ("live.signal_generator", (), "signal_generator"),
        ("live.replay", ("--from", "2026-01-02"), "replay"),
        ("live.admin", ("status", "--nonsense"), "admin-status"),
        ("live.admin", ("kill-switch", "perhaps"), "admin-kill-switch"),
        ("live.admin", ("nonsense",), "admin"),
        ("live.day", ("--sessions", "1"), "day"),
        ("live", ("nonsense",), "live"),
        ("backtest", ("run",), "backtest-run"),
        ("backtest", ("parse",), "backtest-parse"),
        ("backtest", ("manifest",), "backtest-manifest"),
        ("live.sim", ("init",), "sim-init"),
        ("live.sim", ("status",), "sim-status"),
    ],
)
def test_a_usage_error_is_one_json_object_and_clicks_words_on_stderr(
    program: str, args: tuple[str, ...], said: str
) -> None:
    done = run_command(ALL[program], (*args, "--json"))
    assert done.code == 2
    found = json.loads(done.stdout)
    assert (found["program"], found["exit_code"], found["run_id"]) == (said, 2, None)
    assert found["error"]["code"] == found["endings"][0]["code"] == 2
    assert done.last_line == f"Error: {found['error']['message']}"
    assert found["error"]["details"]["next_step"].endswith(" --help")
    assert run_command(ALL[program], args).stdout == ""


@pytest.mark.parametrize(
    ("program", "args", "code"),
    [
        ("live.sim", ("status", "--file", "none.db"), 6),
        ("live.sim", ("advance", "--file", "none.db", "--to", "2026-01-05"), 6),
        ("backtest", ("manifest", "--out", "m.json", "--config", "none.yaml"), 6),
        ("backtest", ("manifest", "--out", "m.json", "--home", "nowhere"), 6),
        ("backtest", ("parse", "R.html", "--assets", "none.csv"), 7),
        ("backtest", ("parse", "R.html", "Q.html", "--to-json", "out.json"), 2),
    ],
)
def test_a_command_without_a_run_says_as_json_how_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, args: tuple[str, ...], code: int
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run_command(ALL[program], (*args, "--json"))
    error = done.json["error"]
    assert (done.code, error["code"], done.json["exit_code"]) == (code, code, code)
    assert error["message"].rstrip(".") in done.last_line
    assert error["details"]["next_step"] in done.last_line


def test_a_bug_of_the_backtest_is_json_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def bug(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("backtest.settings.load_params", bug)
    done = run_command(ALL["backtest"], ("manifest", "--out", tmp_path / "m.json", "--json"))
    assert (done.code, done.json["error"]["code"]) == (1, 1)
    assert (
        done.last_line
        == "error[1] unexpected ZeroDivisionError: a bug. This is a bug; -v before the command shows where."
    )


def test_what_a_backtest_and_an_exchange_did_is_one_object(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [f"AAA,2026-01-{day:02},10,11,9,10,1000" for day in range(1, 31)]
    Path("bars.csv").write_text("\n".join(["symbol,date,open,high,low,close,volume", *lines]) + "\n")
    Path("candidates.csv").write_text("report_date,ticker,grade,score,price,gap_size\n2026-01-12,AAA,A,90,10,5\n")
    span = ("--from", "2026-01-12", "--to", "2026-01-16", "--out", "out", "--json")
    ran = run_command(ALL["backtest"], ("run", "--candidates", "candidates.csv", "--prices", "bars.csv", *span))
    assert ran.code == 0, ran.stderr
    assert (ran.json["error"], ran.json["out"], ran.json["sessions"]) == (None, "out", 5)
    assert ran.json["metrics"] == json.loads(Path("out/metrics.json").read_text())
    wrote = run_command(ALL["backtest"], ("manifest", "--out", "m.json", "--json"))
    assert (wrote.json["program"], wrote.json["manifest"]) == ("backtest-manifest", "m.json")
    given = ("--file", "x.sim", "--prices", "bars.csv", "--cash", "1000", "--now", "2026-01-12T09:00", "--json")
    made = run_command(ALL["live.sim"], ("init", *given))
    assert (made.code, made.json["account"]["cash"]) == (0, "1000.00")
    assert "1 tickers" in made.stderr
    moved = run_command(ALL["live.sim"], ("advance", "--file", "x.sim", "--to", "2026-01-13T09:00", "--json"))
    assert moved.json["clock"]["timestamp"].startswith("2026-01-13")


@pytest.mark.parametrize("program", ALL)
def test_every_program_says_its_version_and_the_schema_of_its_state_db(program: str) -> None:
    done = run_command(ALL[program], ("--version",))
    name = program.removeprefix("live.")
    schema = f"state DB schema {SCHEMA_VERSION}" if program not in ("backtest", "live.sim") else ""
    assert re.fullmatch(rf"earnings-drift {name} {__version__}( \((commit [\w-]+)?(, )?{schema}\))?\n", done.stdout)
    assert schema in done.stdout


def test_the_package_names_every_program_in_a_line_and_starts_none() -> None:
    done = run_command(live, ())
    assert (done.code, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [*LINES, "Each has --help."]
    assert {line.split()[2] for line in LINES} == {*ALL} - {"live"}
    help_lines = run_command(live, ("--help",)).stdout.splitlines()
    assert {f"  {line}" for line in LINES} <= {*help_lines}
    assert max(map(len, help_lines)) <= 80


def test_the_commit_is_the_checkouts_own_and_says_when_files_differ(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    git = ("git", "-C", str(tmp_path), "-c", "user.name=n", "-c", "user.email=e@example.com")
    subprocess.run([*git, "init", "-q"], check=True)
    assert commit_of(tmp_path) is None
    (tmp_path / "file").write_text("1")
    for command in (("add", "file"), ("commit", "-qm", "first")):
        subprocess.run([*git, *command], check=True)
    commit = commit_of(tmp_path)
    assert commit is not None
    assert re.fullmatch("[0-9a-f]{7,}", commit)
    (tmp_path / "file").write_text("2")
    assert commit_of(tmp_path) == f"{commit}-dirty"
    assert commit_of(tmp_path / "inside") is None


@pytest.mark.parametrize(
    ("origin", "said"),
    [
        (
            '{"url": "https://x.example", "vcs_info": {"vcs": "git", "commit_id": "0123456789abcdef"}}',
            "0123456789ab",
        ),
        ('{"url": "file:///somewhere", "dir_info": {}}', None),
        (None, None),
    ],
)
def test_the_commit_of_an_installed_package_is_the_one_pip_was_given(
    monkeypatch: pytest.MonkeyPatch, origin: str | None, said: str | None
) -> None:
    monkeypatch.setattr("backtest.version.commit_of", lambda _: None)
    installed = SimpleNamespace(read_text={"direct_url.json": origin}.get)
    monkeypatch.setattr("importlib.metadata.distribution", lambda _: installed)
    known = [f"commit {said}"] if said else []
    assert version_text(7) == f"{__version__} ({', '.join([*known, 'state DB schema 7'])})"
