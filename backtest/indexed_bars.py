"""Daily bars of one ticker that are looked up by day, one at a time."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from typing import TYPE_CHECKING

from backtest.weekly_bars import EPOCH_ORDINAL

if TYPE_CHECKING:
    from backtest.bars import BarSeries


class IndexedBars:
    """One ticker's series with its days as ordinals (a plain list is the fastest to search one by one)."""

    __slots__ = ("ordinals", "series")

    def __init__(self, series: BarSeries) -> None:
        self.series = series
        days = series.days.astype("datetime64[D]", copy=False).view("int64")
        self.ordinals: list[int] = (days + EPOCH_ORDINAL).tolist()

    def last_index(self, day: date) -> int:
        """Return the index of the last bar on or before `day`; -1 when there is none."""
        return bisect_right(self.ordinals, day.toordinal()) - 1

    def index_on(self, day: date) -> int | None:
        """Return the index of the bar of `day`; None without one."""
        index = self.last_index(day)
        return index if index >= 0 and self.ordinals[index] == day.toordinal() else None
