"""Ledger → numbers, each formula documented; a year has 252 sessions."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum
from itertools import pairwise

from backtest.model import ExitReason, Price
from backtest.money import format_price
from backtest.portfolio_simulator import EquityPoint, Ledger
from backtest.trade_metrics import Number, max_drawdown, mean, rounded, trade_metrics

SESSIONS_A_YEAR = 252


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
        "total_return_pct": rounded(100 * (growth - 1)),
        "cagr_pct": rounded(100 * (growth ** (SESSIONS_A_YEAR / len(equity)) - 1)) if growth > 0 else None,
        "max_drawdown_pct": rounded(100 * max_drawdown(curve)),
        "sharpe": sharpe(returns),
        "exposure_pct": mean([100 * (p.equity - p.cash) / p.equity for p in equity if p.equity > 0]),
        "average_positions": mean([float(point.positions) for point in equity]),
    }


def sharpe(returns: Sequence[float]) -> float | None:
    """Return the yearly Sharpe ratio of session returns; None when there is no spread to divide by."""
    if len(returns) < 2:
        return None
    average = math.fsum(returns) / len(returns)
    variance = math.fsum((one - average) ** 2 for one in returns) / (len(returns) - 1)
    return rounded(average / math.sqrt(variance) * math.sqrt(SESSIONS_A_YEAR)) if variance > 0 else None


def counts(reasons: Iterable[StrEnum]) -> dict[str, int]:
    """Return how often each reason occurs, by name."""
    return dict(sorted(Counter(reason.value for reason in reasons).items()))
