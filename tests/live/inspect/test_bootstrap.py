"""The interval of a difference: what it says of equal sides, of a clear lead, of too little."""

from __future__ import annotations

from datetime import date, timedelta

from backtest.measures.trades import LEAST_WEEKS
from backtest.money import UNITS_PER_USD
from live.inspect.bootstrap import intervals

START = date(2026, 1, 5)


def weekly(*profits: int, weeks: int = 20) -> list[tuple[date, int]]:
    """Return these trades (USD) in every week."""
    days = [START + timedelta(weeks=week) for week in range(weeks)]
    return [(day, usd * UNITS_PER_USD) for day in days for usd in profits]


def test_the_same_trades_on_both_sides_differ_in_nothing_whatever_is_drawn() -> None:
    same = [*weekly(500, -400), (START, -9_000 * UNITS_PER_USD)]
    found = intervals(same, same)
    assert (found.profit_factor, found.pnl, found.mean_pnl) == ((0.0, 0.0),) * 3


def test_a_lead_of_every_week_is_no_chance() -> None:
    found = intervals(weekly(500, -400), weekly(600, -400))
    assert (found.weeks, found.profit_factor, found.pnl, found.mean_pnl) == (
        20,
        (0.25, 0.25),
        (2_000.0,) * 2,
        (50.0,) * 2,
    )


def test_a_lead_of_one_trade_may_be_chance() -> None:
    ours = weekly(500, -400)
    found = intervals(ours, [*ours, (START, 20_000 * UNITS_PER_USD)])
    assert found.pnl is not None
    assert found.pnl[0] == 0.0
    assert found.pnl[1] >= 20_000.0


def test_the_same_trades_give_the_same_interval_in_any_order() -> None:
    ours, theirs = weekly(500, -400, 30), [*weekly(100, -50), (START, 90_000)]
    assert intervals(ours, theirs) == intervals(ours[::-1], theirs[::-1])


def test_too_few_weeks_give_none() -> None:
    found = intervals(weekly(1, -1, weeks=LEAST_WEEKS - 1), weekly(2, -1, weeks=LEAST_WEEKS - 1))
    assert (found.weeks, found.pnl) == (LEAST_WEEKS - 1, None)


def test_a_side_without_losses_has_no_interval_of_its_profit_factor() -> None:
    found = intervals(weekly(500), weekly(600))
    assert (found.profit_factor, found.mean_pnl) == (None, (100.0, 100.0))
