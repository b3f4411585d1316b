"""Groups of closed trades, their bands and their order, and the fees of a stretch."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from backtest.measures.groups import group_of
from backtest.model import ExitReason, Grade
from live.activities import AccountEvent, EventKind
from live.inspect.trade_groups import GroupBy
from live.inspect.trades_values import ClosedTrade, Fees, TradeSum, fees_of, grouped
from live.state_db.rows import PositionStatus
from tests.live.state_db.builders import D, position_row


def trade(pnl: int = 0, **changes: Any) -> ClosedTrade:
    """Return a trade closed a day after its entry. pnl: USD."""
    usual = {"exit_date": D + timedelta(days=1), "exit_reason": ExitReason.TREND_BREAK, "pnl": pnl * 10_000}
    return ClosedTrade(position_row(status=PositionStatus.CLOSED, **(usual | changes)))


@pytest.mark.parametrize(
    ("score", "band"),
    [
        (100, "90-100"), (90, "90-100"), (89.9, "80-90"), (80, "80-90"), (70, "70-80"), (60, "60-70"),
        (59.5, "below 60"), (0, "below 60"), (None, "none"),
    ],
)  # fmt: skip
def test_a_score_is_in_the_band_whose_lower_end_it_reaches(score: float | None, band: str) -> None:
    assert group_of(trade(score=score), GroupBy.SCORE.grouping) == band


@pytest.mark.parametrize(
    ("gap", "band"),
    [
        (31.5, "20 and more"), (20, "20 and more"), (19.99, "15-20"), (10, "10-15"), (5, "5-10"), (0, "0-5"),
        (-0.1, "below 0"), (None, "none"),
    ],
)  # fmt: skip
def test_a_gap_alike(gap: float | None, band: str) -> None:
    assert group_of(trade(gap_size=gap), GroupBy.GAP.grouping) == band


def test_groups_come_best_first_months_in_time_and_those_without_a_value_last() -> None:
    grades = [trade(grade=one) for one in (None, Grade.D, Grade.A, Grade.B, Grade.A)]
    assert {name: len(one.trades) for name, one in grouped(grades, GroupBy.GRADE).items()} == {
        "A": 2, "B": 1, "D": 1, "none": 1,
    }  # fmt: skip
    assert list(grouped(grades, GroupBy.GRADE)) == ["A", "B", "D", "none"]
    months = [trade(exit_date=date(2026, month, 1)) for month in (12, 3, 11)]
    assert list(grouped(months, GroupBy.MONTH)) == ["2026-03", "2026-11", "2026-12"]
    scores = [trade(score=one) for one in (None, 3, 95, 71)]
    assert list(grouped(scores, GroupBy.SCORE)) == ["90-100", "70-80", "below 60", "none"]


def test_every_reason_and_grade_has_its_group() -> None:
    trades = [trade(exit_reason=reason) for reason in ExitReason]
    assert sum(len(one.trades) for one in grouped(trades, GroupBy.REASON).values()) == len(ExitReason)
    assert list(grouped([trade(grade=one) for one in Grade], GroupBy.GRADE)) == [*Grade]


def test_the_largest_win_is_one_and_the_largest_loss_too() -> None:
    total = TradeSum((trade(5), trade(-7), trade(9), trade(0), trade(-3)))
    assert total.largest_win is total.trades[2]
    assert total.largest_loss is total.trades[1]
    assert TradeSum((trade(5), trade(0))).largest_loss is None
    assert TradeSum((trade(-5), trade(0))).largest_win is None
    assert TradeSum(()).largest_win is None


def test_the_return_is_computed_where_the_row_does_not_say_it() -> None:
    row = {"invested": 1_000 * 10_000}
    assert trade(-50, return_pct=Decimal("-4.9"), **row).return_pct == Decimal("-4.9")
    assert trade(-50, **row).return_pct == Decimal("-5.0000")


def test_fees_are_those_that_the_broker_dates_within_the_stretch() -> None:
    def event(kind: EventKind, day: date, amount: str | None) -> AccountEvent:
        return AccountEvent("1", kind, day, None, None, None if amount is None else Decimal(amount), "")

    later = D + timedelta(days=5)
    events = [
        event(EventKind.FEE, D - timedelta(days=1), "-1"),
        event(EventKind.FEE, D, "-0.0206"),
        event(EventKind.FEE, D, "0.01"),
        event(EventKind.FEE, D, None),
        event(EventKind.OTHER, D, "-500"),
        event(EventKind.FEE, later, "-2"),
    ]
    assert fees_of(events, D, D) == Fees(2, 106)
    assert fees_of(events, D, None) == Fees(3, 20_106)
    assert fees_of([], D, None) == Fees(0, 0)
