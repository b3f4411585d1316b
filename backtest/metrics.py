"""Ledger → numbers, each formula documented; a year has 252 sessions."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum
from itertools import pairwise
from typing import TypeAlias

from backtest.ledger import Trade
from backtest.model import ExitReason, Price
from backtest.money import UNITS_PER_USD, format_price
from backtest.portfolio_simulator import EquityPoint, Ledger

SESSIONS_A_YEAR = 252
DIGITS = 4

Number: TypeAlias = float | int | str | None
"""Money is exact text in USD; ratios are rounded to four digits; None where a formula has no value."""


def compute_metrics(ledger: Ledger, capital: Price) -> dict[str, object]:
    """Return the metrics of a run as plain JSON values.

    trades: every trade; trades_without_end_of_data: only those the rules closed. capital: 1/10,000 USD at the start.
    """
    closed = [trade for trade in ledger.trades if trade.exit_reason is not ExitReason.END_OF_DATA]
    return {
        "trades": trade_metrics(ledger.trades),
        "trades_without_end_of_data": trade_metrics(closed),
        "account": account_metrics(ledger.equity, capital),
        "exits": counts(trade.exit_reason for trade in ledger.trades),
        "skipped": counts(skip.reason for skip in ledger.skipped),
    }


def trade_metrics(trades: Sequence[Trade]) -> dict[str, Number]:
    """Return the numbers of single trades.

    win_rate_pct: trades with a profit over all. profit_factor: sum of profits over sum of losses, None without
    losses. expectancy: mean P&L. average_return_pct: mean of the trades' returns on what each invested.
    """
    profits = [trade.pnl for trade in trades]
    gains, losses = sum(p for p in profits if p > 0), -sum(p for p in profits if p < 0)
    returns = [float(trade.return_pct) for trade in trades]
    return {
        "count": len(trades),
        "winners": sum(p > 0 for p in profits),
        "losers": sum(p < 0 for p in profits),
        "win_rate_pct": _mean([100.0 * (p > 0) for p in profits]),
        "pnl_usd": format_price(sum(profits)),
        "gains_usd": format_price(gains),
        "losses_usd": format_price(losses),
        "profit_factor": _rounded(gains / losses) if losses else None,
        "expectancy_usd": _mean([p / UNITS_PER_USD for p in profits]),
        "average_return_pct": _mean(returns),
        "best_return_pct": _rounded(max(returns)) if returns else None,
        "worst_return_pct": _rounded(min(returns)) if returns else None,
        "average_holding_days": _mean([float(trade.holding_days) for trade in trades]),
    }


def account_metrics(equity: Sequence[EquityPoint], capital: Price) -> dict[str, Number]:
    """Return the numbers of the equity curve, which starts at `capital` before the first session.

    total_return_pct: last equity over capital. cagr_pct: (last/capital)^(252/sessions) - 1. max_drawdown_pct: the
    largest fall below an earlier peak, of that peak. sharpe: mean over standard deviation (n - 1) of the session
    returns, times sqrt(252), riskless rate 0. exposure_pct: mean share of equity that was invested.
    """
    if not equity:
        return {"sessions": 0}
    curve = [capital, *(point.equity for point in equity)]
    returns = [after / before - 1 for before, after in pairwise(curve) if before > 0]
    growth = curve[-1] / capital
    return {
        "sessions": len(equity),
        "start_usd": format_price(capital),
        "end_usd": format_price(curve[-1]),
        "total_return_pct": _rounded(100 * (growth - 1)),
        "cagr_pct": _rounded(100 * (growth ** (SESSIONS_A_YEAR / len(equity)) - 1)) if growth > 0 else None,
        "max_drawdown_pct": _rounded(100 * max_drawdown(curve)),
        "sharpe": sharpe(returns),
        "exposure_pct": _mean([100 * (p.equity - p.cash) / p.equity for p in equity if p.equity > 0]),
        "average_positions": _mean([float(point.positions) for point in equity]),
    }


def max_drawdown(curve: Sequence[Price]) -> float:
    """Return the largest fall below an earlier peak as a share of that peak; 0.0 when nothing fell."""
    peak, worst = curve[0], 0.0
    for value in curve:
        peak = max(peak, value)
        if peak > 0:
            worst = max(worst, (peak - value) / peak)
    return worst


def sharpe(returns: Sequence[float]) -> float | None:
    """Return the yearly Sharpe ratio of session returns; None when there is no spread to divide by."""
    if len(returns) < 2:
        return None
    mean = math.fsum(returns) / len(returns)
    variance = math.fsum((one - mean) ** 2 for one in returns) / (len(returns) - 1)
    return _rounded(mean / math.sqrt(variance) * math.sqrt(SESSIONS_A_YEAR)) if variance > 0 else None


def counts(reasons: Iterable[StrEnum]) -> dict[str, int]:
    """Return how often each reason occurs, by name."""
    return dict(sorted(Counter(reason.value for reason in reasons).items()))


def _mean(values: Sequence[float]) -> float | None:
    return _rounded(math.fsum(values) / len(values)) if values else None


def _rounded(value: float) -> float:
    return round(value, DIGITS) + 0.0  # no -0.0 in a file
