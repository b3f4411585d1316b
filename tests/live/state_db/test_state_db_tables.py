"""Shadow book, account binding, equity, flags, repairs of positions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from backtest.model import Candidate, Decisions, Entry, ExitReason, Grade, Reference, ReferenceSource, Skip, SkipReason
from live.broker import Account
from live.errors import AccountBindingError
from live.state_db.records import AccountBinding, ForeignFill
from live.state_db.rows import ShadowStatus
from tests.live.state_db.builders import AS_OF, LATER, D, a_db, hold

SHADOW = "nwl_p4"
NEXT = date(2026, 2, 18)


def decided(ticker: str = "NVDA", rank: int = 1) -> Entry:
    candidate = Candidate(ticker, D, Grade.A, score=88.0, company_name="Nvidia")
    return Entry(rank, candidate, 71, Reference(1_402_000, ReferenceSource.LAST_CLOSE), 1_261_800)


def account(equity: str) -> Account:
    money = Decimal(equity)
    return Account("id", "PA1", "ACTIVE", money, money, money, money, Decimal(1))


def test_the_shadow_lives_from_pending_to_closed() -> None:
    db = a_db()
    (position_id,) = db.shadow.add_pending(SHADOW, [decided()], D, AS_OF)
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
    (position_id,) = db.shadow.add_pending(SHADOW, [decided()], D, AS_OF)
    db.shadow.skip(position_id, SkipReason.NO_PRICE_DATA)
    (row,) = db.shadow.ledger(SHADOW)
    assert (row.status, row.skip_reason) == (ShadowStatus.SKIPPED, "no_price_data")
    with pytest.raises(ValueError, match="is not pending"):
        db.shadow.skip(position_id, SkipReason.NO_PRICE_DATA)


def test_deciding_a_day_again_drops_its_pending_rows_only() -> None:
    db = a_db()
    first, _ = db.shadow.add_pending(SHADOW, [decided(), decided("AAPL", 2)], D, AS_OF)
    db.shadow.fill(first, entry_date=D, shares=71, entry_price=1_403_000, stop_price=1_262_700)
    db.shadow.drop_pending(SHADOW, D)
    assert [row.ticker for row in db.shadow.active(SHADOW)] == ["NVDA"]


def test_shadow_signals_are_the_last_decisions_of_the_day() -> None:
    db = a_db()
    skip = Skip(Candidate("AAPL", D, Grade.B), SkipReason.CAPACITY_FULL)
    db.shadow.record_decisions(SHADOW, Decisions(D, AS_OF, entries=(decided(), decided("MSFT", 2))))
    db.shadow.record_decisions(SHADOW, Decisions(D, AS_OF, entries=(decided(),), skipped=(skip,)))
    rows = db.connection.all("SELECT line, kind, ticker, reason FROM shadow_signals ORDER BY line")
    assert [tuple(row) for row in rows] == [(1, "entry", "NVDA", None), (2, "skip", "AAPL", "capacity_full")]


def test_the_shadow_remembers_how_far_it_has_lived() -> None:
    db = a_db()
    assert db.shadow.stepped_through(SHADOW) is None
    db.shadow.set_stepped_through(SHADOW, AS_OF)
    db.shadow.set_stepped_through(SHADOW, D)
    assert db.shadow.stepped_through(SHADOW) == D


def test_i13_a_db_belongs_to_the_account_that_used_it_first() -> None:
    db = a_db()
    mine = AccountBinding("alpaca", "account-1234", is_live=False)
    db.system_config.bind_account(mine)
    db.system_config.bind_account(mine)
    assert db.system_config.bound_account() == mine
    for other in (replace(mine, account_id="account-9999"), replace(mine, is_live=True), replace(mine, broker="sim")):
        with pytest.raises(AccountBindingError, match="belongs to another account") as caught:
            db.system_config.bind_account(other)
        assert caught.value.exit_code == 6


def test_the_last_complete_sync_never_goes_back() -> None:
    db = a_db()
    db.system_config.set_last_complete_sync(LATER)
    db.system_config.set_last_complete_sync(LATER - timedelta(days=1))
    assert db.system_config.last_complete_sync() == LATER


def test_flags_are_set_and_removed() -> None:
    db = a_db()
    db.system_config.set_flag("reference_prices", "{}", "generator")
    assert db.system_config.flag("reference_prices") == "{}"
    db.system_config.set_flag("reference_prices", None, "generator")
    assert db.system_config.flag("reference_prices") is None


def test_f65_the_equity_peak_grows_and_falls_only_by_admin() -> None:
    db = a_db()
    for equity in ("100000", "120000", "90000"):
        row = db.equity.record(account(equity), D, 3)
    assert (row.equity, row.peak) == (Decimal("90000"), Decimal("120000"))
    db.equity.reset_peak(account("90000"), D, 3, "admin")
    assert db.equity.record(account("80000"), D, 3).peak == Decimal("90000")


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


def test_f61_shares_bought_by_hand_join_at_their_price_and_leave_the_stop_where_it_is() -> None:
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
