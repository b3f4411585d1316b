"""Metrics, against numbers worked out by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from backtest.measures.account import account_metrics, sharpe
from backtest.measures.drawdowns import drawdowns, max_drawdown
from backtest.measures.intervals import trade_intervals
from backtest.measures.registry import MEASURES
from backtest.measures.trades import trade_metrics
from backtest.measures.whole import compute_metrics, split_metrics
from backtest.model import ExitReason, Grade
from backtest.portfolio_simulator import EquityPoint
from backtest.runs.recorded import RecordedTrade

USD = 10_000


def trade(profit: int, reason: ExitReason = ExitReason.TREND_BREAK) -> RecordedTrade:
    return RecordedTrade(
        ticker="X",
        report_date=date(2016, 1, 4),
        score=60.0,
        grade=Grade.B,
        entry_date=date(2016, 1, 4),
        entry_price=100 * USD,
        reference_price=100 * USD,
        stop_price=90 * USD,
        exit_date=date(2016, 1, 14),
        exit_price=(100 + profit // 100) * USD,
        shares=100,
        pnl=profit * USD,
        return_pct=Decimal(profit) / 100,
        exit_reason=reason,
    )


def point(equity: int, cash: int = 0) -> EquityPoint:
    return EquityPoint(date(2016, 1, 4), equity * USD, cash * USD, 1)


def test_trade_metrics_of_two_winners_and_a_loser() -> None:
    found = trade_metrics([trade(300), trade(-200), trade(100)])
    assert (found["count"], found["winners"], found["losers"]) == (3, 2, 1)
    assert found["win_rate_pct"] == 66.6667
    assert found["pnl_usd"] == "200.00"
    assert found["profit_factor"] == 2.0
    assert found["expectancy_usd"] == 66.6667
    assert (found["average_return_pct"], found["average_holding_days"]) == (0.6667, 10.0)


def test_a_profit_factor_without_losses_has_no_value() -> None:
    assert trade_metrics([trade(300)])["profit_factor"] is None


def test_no_trades_have_no_averages() -> None:
    found = trade_metrics([])
    assert (found["count"], found["expectancy_usd"], found["best_return_pct"]) == (0, None, None)


@pytest.mark.parametrize(("curve", "fall"), [([100, 120, 90, 130, 110], 0.25), ([1, 2, 3], 0.0), ([100], 0.0)])
def test_a_drawdown_is_the_largest_fall_below_an_earlier_peak(curve: list[int], fall: float) -> None:
    assert max_drawdown(curve) == fall


def test_sharpe_is_mean_over_deviation_times_the_root_of_252() -> None:
    assert sharpe([0.01, 0.03]) == round(0.02 / math.sqrt(0.0002) * math.sqrt(252), 4)
    assert sharpe([0.01, 0.01]) is None
    assert sharpe([0.01]) is None


def test_the_account_is_measured_from_its_capital() -> None:
    found = account_metrics([point(110, 55), point(99, 99)], 100 * USD)
    assert (found["start_usd"], found["end_usd"], found["total_return_pct"]) == ("100.00", "99.00", -1.0)
    assert found["max_drawdown_pct"] == 10.0
    assert found["exposure_pct"] == 25.0
    assert found["cagr_pct"] == round(100 * (0.99**126 - 1), 4)


def test_metrics_are_given_with_and_without_the_positions_the_data_cut_off() -> None:
    trades = (trade(300), trade(500, ExitReason.END_OF_DATA))
    found = compute_metrics(trades, (), (point(800),), 100 * USD)
    assert found["trades"]["pnl_usd"] == "800.00"
    assert found["trades_without_end_of_data"]["pnl_usd"] == "300.00"
    assert found["exits"] == {"end_of_data": 1, "trend_break": 1}


def test_a_drawdown_lasts_from_its_peak_to_its_recovery_or_the_end() -> None:
    days = [date(2016, 1, n) for n in range(4, 12)]
    found = drawdowns(100, days, [110, 90, 100, 110, 99, 120, 119, 119])
    assert [(one.fall, one.peak, one.trough, one.recovered, one.sessions) for one in found] == [
        (20, days[0], days[1], days[3], 3),
        (11, days[3], days[4], days[5], 2),
        (1, days[5], days[6], None, 2),
    ]


def test_a_drawdown_from_the_first_session_on_is_measured_from_the_capital() -> None:
    found = drawdowns(100, [date(2016, 1, 4), date(2016, 1, 5)], [95, 97])
    assert [(one.peak, one.fall, one.sessions, one.recovered) for one in found] == [(None, 5, 2, None)]
    assert drawdowns(100, [date(2016, 1, 4)], [100]) == []


def test_turnover_is_what_entries_cost_over_the_mean_equity_a_year() -> None:
    found = account_metrics([point(100)] * 126, 100 * USD, bought=150 * USD)
    assert (found["turnover"], found["peak_positions"]) == (3.0, 1)


def test_a_median_beside_the_mean() -> None:
    found = trade_metrics([trade(300), trade(-200), trade(100), trade(1000)])
    assert (found["median_return_pct"], found["average_return_pct"]) == (2.0, 3.0)


def test_a_split_counts_trades_by_their_entry_and_the_account_from_the_equity_before_it() -> None:
    points = [EquityPoint(date(2016, 1, n), value * USD, 0, 1) for n, value in ((4, 110), (5, 121), (6, 242))]
    early, late = trade(300), replace(trade(500), entry_date=date(2016, 1, 6))
    found = split_metrics([early, late], points, 100 * USD, date(2016, 1, 6))
    assert [found[part]["trades"]["count"] for part in ("in_sample", "out_of_sample")] == [1, 1]
    assert found["in_sample"]["account"]["total_return_pct"] == 21.0
    assert found["out_of_sample"]["account"]["total_return_pct"] == 100.0


def test_too_few_weeks_or_sessions_have_no_interval() -> None:
    found = compute_metrics([trade(300)], (), [point(800)], 100 * USD)
    assert set(found["intervals"].values()) == {None}


def test_every_number_of_a_run_has_its_formula() -> None:
    found = compute_metrics([trade(300)], (), [point(800)], 100 * USD)
    names = {*found["trades"], *found["account"], *found["intervals"]}
    assert names - {"max_drawdown_recovered"} == set(MEASURES)
    assert all(one.formula and one.source for one in MEASURES.values())


def test_the_interval_of_a_mean_is_narrow_where_weeks_are_alike_and_wide_where_they_differ() -> None:
    weeks = [date(2015, 1, 5) + timedelta(weeks=n) for n in range(52)]
    alike = trade_intervals([replace(trade(100), entry_date=day) for day in weeks])
    assert (alike["average_return_pct"], alike["win_rate_pct"]) == ((1.0, 1.0), (100.0, 100.0))
    assert alike["profit_factor"] is None  # without losses
    mixed = trade_intervals([replace(trade(1000 if n % 2 else -900), entry_date=day) for n, day in enumerate(weeks)])
    assert mixed["average_return_pct"] is not None
    assert mixed["average_return_pct"][0] < 0 < mixed["average_return_pct"][1]
