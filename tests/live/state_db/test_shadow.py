"""The shadow strategy in the state DB."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from backtest.model import Candidate, Decisions, ExitReason, Grade, Skip, SkipReason
from live.state_db.rows import ShadowStatus
from tests.live.state_db.builders import AS_OF, D, a_db, decided

SHADOW = "nwl_p4"
NEXT = date(2026, 2, 18)


def test_a_shadow_position_goes_from_pending_to_open_to_closed() -> None:
    db = a_db()
    (position_id,) = db.shadow.replace_pending(SHADOW, [decided()], D, AS_OF)
    (pending,) = db.shadow.active(SHADOW)
    assert (pending.status, pending.entry_price, pending.actual_shares) == (ShadowStatus.PENDING, 1_402_000, 0)
    db.shadow.fill(position_id, entry_date=D, shares=71, entry_price=1_403_000, stop_price=1_262_700)
    db.shadow.set_pending_exit(position_id, ExitReason.TREND_BREAK, D)
    db.shadow.close(position_id, day=NEXT, price=1_500_000, reason=ExitReason.TREND_BREAK, pnl=71 * 97_000)
    (closed,) = db.shadow.ledger(SHADOW)
    assert (closed.status, closed.pnl, closed.return_pct) == (ShadowStatus.CLOSED, 6_887_000, Decimal("6.9138"))
    assert db.shadow.active(SHADOW) == ()


def test_a_shadow_entry_without_an_open_is_skipped_with_its_reason() -> None:
    db = a_db()
    (position_id,) = db.shadow.replace_pending(SHADOW, [decided()], D, AS_OF)
    db.shadow.skip(position_id, SkipReason.NO_PRICE_DATA)
    (row,) = db.shadow.ledger(SHADOW)
    assert (row.status, row.skip_reason) == (ShadowStatus.SKIPPED, "no_price_data")
    with pytest.raises(ValueError, match="is not pending"):
        db.shadow.skip(position_id, SkipReason.NO_PRICE_DATA)


def test_deciding_a_day_again_replaces_its_pending_rows_only() -> None:
    db = a_db()
    first, _ = db.shadow.replace_pending(SHADOW, [decided(), decided("AAPL", 2)], D, AS_OF)
    db.shadow.fill(first, entry_date=D, shares=71, entry_price=1_403_000, stop_price=1_262_700)
    db.shadow.replace_pending(SHADOW, [decided("MSFT", 2)], D, AS_OF)
    assert [row.ticker for row in db.shadow.active(SHADOW)] == ["MSFT", "NVDA"]


def test_rows_whose_ids_stand_in_a_file_already_get_them() -> None:
    db = a_db()
    assert db.shadow.next_id() == 1
    db.shadow.reserve(3)
    entries = [decided(), decided("AAPL", 2), decided("MSFT", 3)]
    assert db.shadow.replace_pending(SHADOW, entries, D, AS_OF, {"AAPL": 2}) == (4, 2, 5)
    assert db.shadow.next_id() == 6


def test_shadow_signals_are_the_last_decisions_of_the_day() -> None:
    db = a_db()
    skip = Skip(Candidate("AAPL", D, Grade.B), SkipReason.CAPACITY_FULL)
    db.shadow.record_decisions(SHADOW, Decisions(D, AS_OF, entries=(decided(), decided("MSFT", 2))))
    db.shadow.record_decisions(SHADOW, Decisions(D, AS_OF, entries=(decided(),), skipped=(skip,)))
    rows = db.connection.all("SELECT line, kind, ticker, reason FROM shadow_signals ORDER BY line")
    assert [tuple(row) for row in rows] == [(1, "entry", "NVDA", None), (2, "skip", "AAPL", "capacity_full")]


def test_the_shadows_last_session_is_kept() -> None:
    db = a_db()
    assert db.shadow.stepped_through(SHADOW) is None
    db.shadow.set_stepped_through(SHADOW, AS_OF)
    db.shadow.set_stepped_through(SHADOW, D)
    assert db.shadow.stepped_through(SHADOW) == D
