"""Falls of an equity curve below its earlier peak: the deepest, and every episode with its dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from backtest.model import Price


@dataclass(frozen=True, slots=True)
class Drawdown:
    """One episode below a peak. depth: share of the peak, above 0. fall: 1/10,000 USD from peak to trough.

    peak, trough: the session of the highest equity before, and of the lowest in it; peak None: the capital before the
    first session. recovered: the first session back at the peak, None: not within the curve. sessions: from the peak
    to recovery, or to the curve's end.
    """

    depth: float
    fall: Price
    peak: date | None
    trough: date
    recovered: date | None
    sessions: int


def max_drawdown(curve: Sequence[Price]) -> float:
    """Return the largest fall below an earlier peak as a share of that peak; 0.0 when nothing fell."""
    peak, worst = curve[0], 0.0
    for value in curve:
        peak = max(peak, value)
        if peak > 0:
            worst = max(worst, (peak - value) / peak)
    return worst


def drawdowns(capital: Price, days: Sequence[date], equity: Sequence[Price]) -> list[Drawdown]:
    """Return every episode, the deepest first. capital: before the first session; days, equity: of each session."""
    found: list[Drawdown] = []
    peak, peak_at = capital, -1
    low, low_at = capital, -1
    for at, value in enumerate(equity):
        if value >= peak:
            if low < peak:
                found.append(_episode(days, peak, peak_at, low, low_at, at))
            peak, peak_at, low = value, at, value
        elif value < low:
            low, low_at = value, at
    if low < peak:
        found.append(_episode(days, peak, peak_at, low, low_at, None))
    return sorted(found, key=lambda one: (-one.depth, one.trough))


def _episode(
    days: Sequence[date], peak: Price, peak_at: int, low: Price, low_at: int, recovered_at: int | None
) -> Drawdown:
    end = len(days) - 1 if recovered_at is None else recovered_at
    return Drawdown(
        depth=(peak - low) / peak if peak > 0 else 0.0,
        fall=peak - low,
        peak=days[peak_at] if peak_at >= 0 else None,
        trough=days[low_at],
        recovered=None if recovered_at is None else days[recovered_at],
        sessions=end - peak_at,
    )
