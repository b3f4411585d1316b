"""The intervals of the P&L of groups."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from backtest.measures.group_pnl import pnl_intervals

MONDAY = date(2016, 1, 4)


@dataclass(frozen=True)
class Closed:
    entry_date: date
    pnl: int
    return_pct: Decimal = Decimal(0)
    holding_days: int = 1


def weekly(*pnl: int) -> list[Closed]:
    """One trade a week, P&L in USD."""
    return [Closed(MONDAY + timedelta(weeks=week), one * 10_000) for week, one in enumerate(pnl)]


def test_trades_that_all_bring_the_same_have_no_spread() -> None:
    assert pnl_intervals({"A": weekly(*[5] * 20)}) == {"A": (100.0, 100.0)}


def test_an_interval_reaches_around_what_the_group_brought() -> None:
    found = pnl_intervals({"A": weekly(*[10, -8] * 20), "B": weekly(*[1] * 40)})
    assert found["A"] is not None
    low, high = found["A"]
    assert low < 40 < high
    assert found["B"] == (40.0, 40.0)


def test_a_group_in_a_part_of_the_weeks_counts_the_others_as_nothing() -> None:
    found = pnl_intervals({"all": weekly(*[1] * 40), "half": weekly(*[1] * 20)})
    assert found["half"] is not None
    assert found["half"][0] < 20 < found["half"][1]


def test_entries_in_few_weeks_have_no_interval() -> None:
    assert pnl_intervals({"A": weekly(*[1] * 7)})["A"] is None


def test_the_same_trades_give_the_same_interval() -> None:
    groups = {"A": weekly(*range(-10, 30))}
    assert pnl_intervals(groups) == pnl_intervals(groups)
    assert pnl_intervals(groups, seed=2) != pnl_intervals(groups)


def test_nothing_has_none() -> None:
    assert pnl_intervals({}) == {}
