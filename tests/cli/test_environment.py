"""No environment switches anything on; the first line of a run says what it trades."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from live.admin import main as admin
from live.alpaca.hosts import CONFIRMATION
from live.state_db.kill_switch import read_kill_switch
from tests.cli.account import CONFIG, TradingAccount
from tests.cli.bad_input import PROGRAMS, ready, start, written
from tests.cli.done import run_command
from tests.faults.ending import UNTOUCHED, Rerun, State, begins, fault_ends
from tests.paths import ROOT

OPTIONS = {
    "EXECUTOR_ENABLE_LIVE": "1",
    "EXECUTOR_SETTINGS": "live.enabled=true",
    "SIGNAL_GENERATOR_ENABLE_LIVE": "1",
    "ADMIN_FLATTEN_YES": "1",
}
FIRST_LINE = "simulated: an exchange in a file, account …"
LIVE = {
    "live.enabled": "true",
    "safety.max_drawdown_pct": "10",
    "safety.max_daily_loss_pct": "3",
    "safety.max_position_usd": "20000",
    "safety.max_orders_per_day": "60",
}


@pytest.fixture
def calm(tmp_path: Path) -> TradingAccount:
    return ready(tmp_path)


@pytest.mark.parametrize("program", PROGRAMS)
def test_f130_no_environment_switches_anything_on(
    calm: TradingAccount, program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = written(calm), calm.state_db.read_bytes()
    monkeypatch.setenv("EARNINGS_DRIFT_LIVE_CONFIRM", CONFIRMATION)
    for name, value in OPTIONS.items():
        monkeypatch.setenv(name, value)
        fault_ends(
            "F130",
            calm,
            lambda: start(calm, program),
            exit_code=6,
            last_line=begins("error[6] ", f"{name} in the environment"),
            received=[],
            state=UNTOUCHED,
            rerun=Rerun(6, begins("error[6] ", f"{name} in the environment")),
        )
        monkeypatch.delenv(name)
    assert (written(calm), calm.state_db.read_bytes()) == before
    assert start(calm, program).code == 0


def test_f130_the_words_alone_switch_nothing_on(calm: TradingAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EARNINGS_DRIFT_LIVE_CONFIRM", CONFIRMATION)
    entry = "20260202_AAA_entry_buy"
    done = fault_ends(
        "F130",
        calm,
        lambda: calm.execute("place"),
        exit_code=0,
        last_line="",
        received=[f"POST {entry}"],
        state=State({}, {entry: "accepted 0/100"}),
        rerun=Rerun(0),
    )
    assert done.stdout.startswith(FIRST_LINE)


def test_f130_the_kill_switch_is_turned_on_whatever_the_environment(
    calm: TradingAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ADMIN_KILL_SWITCH_ON_STATE_DB", "EARNINGS_DRIFT_TYPO"):
        monkeypatch.setenv(name, "elsewhere")
    args = ("kill-switch", "on", "--reason", "x", "--config", CONFIG, "--state-db", calm.state_db)
    done = run_command(admin, args)
    assert read_kill_switch(calm.state_db).on
    assert "ADMIN_KILL_SWITCH_ON_STATE_DB in the environment" in done.stderr


def test_the_first_line_comes_before_every_note(calm: TradingAccount) -> None:
    with calm.db() as db:
        db.system_config.turn_kill_switch_on("news", "me")
    assert calm.execute("protect").stdout.splitlines()[0].startswith(FIRST_LINE)
    offline = run_command(admin, ("status", "--offline", "--config", CONFIG, "--state-db", calm.state_db))
    assert offline.stdout.startswith("kill switch is ON")


def test_json_says_what_is_traded_and_q_hides_the_line(calm: TradingAccount) -> None:
    told = json.loads(calm.execute("place", "--json").stdout)["account_line"]
    assert (told["mode"], told["host"], told["limits"]) == ("simulated", "an exchange in a file", {})
    assert calm.execute("place", "-q").stdout.startswith("exits:")


def test_log_level_counts_for_the_log_file_and_another_programs_word_is_reported(
    calm: TradingAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = calm.folder / "run.jsonl"
    given = ("--set", f"paths.log_file={log}")
    monkeypatch.setenv("LOG_LEVEL", "ERROR")
    assert calm.execute("place", *given).code == 0
    assert log.read_text() == ""
    monkeypatch.setenv("LOG_LEVEL", "trace")
    assert "LOG_LEVEL 'trace' is not known" in calm.execute("place", *given).stdout
    assert json.loads(log.read_text().splitlines()[0])["message"].startswith(("LOG_LEVEL", FIRST_LINE))


def test_a_live_run_shows_its_box_before_it_asks_for_the_words(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    keys = {"APCA_API_KEY_ID": "AK" + "A" * 18, "APCA_API_SECRET_KEY": "s" * 40, "PYTHONPATH": str(ROOT)}
    settings = [word for name, value in LIVE.items() for word in ("--set", f"{name}={value}")]
    args = ["--phase", "protect", "--config", CONFIG, "--state-db", "state.db", "--enable-live", *settings]
    command = [sys.executable, "-m", "live.executor", *map(str, args)]
    os.write(ours, b"yes i understand\n")
    done = subprocess.run(
        command, cwd=tmp_path, env=os.environ | keys, stdin=theirs, capture_output=True, text=True, check=False
    )
    for end in (ours, theirs):
        os.close(end)
    lines = done.stderr.splitlines()
    assert done.returncode == 6, done.stderr
    assert "REAL MONEY" in lines[1]
    assert "limits:  drawdown 10 %, daily loss 3 %, 20000 USD/entry, 60 orders/day" in lines[4]
    assert max(map(len, lines[:6])) <= 80
    assert lines[6].startswith("Type YES I UNDERSTAND to go on: ")
    assert "live trading without the typed confirmation" in lines[-1]
