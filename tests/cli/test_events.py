"""`admin events`: the event log as JSON lines, whole, in part, and as it is written."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from live.clock import FollowingClock
from live.state_db.event_types.__main__ import SCHEMA_FILE
from tests.cli.account import TradingAccount, bars, day, offer
from tests.cli.done import Done
from tests.paths import ROOT


@pytest.fixture(scope="module")
def traded(tmp_path_factory: pytest.TempPathFactory) -> TradingAccount:
    """One session: AAA and BBB were bought."""
    account = TradingAccount(tmp_path_factory.mktemp("traded"), bars("AAA"), bars("BBB"))
    account.trade(day(0), offer("AAA", day(0)), offer("BBB", day(0)))
    return account


def lines(done: Done) -> list[dict[str, Any]]:
    assert done.code == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def stored(account: TradingAccount) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(account.state_db)) as raw:
        raw.row_factory = sqlite3.Row
        rows = [dict(row) for row in raw.execute("SELECT * FROM events ORDER BY seq")]
    return [row | {"payload": json.loads(row["payload"])} for row in rows]


def test_every_row_is_a_line_exactly_as_it_is_stored_and_keeps_the_contract(traded: TradingAccount) -> None:
    done = traded.admin("events")
    found = lines(done)
    assert found == stored(traded)
    assert done.stderr == ""
    validator = Draft202012Validator(json.loads(SCHEMA_FILE.read_text(encoding="utf-8")))
    for name in {f"{one['kind']}.{one['type']}": one for one in found}.values():
        validator.validate(name)


def test_since_leaves_out_that_event_and_what_came_before(traded: TradingAccount) -> None:
    everything = stored(traded)
    assert lines(traded.admin("events", "--since", str(everything[4]["seq"]))) == everything[5:]
    assert lines(traded.admin("events", "--since", "100000")) == []


def test_a_type_a_kind_and_a_ticker_keep_what_fits(traded: TradingAccount) -> None:
    fills = lines(traded.admin("events", "--type", "order.fill"))
    assert [one["payload"]["ticker"] for one in fills] == ["AAA", "BBB"]
    assert lines(traded.admin("events", "--type", "order.fill", "--ticker", "bbb")) == fills[1:]
    kinds = {one["kind"] for one in lines(traded.admin("events", "--type", "position"))}
    assert kinds == {"position"}
    of_aaa = lines(traded.admin("events", "--ticker", "AAA"))
    assert of_aaa == [one for one in stored(traded) if one["payload"].get("ticker") == "AAA"]


def test_an_unknown_type_is_refused_with_the_known_ones(traded: TradingAccount) -> None:
    done = traded.admin("events", "--type", "order.filled")
    assert (done.code, done.stdout) == (2, "")
    assert "'order.filled' is no event type (expected one of order.planned," in done.last_line
    assert "(expected one of config, order," in traded.admin("events", "--type", "orders").last_line


def test_with_json_they_are_in_the_one_object(traded: TradingAccount) -> None:
    found = traded.admin("events", "--json").json
    assert found["events"] == stored(traded)
    assert found["error"] is None
    assert traded.admin("events", "--json", "--follow").code == 2


def test_nothing_is_changed_and_without_a_state_db_there_is_none(traded: TradingAccount, tmp_path: Path) -> None:
    before = traded.tree()
    assert traded.admin("events").code == 0
    assert traded.tree() == before
    done = TradingAccount(tmp_path, bars("AAA")).admin("events")
    assert (done.code, done.stdout) == (0, "")
    assert "there is no state DB at" in done.stderr
    assert not (tmp_path / "state.db").exists()


# as they are written


def interrupt(_: TradingAccount) -> None:
    os.kill(os.getpid(), signal.SIGINT)


def hold_back(account: TradingAccount) -> None:
    with account.db() as db:
        db.entry_controls.turn_off("a test", "somebody")


def let_go(account: TradingAccount) -> None:
    with account.db() as db:
        db.entry_controls.turn_on("a test", "somebody")


def lose(account: TradingAccount) -> None:
    """Another state DB, with fewer events, is put in the place."""
    for path in account.folder.glob("state.db*"):
        path.unlink()
    hold_back(account)


def meanwhile(
    monkeypatch: pytest.MonkeyPatch, account: TradingAccount, *steps: Callable[[TradingAccount], None]
) -> list[float]:
    """Do one step each time the command waits; return how long it meant to, filled while it runs."""
    waits: list[float] = []
    todo = list(steps)

    def sleep(_: FollowingClock, seconds: float) -> None:
        waits.append(seconds)
        todo.pop(0)(account)

    monkeypatch.setattr(FollowingClock, "sleep", sleep)
    return waits


def test_follow_prints_what_is_written_meanwhile_and_a_signal_ends_it_with_0(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    account = TradingAccount(tmp_path, bars("AAA"))
    waits = meanwhile(monkeypatch, account, hold_back, lambda _: None, let_go, interrupt)
    found = lines(account.admin("events", "--follow"))
    assert [f"{one['kind']}.{one['type']}" for one in found] == ["config.entries_off", "config.entries_on"]
    assert found == stored(account)
    assert waits == [1.0] * 4


def test_follow_keeps_to_its_filters_and_to_its_beginning(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    account = TradingAccount(tmp_path, bars("AAA"))
    meanwhile(monkeypatch, account, hold_back, let_go, hold_back, interrupt)
    found = lines(account.admin("events", "--follow", "--since", "1", "--type", "config.entries_off"))
    assert [one["seq"] for one in found] == [3]


def test_follow_says_when_the_state_db_was_replaced_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    account = TradingAccount(tmp_path, bars("AAA"))
    hold_back(account)
    let_go(account)
    meanwhile(monkeypatch, account, lose, let_go, interrupt)
    done = account.admin("events", "--follow", "--since", "2")
    assert [one["type"] for one in lines(done)] == ["entries_on"]
    assert "the state DB was replaced by one that ends with event 1; going on after that" in done.stderr


def test_a_reader_that_is_gone_ends_it_quietly(traded: TradingAccount) -> None:
    command = [sys.executable, "-m", "live.admin", "events", "--follow", *traded.admin_flags()]
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, cwd=traded.folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as reading:
        assert reading.stdout is not None
        assert reading.stderr is not None
        assert json.loads(reading.stdout.readline())["seq"] == 1
        reading.stdout.close()
        assert (reading.wait(), reading.stderr.read()) == (0, "")
