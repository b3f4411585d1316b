"""What is put on its way to a person: what `notify.on` names, once a day, redacted, with an id."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from backtest.redaction import Redactor, Secret
from live.config import NOTIFY_DEFAULT, NotifyKind
from live.notify.notifier import Notifier, code_topic, parse_command
from live.state_db.db import StateDB
from tests.fakes import FakeClock

NOW = datetime(2026, 1, 5, 14, 31, tzinfo=UTC)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
def db(clock: FakeClock) -> StateDB:
    return StateDB.in_memory(clock)


def notifier(db: StateDB | None, *on: str, redactor: Redactor | None = None) -> Notifier:
    words = frozenset(on or NOTIFY_DEFAULT)
    return Notifier(("page-me",), (), words, redactor or Redactor(), None if db is None else db.outbox, "run-7")


def rows(db: StateDB) -> list[dict[str, Any]]:
    return [dict(row) for row in db.connection.all("SELECT * FROM notifications ORDER BY id")]


def ended(db: StateDB, code: int, *lines: str, on: tuple[str, ...] = (), exits: bool = True) -> list[str]:
    notifier(db, *on).send_end("executor", code, lines or (f"error[{code}] it broke",), is_about_exits=exits)
    return [row["title"] for row in rows(db)]


@pytest.mark.parametrize("code", [1, 3, 4, 5, 6, 7, 8, 11, 12, 13])
def test_by_default_a_run_that_ended_so_is_sent(db: StateDB, code: int) -> None:
    assert ended(db, code) == [f"executor ended {code}"]


@pytest.mark.parametrize("code", [2, 10])
def test_by_default_a_usage_error_and_a_second_run_are_not(db: StateDB, code: int) -> None:
    assert ended(db, code) == []


@pytest.mark.parametrize(("exits", "on", "sent"), [(True, (), 1), (False, (), 0), (False, ("9",), 1)])
def test_an_open_line_is_sent_when_it_is_about_more_than_entries_or_where_9_is_named(
    db: StateDB, exits: bool, on: tuple[str, ...], sent: int
) -> None:
    assert len(ended(db, 9, on=on, exits=exits)) == sent


def test_the_same_code_is_sent_once_a_day(db: StateDB, clock: FakeClock) -> None:
    ended(db, 8)
    assert ended(db, 8, "error[8] it broke again") == ["executor ended 8"]
    clock.sleep(24 * 3600)
    assert len(ended(db, 8)) == 2


def test_the_same_code_about_other_tickers_is_sent_again(db: StateDB, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("live.state_db.outbox._NAMED", "SELECT value AS ticker FROM json_each('[\"AAA\",\"T\"]') "
                        "WHERE ? IS NOT NULL")  # fmt: skip
    ended(db, 12, "error[12] AAA: no stop")
    ended(db, 12, "error[12] AAA: still no stop")
    assert len(ended(db, 12, "error[12] AAA, T: no stop")) == 2
    assert [row["once"] for row in rows(db)] == ["2026-01-05 code:12 AAA", "2026-01-05 code:12 AAA T"]


def test_what_was_said_in_the_middle_of_a_run_is_not_said_again_at_its_end(db: StateDB) -> None:
    notifier(db).send(NotifyKind.UNPROTECTED, "UNPROTECTED POSITION", "AAA", topic=code_topic(12))
    assert ended(db, 12) == ["UNPROTECTED POSITION"]


def test_a_kind_that_is_not_named_is_not_sent(db: StateDB) -> None:
    notifier(db).send(NotifyKind.SUMMARY, "the day", "20 positions")
    notifier(db, "12").send(NotifyKind.DOUBTFUL, "doubtful", "AAA")
    assert rows(db) == []


def test_nothing_is_written_where_nobody_is_to_be_told(db: StateDB) -> None:
    quiet = Notifier((), (), frozenset(NOTIFY_DEFAULT), outbox=db.outbox)
    quiet.send_end("executor", 12, ["error[12] naked"], is_about_exits=True)
    quiet.leave_outbox()
    assert rows(db) == []
    assert quiet.take_job().is_empty


def test_i8_a_message_has_no_secret_no_control_character_and_its_id(db: StateDB) -> None:
    one = notifier(db, redactor=Redactor([Secret("sEcReT0123456789")]))
    one.send_end("executor\x1b[31m", 12, ["refused: sEcReT0123456789", "AAA\x07"], is_about_exits=True)
    (row,) = rows(db)
    assert row["title"] == "executor[31m ended 12"
    assert row["body"].startswith("refused: ***\nAAA\n(id ")
    assert re.search(rf"\(id {row['event_id']}, run-7, 20..-..-.. ..:..:..-0[45]:00 New York\)$", row["body"])


def test_without_a_state_db_it_goes_to_the_child_directly() -> None:
    one = notifier(None)
    one.send_end("executor", 13, ["error[13] state DB damaged"], is_about_exits=False)
    one.send_end("executor", 13, ["error[13] state DB damaged"], is_about_exits=False)
    ((title, body),) = one.take_job().direct
    assert title == "executor ended 13"
    assert body.startswith("error[13] state DB damaged\n(id ")


def test_a_command_line_is_split_without_a_shell() -> None:
    assert parse_command("page-me 'a b' $HOME") == ("page-me", "a b", "$HOME")
    assert parse_command(None) == ()
    with pytest.raises(ValueError):
        parse_command("page 'unclosed")
