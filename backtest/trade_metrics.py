"""Closed trades → numbers, each formula documented; of the backtest's ledger and of an account's alike."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol, TypeAlias

from backtest.model import Price
from backtest.money import UNITS_PER_USD, format_price

DIGITS = 4

Number: TypeAlias = float | int | str | None
"""Money is exact text in USD; ratios are rounded to four digits; None where a formula has no value."""


class ClosedTrade(Protocol):
    """What the numbers are made of. pnl: 1/10,000 USD. return_pct: of what was invested, holding_days: by date."""

    @property
    def pnl(self) -> Price: ...

    @property
    def return_pct(self) -> Decimal: ...

    @property
    def holding_days(self) -> int: ...


def trade_metrics(trades: Sequence[ClosedTrade]) -> dict[str, Number]:
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
        "win_rate_pct": mean([100.0 * (p > 0) for p in profits]),
        "pnl_usd": format_price(sum(profits)),
        "gains_usd": format_price(gains),
        "losses_usd": format_price(losses),
        "profit_factor": profit_factor(gains, losses),
        "expectancy_usd": mean([p / UNITS_PER_USD for p in profits]),
        "average_return_pct": mean(returns),
        "best_return_pct": rounded(max(returns)) if returns else None,
        "worst_return_pct": rounded(min(returns)) if returns else None,
        "average_holding_days": mean([float(trade.holding_days) for trade in trades]),
    }


def profit_factor(gains: Price, losses: Price) -> float | None:
    """Return the sum of profits over the sum of losses (as a positive amount); None without losses."""
    return rounded(gains / losses) if losses else None


def max_drawdown(curve: Sequence[Price]) -> float:
    """Return the largest fall below an earlier peak as a share of that peak; 0.0 when nothing fell."""
    peak, worst = curve[0], 0.0
    for value in curve:
        peak = max(peak, value)
        if peak > 0:
            worst = max(worst, (peak - value) / peak)
    return worst


def mean(values: Sequence[float]) -> float | None:
    """Return the arithmetic mean; None of nothing."""
    return rounded(math.fsum(values) / len(values)) if values else None


def median(values: Sequence[float]) -> float | None:
    """Return the value in the middle, of an even number the mean of both; None of nothing."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return mean(ordered[middle : middle + 1] if len(ordered) % 2 else ordered[middle - 1 : middle + 1])


def rounded(value: float) -> float:
    """Return a ratio as it is written; never -0.0."""
    return round(value, DIGITS) + 0.0
