"""Buys what has just become oversold: the RSI falls below its lower level at the as-of close.

J. Welles Wilder, New Concepts in Technical Trading Systems, 1978, section VI: the index of 14 days and the levels 30
and 70. Proposed is the fall itself: the index is below `oversold` at the as-of close and was not one bar before, both
seeded with the mean of the first `rsi_period` changes of the same window. A stock that stays oversold is proposed once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backtest.daily_indicators import rsi
from backtest.sources.values import History, Proposal

STRATEGY_META = {
    "id": "rsi_reversion",
    "name": "RSI mean reversion",
    "version": "1",
    "features": ["daily_bars", "mean_reversion"],
    "warm_up": 250,
    "parameters": {
        "rsi_period": {"type": "int", "default": 14, "low": 2, "high": 100, "help": "changes that the index smooths"},
        "oversold": {"type": "number", "default": 30, "low": 1, "high": 99, "help": "bought below this index"},
    },
}


def propose(history: History, params: Mapping[str, Any]) -> list[Proposal]:
    """Return the symbols whose index fell below the level, in the order of the symbols file."""
    period, level = params["rsi_period"], float(params["oversold"])
    found = []
    for ticker, bars in history.symbols.items():
        index = rsi(bars.close, period)
        if index is None or index >= level:
            continue
        before = rsi(bars.close[:-1], period)
        if before is not None and before >= level:
            note = f"RSI({period}) {index:.2f} below {level:g}, {before:.2f} before"
            found.append(Proposal(ticker, price=bars.close[-1], note=note))
    return found
