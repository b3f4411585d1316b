"""The programs beside the two daily ones: replay, the embedded exchange, admin; and what all programs promise."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import backtest.__main__ as backtest_door
import live.admin as admin_door
import live.executor as executor_door
import live.replay as replay_door
import live.signal_generator as generator_door
import live.sim.__main__ as sim_door
from tests.cli.account import TradingAccount, day
from tests.cli.bad_input import refused
from tests.cli.done import Done, run_command
from tests.paths import ROOT

PROGRAMS: dict[str, click.Command] = {
    "backtest": backtest_door.cli,
    "live.admin": admin_door.main,
    "live.executor": executor_door.main,
    "live.replay": replay_door.main,
    "live.signal_generator": generator_door.main,
    "live.sim": sim_door.cli,
}
BARS = """symbol,date,open,high,low,close,volume
AAA,2016-03-01,100,101,99,100,1000
AAA,2016-03-02,100,101,99,100,1000
AAA,2016-03-03,100,101,99,100,1000
"""
CANDIDATES = "report_date,ticker,grade,score,price,gap_size\n2016-03-02,AAA,B,80,100,5\n"


@pytest.fixture
def calm(ready_before: TradingAccount, tmp_path: Path) -> TradingAccount:
    return ready_before.copy_to(tmp_path)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "bars.csv").write_text(BARS, encoding="ascii")
    (tmp_path / "candidates.csv").write_text(CANDIDATES, encoding="ascii")
    return tmp_path


def invoke(program: str, *args: str | Path) -> Done:
    return run_command(PROGRAMS[program], args)


# the replay


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"--to": "2016-03-05"}, 2, "2016-03-05 is no session"),
        ({"--from": "2016-03-03", "--to": "2016-03-01"}, 2, "is after --to"),
        ({"--skip-session": "2016-03-05"}, 2, "2016-03-05 is no session"),
        ({"--to": "2016-08-01"}, 7, "end on 2016-"),
        ({"--prices": "nope.csv"}, 7, "nope.csv"),
        ({"--prices": "alpaca"}, 7, "alpaca"),
        ({"--prices": "candidates.csv"}, 7, "candidates.csv"),
        ({"--candidates": "nope.csv"}, 7, "nope.csv"),
        ({"--candidates": "bars.csv"}, 7, "bars.csv"),
        ({"--set": "max_position=3"}, 6, "perhaps max_positions"),
        ({"--set": "stop_mode=close"}, 6, "stop_mode"),
        ({"--config": "nope.yaml"}, 6, "nope.yaml"),
        ({"--config": "bars.csv"}, 6, "bars.csv"),
    ],
)
def test_a_replay_that_cannot_be_is_one_line_and_leaves_no_result(
    data: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], code: int, said: str
) -> None:
    monkeypatch.chdir(data)
    given = {"--from": "2016-03-01", "--to": "2016-03-03", "--prices": "bars.csv", "--candidates": "candidates.csv"}
    args = [word for pair in (given | changes).items() for word in pair]
    refused(invoke("live.replay", *args, "--out", "out"), code, said)
    assert not any(path.suffix in (".csv", ".json", ".db") for path in (data / "out").rglob("*"))


# the embedded exchange

EXCHANGES = [
    (("status", "--file", "none.db"), 6, "none.db"),
    (("status", "--file", "bars.csv"), 6, "no exchange file"),
    (("advance", "--file", "none.db", "--to", "2016-03-01T09:00"), 6, "none.db"),
    (("init", "--file", "bars.csv"), 6, "already"),
    (("init", "--file", "nowhere/x.db"), 6, "nowhere"),
    (("init", "--file", "x.db", "--prices", "none.csv"), 7, "none.csv"),
    (("init", "--file", "x.db", "--prices", "candidates.csv"), 7, "candidates.csv"),
    (("init", "--file", "x.db", "--cash", "nan"), 2, "--cash nan"),
    (("init", "--file", "x.db", "--cash", "-1"), 2, "--cash -1"),
    (("init", "--file", "x.db", "--cash", "1e999"), 2, "--cash 1e999"),
    (("init", "--file", "x.db", "--now", "yesterday"), 2, "yesterday"),
    (("init", "--file", "x.db", "--now", "1999-03-01T09:00"), 2, "1999-03-01"),
    (("init", "--file", "x.db", "--set", "slippage=1"), 6, "slippage_pct"),
    (("init", "--file", "x.db", "--config", "none.yaml"), 6, "none.yaml"),
]


@pytest.mark.parametrize(("args", "code", "said"), EXCHANGES)
def test_an_exchange_that_cannot_be_is_one_line_and_leaves_no_file(
    data: Path, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...], code: int, said: str
) -> None:
    monkeypatch.chdir(data)
    more: list[str] = []
    if args[0] == "init":
        defaults = {"--prices": "bars.csv", "--cash": "1000", "--now": "2016-03-01T09:00"}
        more = [word for flag, value in defaults.items() if flag not in args for word in (flag, value)]
    refused(invoke("live.sim", *args, *more), code, said)
    assert not (data / "x.db").exists()


# admin


@pytest.mark.parametrize("ticker", ["../x", "<b>", "aaaaaaaaaa", "A B", "=A1"])
def test_close_of_what_is_no_ticker_is_2(calm: TradingAccount, ticker: str) -> None:
    done = CliRunner().invoke(
        admin_door.main, ["close", ticker, *calm._common()[:4], "--broker", "sim"], obj=calm.runtime
    )
    assert done.exit_code == 2
    assert "no ticker" in done.stderr


@pytest.mark.parametrize("command", ["status", "reconcile", "doctor"])
def test_admin_of_a_damaged_state_db_is_13_in_one_line(calm: TradingAccount, command: str) -> None:
    calm.state_db.write_bytes(b"nothing like a database")
    args = [command, "--config", calm._common()[1], "--state-db", str(calm.state_db), "--broker", "sim"]
    done = CliRunner().invoke(admin_door.main, args, obj=calm.runtime)
    refused(Done(done.exit_code, done.stdout, done.stderr), 13, "state.db")


# every program


def commands(program: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    yield name, program
    if isinstance(program, click.Group):
        for word in program.list_commands(click.Context(program)):
            below = program.get_command(click.Context(program), word)
            assert below is not None
            yield from commands(below, f"{name} {word}")


ALL = [pair for name, program in PROGRAMS.items() for pair in commands(program, name)]


@pytest.mark.parametrize(("name", "command"), ALL, ids=[name for name, _ in ALL])
def test_a_path_that_cannot_be_read_is_never_answered_by_the_flag_reader(name: str, command: click.Command) -> None:
    """A file without permission is 5, 6, 7 or 13, as what it is; not 2."""
    for param in command.params:
        if isinstance(param.type, click.Path):
            assert not any((param.type.exists, param.type.readable, param.type.writable)), (name, param.name)


@pytest.mark.parametrize(("name", "command"), ALL, ids=[name for name, _ in ALL])
def test_every_help_is_ascii(name: str, command: click.Command) -> None:
    assert command.get_help(click.Context(command, info_name=name)).isascii()


def named_commands() -> set[tuple[str, str]]:
    """Return every `python -m PROGRAM word` that a source file, the README or a page of docs tells somebody to run."""
    sources = [*ROOT.glob("live/**/*.py"), *ROOT.glob("backtest/**/*.py"), *ROOT.glob("docs/**/*.md")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in (*sources, ROOT / "README.md"))
    found = re.findall(r"python -m ((?:live|backtest)[.\w]*)(?: ([a-z][a-z-]+)\b)?", text)
    return {(module, word) for module, word in found if isinstance(PROGRAMS.get(module), click.Group)}


@pytest.mark.parametrize(("module", "word"), sorted(named_commands()))
def test_every_command_a_message_names_exists(module: str, word: str) -> None:
    program = PROGRAMS[module]
    assert isinstance(program, click.Group)
    assert not word or word in program.list_commands(click.Context(program))


STREAMS = (">&-", "2>&-", ">&- 2>&-", "| head -c 1")
LIKE_ANOTHER = [("live.signal_generator", one) for one in STREAMS if one != ">&- 2>&-"]
"""It runs as the executor does; one pair is enough each time."""


@pytest.mark.parametrize(
    ("module", "streams"),
    [
        pytest.param(module, one, marks=pytest.mark.slow if (module, one) in LIKE_ANOTHER else ())
        for module in ("live.executor", "live.signal_generator", "live.admin")
        for one in STREAMS
    ],
)
def test_f81_closed_streams_change_no_exit_code(tmp_path: Path, module: str, streams: str) -> None:
    more = {"live.executor": "", "live.signal_generator": "--no-report", "live.admin": "status"}[module]
    line = f"set -o pipefail; {sys.executable} -m {module} {more} --config none.yaml {streams}"
    done = subprocess.run(
        ["bash", "-c", line], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert done.returncode == 6, done.stderr
    assert "Traceback" not in done.stderr


def test_the_local_time_zone_changes_no_decision(calm: TradingAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    """I12"""
    import time

    first = (calm.signals / f"trade_signals_{day(0)}_ema_p10.json").read_text()
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert calm.execute("place").code == 0
        assert calm.generate("--no-report").code == 0
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()
    assert (calm.signals / f"trade_signals_{day(0)}_ema_p10.json").read_text() == first
