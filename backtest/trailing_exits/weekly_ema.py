"""Sold when a week closes below the exponential moving average of its last weekly closes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backtest.trailing_exits.rule import Flags, Given, Values

EXIT_META = {
    "id": "weekly_ema",
    "short": "ema",
    "judged": "week",
    "reads": "close",
    "figures": {"indicator": "price"},
    "words": "a week closed below its indicator, the exponential moving average of weekly closes",
    "period": {"type": "int", "default": 10, "help": "weeks"},
}


def figures(window: Sequence[Values], given: Given) -> tuple[Values, ...] | None:
    """Return the average of the weekly closes, oldest first, the judged week's last; None with fewer than `period`."""
    average = weekly_ema(window, given["period"])
    return None if average is None else (average,)


def is_broken(close: Values, figures: tuple[Values, ...], given: Given) -> Flags:
    """Return whether the week closed strictly below the average."""
    return close < figures[0]


def weekly_ema(closes: Sequence[Values], period: int) -> Values | None:
    """Return the EMA of weekly closes, oldest first, the judged week's last; None with fewer than `period`.

    Seeded with the mean of the first `period` closes, then ema + α·(close - ema) with α = 2/(period + 1), one
    float64 step after the other.
    """
    if len(closes) < period:
        return None
    total: Any = 0.0
    for close in closes[:period]:
        total = total + close
    ema: Values = total / period
    alpha = 2 / (period + 1)
    for close in closes[period:]:
        ema += alpha * (close - ema)
    return ema
