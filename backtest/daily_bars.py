"""Daily bars for indicators: prices adjusted into units of a judged day, a window of sessions.

As weekly bars (`backtest.weekly_bars`), the steps from one bar to the next carry later splits and dividends: a judged
day is compared with the days before it in the units of the judged day, to the last bit the same whenever it is asked.
The window is so many sessions of the exchange's calendar, not bars: a stock without bars in some of them has the fewer,
and what was fetched before the window changes nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from backtest.bars import BarSeries
from backtest.model import Split
from backtest.sessions import Sessions
from backtest.weekly_bars import EPOCH_ORDINAL, daily_steps, in_units_of_last


@dataclass(frozen=True, slots=True)
class DailyBars:
    """The bars of one ticker, oldest first.

    days: ordinals. low, close: float64 in 1/10,000 USD, as traded. steps[i]: what a price in units of day i - 1 is
    multiplied by to be in units of day i (steps[0] is 1.0).
    """

    days: Sequence[int]
    low: Sequence[float]
    close: Sequence[float]
    steps: Sequence[float]

    def index_of(self, day: date) -> int | None:
        """Return the index of the bar of `day`; None without one."""
        found = bisect_left(self.days, day.toordinal())
        return found if found < len(self.days) and self.days[found] == day.toordinal() else None

    def window(self, column: Sequence[float], judged: int, first: date) -> list[float]:
        """Return a column from the day `first` to bar `judged`, in units of the judged day."""
        start = bisect_left(self.days, first.toordinal(), 0, judged + 1)
        return in_units_of_last(column[start : judged + 1], self.steps[start : judged + 1])


@dataclass(frozen=True, slots=True, eq=False)
class DailyColumns:
    """The fields of `DailyBars` as int64 and float64 arrays."""

    days: NDArray[np.int64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    steps: NDArray[np.float64]


def daily_bars(series: BarSeries, splits: Iterable[Split] = ()) -> DailyBars:
    """Return the bars of a series. splits: those of the ticker."""
    columns = daily_columns(series, splits)
    return DailyBars(*(getattr(columns, name).tolist() for name in DailyBars.__slots__))


def daily_columns(series: BarSeries, splits: Iterable[Split] = ()) -> DailyColumns:
    """Return the same as arrays."""
    days = series.days.astype("datetime64[D]", copy=False).view(np.int64)
    steps = daily_steps(days, series.adj_factor, splits) if len(days) else None
    return DailyColumns(
        days=days + EPOCH_ORDINAL,
        low=series.low.astype(np.float64),
        close=series.close.astype(np.float64),
        steps=np.ones(len(days)) if steps is None else np.array(steps),
    )


def first_of_window(sessions: Sessions, judged: date, size: int) -> date:
    """Return the first of the `size` sessions that end with `judged`; the calendar's first where it begins later."""
    return sessions.days[max(sessions.index(judged) - size + 1, 0)]


def calendar_days(sessions: int) -> timedelta:
    """Return how long before a session the first of so many sessions, itself included, lies at most."""
    return timedelta(days=148 * sessions // 100 + 8)
