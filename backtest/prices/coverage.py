"""Whether price files cover the stretch that is asked of them; a run over a gap would call it a delisting."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from backtest.bars import BarSeries
from backtest.errors import PriceDataError
from backtest.sessions import Sessions

LONGEST_GAP = 4
"""Sessions in a row without a bar of any ticker; one more and every position would count as delisted."""


def require_cover(series: Collection[BarSeries], sessions: Sessions, first: date, last: date, where: Path) -> None:
    """Raise PriceDataError (7) unless the bars reach over [first, last] without a long gap in all of them.

    A few sessions without any bar are data (they happen in real files) and judged by the calendar.
    """
    days = _days_with_bars(series)
    if not len(days):
        raise PriceDataError(f"no bar in {where} for any ticker that is asked for (expected their daily bars)")
    begins, ends = days[0].item(), days[-1].item()
    if begins > first or ends < last:
        short = [f"begin on {begins}"] * (begins > first) + [f"end on {ends}"] * (ends < last)
        raise PriceDataError(
            f"prices in {where} {' and '.join(short)}: asked for {first} to {last} "
            "(expected a stretch inside the price data)"
        )
    gap: list[date] = []
    known = frozenset(days.tolist())
    for day in sessions.between(first, last):
        gap = [] if day in known else [*gap, day]
        if len(gap) > LONGEST_GAP:
            raise PriceDataError(
                f"prices in {where} have a gap: no bar of any ticker from {gap[0]} to {gap[-1]} "
                f"(expected at most {LONGEST_GAP} sessions in a row)"
            )


def _days_with_bars(series: Collection[BarSeries]) -> NDArray[np.datetime64]:
    """Return every day on which any ticker has a bar, in order."""
    columns = [one.days.view(np.int64) for one in series if len(one)]
    if not columns:
        return np.empty(0, dtype="datetime64[D]")
    first, last = min(int(days[0]) for days in columns), max(int(days[-1]) for days in columns)
    seen = np.zeros(last - first + 1, dtype=bool)
    for days in columns:
        seen[days - first] = True
    return (np.flatnonzero(seen) + first).view("datetime64[D]")
