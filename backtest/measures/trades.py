"""Closed trades → numbers, of the backtest's ledger and of an account's alike; formulas: `measures.registry`."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from backtest.measures.numbers import Number, mean, median, rounded
from backtest.model import Price
from backtest.money import UNITS_PER_USD, format_price

LEAST_WEEKS = 8
"""With entries in fewer weeks an interval would look far narrower than it is."""


class ClosedTrade(Protocol):
    """What the numbers are made of. pnl: 1/10,000 USD. return_pct: of what was invested, holding_days: by date."""

    @property
    def pnl(self) -> Price: ...

    @property
    def return_pct(self) -> Decimal: ...

    @property
    def holding_days(self) -> int: ...


def trade_metrics(trades: Sequence[ClosedTrade]) -> dict[str, Number]:
    """Return the numbers of single trades, by the names of `measures.registry`."""
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
        "median_return_pct": median(returns),
        "best_return_pct": rounded(max(returns)) if returns else None,
        "worst_return_pct": rounded(min(returns)) if returns else None,
        "average_holding_days": mean([float(trade.holding_days) for trade in trades]),
    }


def profit_factor(gains: Price, losses: Price) -> float | None:
    """Return the sum of profits over the sum of losses (as a positive amount); None without losses."""
    return rounded(gains / losses) if losses else None
