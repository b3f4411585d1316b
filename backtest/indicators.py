"""The trailing indicators by name: which weekly column they read, and their value at a judged week."""

from __future__ import annotations

from collections.abc import Sequence

from backtest.params import Variant
from backtest.weekly_bars import Values, compute_weekly_ema, compute_weekly_nweek_low


def indicator_reads_lows(variant: Variant) -> bool:
    """Return whether the trailing indicator is made of weekly lows; else it is of weekly closes."""
    return variant.trailing_stop == "weekly_nweek_low"


def trailing_indicator(weeks: Sequence[Values], variant: Variant) -> Values | None:
    """Return the trailing indicator; None with too few weeks.

    weeks: lows or closes, oldest first, the judged week last (`WeeklyBars.window`); of one judged week, or of many
    with as many weeks each.
    """
    if variant.trailing_stop == "weekly_ema":
        return compute_weekly_ema(weeks, variant.period)
    if variant.trailing_stop == "weekly_nweek_low":
        return compute_weekly_nweek_low(weeks[:-1], variant.period)
    return None
