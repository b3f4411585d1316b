"""Transactions: what belongs together is one commit, and a failure leaves nothing behind."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from backtest.redaction import Redactor, Secret
from live.errors import StateDBError
from live.state_db.db import StateDB
from live.state_db.event_types.config import FlagSet
from tests.fakes import FakeClock
from tests.live.state_db.builders import a_db, entry

CLOCK = FakeClock()


def test_a_transaction_of_many_changes_is_one_commit(path: Path) -> None:
    with StateDB.open(path, CLOCK) as db:
        with contextlib.suppress(KeyboardInterrupt), db.transaction():
            db.orders.plan([entry("MSFT")])
            db.orders.plan([entry("AAPL")])
            raise KeyboardInterrupt
        assert [row.ticker for row in db.orders.unfinished()] == ["NVDA"]
        assert db.events.newest(limit=1)[0].corr_id == "20260217_NVDA_entry_buy"


def test_a_cached_query_answers_with_what_is_there_now(path: Path) -> None:
    with StateDB.open(path, CLOCK) as db, StateDB.open(path, CLOCK) as other:
        assert [row.ticker for row in db.orders.unfinished()] == ["NVDA"]
        other.orders.plan([entry("MSFT")])
        assert len(db.orders.unfinished()) == 2
        db.orders.plan([entry("AAPL")])
        with contextlib.suppress(KeyboardInterrupt), db.transaction():
            db.orders.plan([entry("TSLA")])
            assert len(db.orders.unfinished()) == 4
            raise KeyboardInterrupt
        assert len(db.orders.unfinished()) == 3


def test_a_swallowed_failure_inside_a_transaction_rolls_all_of_it_back() -> None:
    db = a_db()

    def swallow() -> None:
        with db.transaction():
            db.orders.plan([entry("MSFT")])
            with contextlib.suppress(ValueError):
                db.orders.abandon("20260217_AAPL_entry_buy", "there is no such row")

    with pytest.raises(RuntimeError, match="swallowed"):
        swallow()
    assert db.orders.unfinished() == ()


def test_f72_a_full_disk_writes_nothing_and_is_reported() -> None:
    db = a_db()
    pages = db.connection.one("PRAGMA page_count")
    assert pages is not None
    db.connection.one(f"PRAGMA max_page_count = {pages[0] + 1}")
    with pytest.raises(StateDBError, match="full") as caught:
        db.events.append(FlagSet("big", "x" * 100_000, "test"))
    assert caught.value.exit_code == 13
    assert db.events.newest() == ()


def test_i8_no_secret_reaches_a_row() -> None:
    db = a_db()
    db.connection.hide_secrets = Redactor([Secret("sEcReT0123456789")]).hide_known
    db.events.append(FlagSet("words", "your key sEcReT0123456789 is wrong", "test"))
    db.orders.plan([entry("NVDA")])
    db.orders.abandon("20260217_NVDA_entry_buy", "refused: sEcReT0123456789")
    dump = [tuple(row) for table in ("events", "orders") for row in db.connection.all(f"SELECT * FROM {table}")]
    assert "sEcReT" not in repr(dump)
    assert "your key *** is wrong" in repr(dump)
