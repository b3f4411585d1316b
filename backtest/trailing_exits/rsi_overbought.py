"""Sold when the relative strength index of its daily closes is above a level: a rise is sold into."""

from __future__ import annotations

from collections.abc import Sequence

from backtest.daily_indicators import rsi
from backtest.trailing_exits.rule import Flags, Given, Values

EXIT_META = {
    "id": "rsi_overbought",
    "short": "rsi",
    "judged": "day",
    "reads": "close",
    "warm_up": 250,
    "figures": {"rsi": "number"},
    "words": "the relative strength index of its closes was above its level",
    "period": {"type": "int", "default": 14, "low": 2, "high": 100, "help": "sessions"},
    "parameters": {"level": {"type": "int", "default": 70, "low": 1, "high": 99, "help": "of the index, 0 to 100"}},
}
"""warm_up: Wilder's smoothing never forgets, so simulators and daily programs have to begin it at the same session.
After 250 of them the first weigh less than 1 in 10,000,000 with the period 14; the weekly indicators' window holds as
many, so that no more bars have to be fetched."""


def figures(window: Sequence[Values], given: Given) -> tuple[Values, ...] | None:
    """Return the index of closes, the judged day's last; None with fewer than `period` + 1."""
    index = rsi(window, given["period"])
    return None if index is None else (index,)


def is_broken(close: Values, figures: tuple[Values, ...], given: Given) -> Flags:
    """Return whether the index is strictly above `level` at the close."""
    is_above: Flags = figures[0] > given["level"]
    return is_above
