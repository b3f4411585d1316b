"""Buys a beginning trend: the fast simple moving average of closes crosses above the slow one at the as-of close.

Proposed is the crossing: the fast average is above the slow one at the as-of close and was not one bar before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backtest.daily_indicators import sma
from backtest.sources.values import History, Proposal

STRATEGY_META = {
    "id": "sma_cross",
    "name": "Moving average cross",
    "version": "1",
    "features": ["daily_bars", "trend_following"],
    "warm_up": 251,
    "parameters": {
        "fast": {"type": "int", "default": 20, "low": 1, "high": 249, "below": "slow", "help": "closes averaged"},
        "slow": {"type": "int", "default": 50, "low": 2, "high": 250, "help": "closes averaged"},
    },
}


def propose(history: History, params: Mapping[str, Any]) -> list[Proposal]:
    """Return the symbols whose averages crossed, in the order of the symbols file."""
    fast, slow = params["fast"], params["slow"]
    found = []
    for ticker, bars in history.symbols.items():
        above = _difference(bars.close, fast, slow)
        before = _difference(bars.close[:-1], fast, slow)
        if above is not None and before is not None and before <= 0 < above:
            note = f"SMA({fast}) crossed above SMA({slow}) by {above:.4f} USD"
            found.append(Proposal(ticker, price=bars.close[-1], note=note))
    return found


def _difference(closes: tuple[float, ...], fast: int, slow: int) -> float | None:
    """Return the fast average less the slow one, USD; None with too few closes."""
    quick, long = sma(closes, fast), sma(closes, slow)
    return None if quick is None or long is None else quick - long
