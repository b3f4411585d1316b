"""Metrics, against numbers worked out by hand."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal

import pytest

from backtest.ledger import Trade
from backtest.metrics import account_metrics, compute_metrics, max_drawdown, sharpe, trade_metrics
from backtest.model import ExitReason, Grade
from backtest.portfolio_simulator import EquityPoint, Ledger

USD = 10_000


def trade(profit: int, reason: ExitReason = ExitReason.TREND_BREAK) -> Trade:
    return Trade(
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
    found = compute_metrics(Ledger(trades, (), (point(800),), 2, 1), 100 * USD)
    assert found["trades"]["pnl_usd"] == "800.00"  # type: ignore[index]
    assert found["trades_without_end_of_data"]["pnl_usd"] == "300.00"  # type: ignore[index]
    assert found["exits"] == {"end_of_data": 1, "trend_break": 1}
