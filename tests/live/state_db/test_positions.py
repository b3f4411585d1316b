"""Changes of positions that no order of ours made: splits, fills by hand, payouts, renames."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from backtest.model import ExitReason
from live.state_db.records import ForeignFill
from tests.live.state_db.builders import LATER, D, a_db, hold


def test_f57_a_split_scales_shares_entry_and_stop_and_drops_the_fraction() -> None:
    db = a_db()
    position = hold(db, shares=71, price="140.33")
    row = db.positions.scale_for_split(position.position_id, Fraction(3, 2), D, "recorded")
    assert (row.actual_shares, row.entry_price, row.stop_price) == (106, 935_533, 841_900)
    assert row.invested == 106 * 935_533
    assert row.split_through == D


def test_a_split_that_leaves_no_share_is_refused() -> None:
    db = a_db()
    position = hold(db, shares=5)
    with pytest.raises(ValueError, match="nothing is left"):
        db.positions.scale_for_split(position.position_id, Fraction(1, 10), D, "recorded")


def test_f60_a_sale_by_hand_is_booked_once_and_closes_as_manual() -> None:
    db = a_db()
    position = hold(db)
    fills = [ForeignFill("a1", "o1", "NVDA", "sell", 31, Decimal("150"), LATER)]
    left = db.positions.book_by_hand(position.position_id, fills)
    assert (left.actual_shares, left.is_open) == (40, True)
    rest = ForeignFill("a2", "o1", "NVDA", "sell", 40, Decimal("151"), LATER)
    closed = db.positions.book_by_hand(position.position_id, [*fills, rest])
    assert (closed.exit_reason, closed.exit_date) == (ExitReason.MANUAL, date(2026, 2, 18))
    assert closed.pnl == 31 * 1_500_000 + 40 * 1_510_000 - 71 * 1_402_000


def test_f61_shares_bought_by_hand_are_added_at_their_price_and_leave_the_stop_where_it_is() -> None:
    db = a_db()
    position = hold(db)
    fill = ForeignFill("a1", "o1", "NVDA", "buy", 29, Decimal("160"), LATER)
    row = db.positions.book_by_hand(position.position_id, [fill])
    assert (row.actual_shares, row.invested, row.stop_price) == (100, 71 * 1_402_000 + 29 * 1_600_000, 1_261_800)


def test_a_payout_closes_without_a_fill() -> None:
    db = a_db()
    position = hold(db)
    row = db.positions.close_as(position.position_id, ExitReason.DELISTED, D, 1_000_000, "paid out")
    assert (row.exit_reason, row.exit_price, row.pnl) == (ExitReason.DELISTED, 1_000_000, 71 * -402_000)
    assert db.positions.closed_since(D) == (row,)


def test_f56_a_rename_takes_the_open_orders_along() -> None:
    db = a_db()
    position = hold(db, "FB")
    db.positions.rename(position.position_id, "META", "same asset id")
    assert {row.ticker for row in db.orders.unfinished()} == {"META"}
    assert db.positions.open_for("FB") is None
