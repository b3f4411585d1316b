"""The criteria by which a shadow is followed or not, each at its edge, and what is said when funds made the lead."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from backtest.money import UNITS_PER_USD
from live.inspect.following import Following
from live.inspect.shadows_values import Comparison, LiveFactor, Result, Shadows, Side, advise

START = date(2026, 1, 5)
CAPITAL = 200_000 * UNITS_PER_USD


def closed(*profits: int, every: int = 7, name: str = "A") -> tuple[Result, ...]:
    """Return a trade per profit (USD), one entered every so many days and held for five."""
    days = [START + timedelta(days=every * i) for i in range(len(profits))]
    return tuple(
        Result(day, f"{name}{i}", day, day + timedelta(days=5), usd * UNITS_PER_USD, Decimal(usd) / 100)
        for i, (day, usd) in enumerate(zip(days, profits, strict=True))
    )


def compared(executed: tuple[int, ...], shadow: tuple[int, ...], days: int = 90, **more: object) -> Comparison:
    last = START + timedelta(days=days - 1)
    sides = Side("ema_p10", closed(*executed)), Side("nwl_p4", closed(*shadow))
    return Comparison(*sides, START, last, CAPITAL, **more)  # type: ignore[arg-type]


EXECUTED = (3_000, -2_000) * 5
BETTER = (4_500, -2_000) * 5
"""The shadow's: the same losses, half as much again in gains; 7,500 more in sum."""


def criterion(one: Comparison, name: str) -> tuple[float | None, bool]:
    found = next(found for found in one.criteria if found.name == name)
    return found.difference, found.is_met


def test_a_shadow_that_meets_every_criterion_is_to_be_followed() -> None:
    one = compared(EXECUTED, BETTER)
    assert [(found.name, found.difference) for found in one.criteria] == [
        ("profit factor", 0.75),
        ("max drawdown %", pytest.approx(-0.01, abs=0.02)),
        ("P&L", 7_500.0),
    ]
    assert advise(one).word == "follow"
    assert advise(one).sentence.startswith("Follow nwl_p4: every criterion is met")


@pytest.mark.parametrize(
    ("days", "trades", "is_early"), [(89, 10, True), (90, 10, False), (60, 99, True), (60, 100, False)]
)
def test_ninety_days_or_a_hundred_closed_trades_are_needed(days: int, trades: int, is_early: bool) -> None:
    one = compared((1,) * trades, (1,) * trades, days)
    assert (one.is_early, advise(one).word == "too_early") == (is_early, is_early)


def test_a_hundred_closed_trades_count_when_both_sides_have_them() -> None:
    one = compared((1,) * 99, (1,) * 120, 60)
    assert one.is_early
    assert "60 of 90 calendar days, 99 of 100 closed trades on each side; on 2026-04-04 at the latest" in (
        advise(one).sentence
    )


@pytest.mark.parametrize(("gain", "is_met"), [(1_200, True), (1_199, False)])
def test_the_profit_factor_must_be_better_by_a_tenth(gain: int, is_met: bool) -> None:
    """1.10 against 1.20, to the last digit."""
    assert criterion(compared((1_100, -1_000), (gain, -1_000)), "profit factor")[1] is is_met


@pytest.mark.parametrize(("more", "is_met"), [(6_000, True), (5_999, False)])
def test_the_result_must_be_better_by_3_percent_of_what_is_invested(more: int, is_met: bool) -> None:
    assert criterion(compared((1_000, -500), (1_000 + more, -500)), "P&L") == (float(more), is_met)


@pytest.mark.parametrize(("loss", "is_met"), [(2_000, True), (1_999, True), (2_001, False)])
def test_the_drawdown_must_not_be_worse(loss: int, is_met: bool) -> None:
    assert criterion(compared((3_000, -2_000), (3_000, -loss)), "max drawdown %")[1] is is_met


def test_the_drawdown_is_that_of_the_closed_trades_on_the_capital() -> None:
    assert compared((10_000, -21_000, 5_000), ()).executed.drawdown_pct(CAPITAL) == 10.0


def test_a_side_without_losses_has_no_profit_factor_and_beats_one_with_losses() -> None:
    assert criterion(compared((1_000, -500), (1_000, 10)), "profit factor") == (None, True)
    assert criterion(compared((1_000, 10), (1_000, 10)), "profit factor") == (None, False)
    assert criterion(compared((1_000, -500), ()), "profit factor") == (None, False)


def test_what_misses_a_criterion_is_named() -> None:
    assert advise(compared(EXECUTED, EXECUTED)).sentence == "Keep ema_p10: nwl_p4 misses profit factor, P&L."


def test_a_lead_that_rests_on_entries_the_account_could_not_take_is_no_reason() -> None:
    """The shadow's one great trade is one for which the account had no funds."""
    profits = (*EXECUTED, 9_000)
    lost = {(one.trade_date, one.ticker): "insufficient_funds" for one in closed(*profits)[-1:]}
    one = compared(EXECUTED, profits, lost=lost)
    assert one.missed == ()
    assert [(found.reason, found.count, found.closed, found.pnl) for found in one.losses] == [
        ("insufficient_funds", 1, 1, 9_000 * UNITS_PER_USD)
    ]
    said = "Keep ema_p10: without the entries that only nwl_p4 could take (1), it misses profit factor, P&L."
    assert (advise(one).word, advise(one).sentence) == ("keep", said)


def test_chance_is_named_where_the_interval_reaches_below_zero() -> None:
    few = compared((1_000, -900, 100), (9_000, -900, 100))
    assert "3 weeks of entries say nothing about chance" in advise(few).sentence
    lucky = compared((*EXECUTED, 1_000), (*EXECUTED, 9_000))
    assert "it may be chance" in advise(lucky).sentence
    assert "chance" not in advise(compared(EXECUTED, tuple(usd + 800 for usd in EXECUTED))).sentence


def test_of_several_shadows_each_interval_is_wider_so_that_all_hold_together() -> None:
    alone, one_of_three = (
        compared((*EXECUTED, 1_000), (*EXECUTED, 9_000)),
        compared((*EXECUTED, 1_000), (*EXECUTED, 9_000), compared=3),
    )
    assert (alone.level_text, one_of_three.level_text) == ("95 %", "98.3 %")
    assert one_of_three.level == pytest.approx(1 - 0.05 / 3)
    narrow, wide = alone.intervals.mean_pnl, one_of_three.intervals.mean_pnl
    assert narrow is not None
    assert wide is not None
    assert wide[1] > narrow[1]
    assert "though the 98.3 % interval of the P&L" in advise(one_of_three).sentence


def test_those_that_meet_every_criterion_are_named_together() -> None:
    following = Following("config.yaml", {}, (), "")
    good, bad = compared(EXECUTED, BETTER), compared(EXECUTED, EXECUTED)
    page = Shadows(
        "ema_p10", ((good, following), (bad, following), (good, following)), (), (), LiveFactor(0, None, None)
    )
    assert page.followed == ("nwl_p4", "nwl_p4")
