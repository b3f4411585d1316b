"""Two ledgers side by side: pairs, differences with their intervals, and a verdict that may be "undecidable"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from backtest.errors import InputError
from backtest.ledger import Trade
from backtest.model import ExitReason, Grade
from backtest.portfolio_simulator import EquityPoint
from backtest.studies.compare import BOTH, DRAWDOWN, PNL, RETURN, SHARPE, Verdict, compare, shared, years_of
from backtest.studies.pairs import Kind, Side, pair_up
from tests.builders import CALENDAR

CAPITAL = 1_000_000_000
DAYS = CALENDAR.between(date(2014, 1, 2), date(2016, 12, 30))
BASE = Trade(
    ticker="AAA",
    report_date=date(2014, 2, 3),
    score=70.0,
    grade=Grade.B,
    entry_date=date(2014, 2, 3),
    entry_price=500_000,
    reference_price=500_000,
    stop_price=450_000,
    exit_date=date(2014, 3, 3),
    exit_price=550_000,
    shares=200,
    pnl=10_000_000,
    return_pct=Decimal("10.0000"),
    exit_reason=ExitReason.TREND_BREAK,
)


def side(name: str, returns: Sequence[float], trades: Sequence[Trade] = (), days: Sequence[date] = DAYS) -> Side:
    worth = np.rint(CAPITAL * np.cumprod(1 + np.array(returns))).astype(int).tolist()
    points = [EquityPoint(day, equity, equity, 0) for day, equity in zip(days, worth, strict=True)]
    return Side(name, tuple(trades), {}, points, CAPITAL)


def noise(seed: int, mean: float = 0.0, sigma: float = 0.01) -> list[float]:
    return [float(one) for one in np.random.default_rng(seed).normal(mean, sigma, len(DAYS))]


def test_candidates_are_paired_by_ticker_and_report_date_and_told_apart_by_what_differs() -> None:
    other_exit = replace(BASE, ticker="BBB")
    late_entry = replace(BASE, ticker="CCC")
    first = side("a", noise(1), [BASE, other_exit, late_entry, replace(BASE, ticker="DDD")])
    theirs = [
        BASE,
        replace(other_exit, exit_date=date(2014, 4, 1), pnl=-5_000_000, exit_reason=ExitReason.STOP_LOSS),
        replace(late_entry, entry_date=date(2014, 2, 4)),
        replace(BASE, ticker="EEE"),
        replace(BASE, ticker="FFF", entry_date=date(2015, 2, 3)),
    ]
    second = replace(side("b", noise(1), theirs), skips={("DDD", BASE.report_date): "capacity_full"})
    pairs = {pair.trade.ticker: pair for pair in pair_up(first, second, date(2014, 1, 2), date(2014, 12, 31))}
    assert {ticker: pair.kind for ticker, pair in pairs.items()} == {
        "AAA": Kind.SAME,
        "BBB": Kind.EXITS_DIFFER,
        "CCC": Kind.ENTRIES_DIFFER,
        "DDD": Kind.ONLY_FIRST,
        "EEE": Kind.ONLY_SECOND,
    }
    assert pairs["DDD"].skipped == "capacity_full"
    assert (pairs["BBB"].difference, pairs["DDD"].difference, pairs["EEE"].difference) == (
        15_000_000,
        10_000_000,
        -10_000_000,
    )


def test_a_split_between_two_exits_is_no_other_entry() -> None:
    later = replace(BASE, exit_date=date(2014, 4, 1), entry_price=250_000, shares=400, exit_price=270_000)
    pair = pair_up(side("a", noise(1), [BASE]), side("b", noise(1), [later]), DAYS[0], DAYS[-1])[0]
    assert pair.kind is Kind.EXITS_DIFFER


def test_another_size_of_the_same_entry_differs_in_its_entry() -> None:
    bigger = replace(BASE, shares=300)
    pair = pair_up(side("a", noise(1), [BASE]), side("b", noise(1), [bigger]), DAYS[0], DAYS[-1])[0]
    assert pair.kind is Kind.ENTRIES_DIFFER


def test_a_steady_advantage_is_better_however_the_market_swings() -> None:
    market = noise(3, sigma=0.02)
    edge = [one + extra for one, extra in zip(market, noise(4, 0.0004, 0.001), strict=True)]
    first, second = side("a", edge), side("b", market)
    part = compare(first, second, shared(first, second), seed=1)
    assert (part.verdict, part.needed_years) == (Verdict.BETTER, None)
    returns = part.measure(RETURN)
    assert returns.difference == pytest.approx(10, abs=3)
    assert returns.interval is not None
    assert 0 < returns.interval[0] < (returns.difference or 0) < returns.interval[1]
    assert compare(second, first, shared(second, first), seed=1).verdict is Verdict.WORSE


def test_what_chance_gives_is_undecidable_and_the_years_it_would_take_are_told() -> None:
    first, second = side("a", noise(5, 0.0003)), side("b", noise(6, 0.0003))
    part = compare(first, second, shared(first, second), seed=1)
    assert part.verdict is Verdict.UNDECIDABLE
    difference = part.measure(RETURN).difference or 0
    error = 100 * 252 * 0.01 * 2**0.5 / len(DAYS) ** 0.5
    expected = len(DAYS) / 252 * (2.8016 * error / difference) ** 2
    assert part.needed_years == pytest.approx(expected, rel=0.25)
    assert part.needed_years > 2 * len(DAYS) / 252


def test_equal_accounts_are_the_same_and_measured_as_such() -> None:
    first, second = side("a", noise(7), [BASE]), side("b", noise(7), [BASE])
    part = compare(first, second, shared(first, second), seed=1)
    assert part.verdict is Verdict.SAME
    assert {one.name: one.difference for one in part.measures} == dict.fromkeys(
        (PNL, RETURN, SHARPE, DRAWDOWN, BOTH), 0.0
    )


def test_less_than_a_quarter_has_no_interval_and_no_verdict() -> None:
    first, second = side("a", noise(8, 0.01)), side("b", noise(9))
    part = compare(first, second, shared(first, second, DAYS[0], DAYS[61]), seed=1)
    assert (part.verdict, part.needed_years, part.measure(RETURN).interval) == (Verdict.UNDECIDABLE, None, None)


def test_the_figures_are_those_of_the_shared_stretch_and_begin_where_the_account_stood() -> None:
    first, second = side("a", noise(10)), side("b", noise(11))
    later = replace(second, equity=second.equity[100:], capital=second.equity[99].equity)
    curves = shared(first, later)
    assert curves.days == DAYS[100:]
    assert [int(curve[0]) for curve in curves.worth] == [first.equity[99].equity, second.equity[99].equity]
    part = compare(first, later, curves, seed=1)
    assert part.measure(PNL).first == pytest.approx((first.equity[-1].equity - first.equity[99].equity) / 10_000)


def test_years_add_up_to_the_whole() -> None:
    first, second = side("a", noise(12), [BASE]), side("b", noise(13))
    curves = shared(first, second)
    years = years_of(compare(first, second, curves, seed=1), curves)
    assert [one.year for one in years] == [2014, 2015, 2016]
    assert sum(one.pnl[0] for one in years) == first.equity[-1].equity - CAPITAL
    assert [one.trades for one in years] == [(1, 0), (0, 0), (0, 0)]


def test_runs_that_share_no_session_are_refused_with_their_stretches() -> None:
    early, late = side("a", noise(1)[:50], days=DAYS[:50]), side("b", noise(1)[:50], days=DAYS[60:110])
    with pytest.raises(InputError, match=r"share no session \(a 2014-01-02 to"):
        shared(early, late)
