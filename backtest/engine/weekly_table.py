"""The weeks of all tickers in one column, and at which of them the trend of a variant is broken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from backtest.engine.price_table import PriceTable
from backtest.indicators import indicator_reads_lows, trailing_indicator
from backtest.market import PriceHistory
from backtest.params import Variant
from backtest.weekly_bars import WeeklyColumns, in_units_of_last, is_trend_broken, weekly_columns, window_start

_KEY = 1 << 20
"""More than the ordinal of any day: a ticker's row times this, plus a Monday, orders weeks by ticker and time."""

_PART = 8192
"""So many judged weeks are computed at once: their columns stay in the processor's cache."""


@dataclass(frozen=True, slots=True, eq=False)
class WeeklyTable:
    """Weeks with bars, by ticker and time.

    bounds: the weeks of row r are bounds[r] to bounds[r + 1]. monday: ordinals. low, close, step: as in `WeeklyBars`.
    session: the session of the stretch at whose close a week ends; -1 where it is not judged within it.
    """

    bounds: NDArray[np.int64]
    monday: NDArray[np.int64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    step: NDArray[np.float64]
    session: NDArray[np.int64]
    _key: NDArray[np.int64] = field(repr=False)

    def first_from(self, row: NDArray[np.int64], monday: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return each row's first week that begins on `monday` or later; the row's end when there is none."""
        return np.searchsorted(self._key, row * _KEY + monday).astype(np.int64)

    def next_broken(self, variant: Variant, window: int) -> NDArray[np.int32]:
        """Return for each week the first judged one from it on whose trend is broken; the number of weeks for none.

        The answer may lie in a later ticker's weeks: compare it with `bounds`.
        """
        count = len(self.monday)
        broken = np.zeros(count, np.bool_)
        for weeks, closes, indicator in self._judged(variant, window):
            broken[weeks] = is_trend_broken(closes, indicator)
        broken &= self.session >= 0
        following = np.where(broken, np.arange(count, dtype=np.int32), np.int32(count))[::-1]
        return np.minimum.accumulate(following)[::-1] if count else following

    def session_at(
        self, broken: NDArray[np.int32], first: NDArray[np.int64], row: NDArray[np.int64], never: int
    ) -> NDArray[np.int64]:
        """Return the session at whose close each row's trend is broken, in week `first` or later; `never` for none.

        broken: `next_broken`. first: `first_from`.
        """
        if not len(row):
            return np.zeros(0, np.int64)
        end, last = self.bounds[row + 1], len(self.monday) - 1
        week = np.where(first < end, broken.take(np.minimum(first, last)), end)
        return np.where(week < end, self.session.take(np.minimum(week, last)), never)

    def _judged(
        self, variant: Variant, window: int
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64] | None]]:
        """Yield judged weeks in parts: their places, closes and indicators (None: too few weeks)."""
        column = self.low if indicator_reads_lows(variant) else self.close
        judged = self.session >= 0
        most = 1 - window_start(0, window) // 7  # weeks of a window without a gap
        first = self._first_of_window(window, most)
        length = np.arange(len(first)) - first + 1
        whole = judged & (length == most)
        for start in range(0, len(first), _PART):
            part = np.arange(max(start, most - 1), min(start + _PART, len(first)))
            part_whole = whole[part]
            if part_whole.any():
                yield from self._indicators(variant, column, part, most, part_whole)
        some = judged & ~whole
        for weeks in np.flatnonzero(np.bincount(length[some])).tolist():
            part = np.flatnonzero(some & (length == weeks))
            yield from self._indicators(variant, column, part, weeks, np.ones(len(part), np.bool_))

    def _indicators(
        self,
        variant: Variant,
        column: NDArray[np.float64],
        part: NDArray[np.int64],
        weeks: int,
        wanted: NDArray[np.bool_],
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64] | None]]:
        """Yield the wanted of some judged weeks whose windows have as many weeks each."""
        if int(part[-1] - part[0]) == len(part) - 1:  # neighbours: their windows are slices, nothing is copied
            places = [slice(part[0] - back, part[-1] - back + 1) for back in range(weeks - 1, -1, -1)]
        else:
            places = [part - back for back in range(weeks - 1, -1, -1)]  # type: ignore[misc]
        values = [column[place] for place in places]
        if (self.step[part[0] - weeks + 1 : part[-1] + 1] != 1.0).any():
            values = in_units_of_last(values, [self.step[place] for place in places])
        indicator = trailing_indicator(values, variant)
        kept = None if indicator is None else indicator[wanted]
        yield part[wanted], self.close[part[wanted]], kept

    def _first_of_window(self, window: int, most: int) -> NDArray[np.int64]:
        """Return the first week of each judged week's window, of at most `most` weeks."""
        count = len(self.monday)
        first = np.maximum(np.arange(count) - (most - 1), np.repeat(self.bounds[:-1], np.diff(self.bounds)))
        start = window_start(self.monday, window)
        gap = np.flatnonzero(self.monday[first] < start)  # weeks without a bar lie in the window
        if len(gap):
            row = self._key[gap] // _KEY
            first[gap] = np.searchsorted(self._key, row * _KEY + start[gap])
        return first


def weekly_table(history: PriceHistory, table: PriceTable) -> WeeklyTable:
    """Return the weeks of every ticker of a price table."""
    parts = [_columns(history, ticker) for ticker in table.tickers]
    lengths = [len(part.mondays) for part in parts]
    monday = np.concatenate([part.mondays for part in parts]) if parts else np.zeros(0, np.int64)
    low, close, step = (
        np.concatenate([getattr(part, name) for part in parts]) if parts else np.zeros(0)
        for name in ("low", "close", "steps")
    )
    return WeeklyTable(
        bounds=np.cumsum([0, *lengths]),
        monday=monday,
        low=low,
        close=close,
        step=step,
        session=_week_ends(monday, table.days),
        _key=np.repeat(np.arange(len(parts)), lengths) * _KEY + monday,
    )


def _columns(history: PriceHistory, ticker: str) -> WeeklyColumns:
    series = history.series(ticker)
    assert series is not None
    return weekly_columns(series, history.all_splits(ticker))


def _week_ends(mondays: NDArray[np.int64], days: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the session that ends each week, when its close is judged in the stretch: before the last session."""
    if not len(mondays):
        return np.zeros(0, np.int64)
    first = int(mondays.min())
    week = np.arange(first, int(mondays.max()) + 1, 7)
    end = np.searchsorted(days, week + 7) - 1
    judged = (week + 6 >= days[0]) & (end < len(days) - 1)
    return np.where(judged, end, -1).take((mondays - first) // 7)
