"""On which trade dates a ticker is on record, by the signal files and by the positions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from live.signals.file import file_sha256
from live.signals.lines import SkipLine
from live.state_db.db import StateDB
from live.state_db.ticker_records import first_date_naming, foreign_fills_of, last_date_naming, positions_of
from tests.live.signals.test_signal_file import signal
from tests.live.state_db.builders import D, a_db, hold

WEEK = timedelta(days=7)


def issue(db: StateDB, day: date, *tickers: str, strategy: str = "ema_p10", frozen: tuple[str, ...] = ()) -> None:
    skipped = tuple(SkipLine(ticker, "capacity_full") for ticker in tickers)
    file = replace(
        signal(),
        strategy=strategy,
        trade_date=day,
        as_of_session=day - WEEK,
        skipped=skipped,
        frozen=frozen,
        entries=(),
    )
    text, content = file.text(), file.content_sha256
    db.signal_files.issue(
        strategy=strategy, trade_date=day, path=file.file_name, text=text, content_sha256=content,
        file_sha256=file_sha256(text), run_id="r",
    )  # fmt: skip


@pytest.fixture
def db() -> StateDB:
    """Return a DB with four weeks' files of two strategies: A in the first and the third, F frozen in the fourth."""
    db = a_db()
    for n, tickers in enumerate((("A", "B"), ("B",), ("A",), ())):
        issue(db, D + n * WEEK, *tickers, frozen=("F",) if n == 3 else ())
        issue(db, D + n * WEEK, strategy="nwl_p4")
    return db


def test_the_last_and_the_first_date_that_name_a_ticker(db: StateDB) -> None:
    c = db.connection
    assert last_date_naming(c, "A") == D + 2 * WEEK
    assert last_date_naming(c, "A", D + 2 * WEEK) == D
    assert last_date_naming(c, "A", D) is None
    assert first_date_naming(c, "A", D) == D + 2 * WEEK
    assert first_date_naming(c, "A", D + 2 * WEEK) is None


def test_a_frozen_or_unresolved_ticker_is_named_too(db: StateDB) -> None:
    assert last_date_naming(db.connection, "F") == D + 3 * WEEK
    assert last_date_naming(db.connection, "MSFT") == D + 3 * WEEK


@pytest.mark.parametrize("other", ["C", "capacity_full", "AA", 'A"', "alpaca", ""])
def test_no_other_word_of_a_file_is_taken_for_a_ticker(db: StateDB, other: str) -> None:
    assert last_date_naming(db.connection, other) is None


def test_a_file_that_was_superseded_names_nobody(db: StateDB) -> None:
    issue(db, D + 2 * WEEK, "B")
    assert last_date_naming(db.connection, "A") == D


def test_the_search_goes_through_the_files_by_their_index(db: StateDB, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, object]] = []
    one = db.connection.one
    monkeypatch.setattr(db.connection, "one", lambda sql, params=(): asked.append((sql, params)) or one(sql, params))
    last_date_naming(db.connection, "A")
    sql, params = asked[0]
    plan = " ".join(row["detail"] for row in db.connection.all(f"EXPLAIN QUERY PLAN {sql}", params))
    assert "USING INDEX one_current_file" in plan
    assert "TEMP B-TREE" not in plan


def test_the_events_about_many_things_are_found_by_their_index() -> None:
    db = a_db()
    position = hold(db, "NVDA")
    found = db.events.about(f"position:{position.position_id}", "nothing")
    assert [event.type for event in found] == ["opened", "stop_changed"]
    sql = "SELECT seq FROM events WHERE corr_id IN (SELECT value FROM json_each('[\"a\"]')) ORDER BY seq"
    plan = " ".join(row["detail"] for row in db.connection.all(f"EXPLAIN QUERY PLAN {sql}"))
    assert "events_by_corr_id" in plan


def test_positions_of_a_ticker_and_their_fills_by_hand() -> None:
    db = a_db()
    position = hold(db, "NVDA")
    hold(db, "AAPL")
    assert positions_of(db.connection, "NVDA") == (position,)
    assert foreign_fills_of(db.connection, position.position_id) == ()
