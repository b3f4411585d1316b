"""Sold when the fast moving average of its daily closes stands below the slow one."""

from __future__ import annotations

from collections.abc import Sequence

from backtest.daily_indicators import sma
from backtest.trailing_exits.rule import Flags, Given, Values

EXIT_META = {
    "id": "sma_cross",
    "short": "sma",
    "judged": "day",
    "reads": "close",
    "warm_up": 250,
    "figures": {"fast_average": "price", "slow_average": "price"},
    "words": "the fast average of its closes was below the slow one",
    "parameters": {
        "fast": {"type": "int", "default": 20, "low": 1, "high": 249, "below": "slow", "help": "sessions"},
        "slow": {"type": "int", "default": 50, "low": 2, "high": 250, "help": "sessions"},
    },
}
"""warm_up: a year of sessions, which the weekly indicators' window holds as well: no more bars have to be fetched."""


def figures(window: Sequence[Values], given: Given) -> tuple[Values, ...] | None:
    """Return the fast and the slow average of closes, the judged day's last; None with fewer than `slow`."""
    fast, slow = sma(window, given["fast"]), sma(window, given["slow"])
    return None if fast is None or slow is None else (fast, slow)


def is_broken(close: Values, figures: tuple[Values, ...], given: Given) -> Flags:
    """Return whether the fast average is strictly below the slow one at the close."""
    fast, slow = figures
    return fast < slow
