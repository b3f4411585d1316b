"""Sold when a week closes below the lowest low of the weeks before it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backtest.trailing_exits.rule import Flags, Given, Values

EXIT_META = {
    "id": "weekly_nweek_low",
    "short": "nwl",
    "judged": "week",
    "reads": "low",
    "figures": {"indicator": "price"},
    "words": "a week closed below its indicator, the lowest low of the weeks before",
    "period": {"type": "int", "default": 4, "help": "weeks"},
}


def figures(window: Sequence[Values], given: Given) -> tuple[Values, ...] | None:
    """Return the lowest of the last `period` weekly lows before the judged week's, the last; None with fewer."""
    lowest = nweek_low(window[:-1], given["period"])
    return None if lowest is None else (lowest,)


def is_broken(close: Values, figures: tuple[Values, ...], given: Given) -> Flags:
    """Return whether the week closed strictly below the low."""
    return close < figures[0]


def nweek_low(lows: Sequence[Values], period: int) -> Values | None:
    """Return the lowest of the last `period` weekly lows; None with fewer.

    lows: of the weeks before the judged one, oldest first.
    """
    if len(lows) < period:
        return None
    last = lows[-period:]
    lowest: Values = min(last) if isinstance(last[0], float) else np.minimum.reduce(last)
    return lowest
