"""The weeks, or the days, of all tickers in one column, and at which of them a trailing exit is broken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backtest.bars import BarSeries
from backtest.daily_bars import daily_columns
from backtest.engine.price_table import PriceTable
from backtest.market import PriceHistory
from backtest.model import Split
from backtest.params import Variant
from backtest.trailing_exits.registry import DAY, trailing_exit
from backtest.trailing_exits.rule import Flags, rule_of
from backtest.weekly_bars import in_units_of_last, weekly_columns, window_start

_KEY = 1 << 20
"""More than the ordinal of any day: a ticker's row times this, plus a day, orders points by ticker and time."""

_CELLS = 8192 * 57
"""So many values of windows are computed with at once: their columns stay in the processor's cache."""


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """What the points of a table are judged on. most: points of a window without a gap. first: ordinals, of the first
    day each point's window may hold."""

    most: int
    first: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class JudgedTable:
    """Weeks or days with bars, the points, by ticker and time.

    bounds: the points of row r are bounds[r] to bounds[r + 1]. day: ordinals, of a week's Monday. low, close, step: as
    in `WeeklyBars` and `DailyBars`. session: the session of the stretch at whose close a point is judged; -1 where it
    is not judged within it.
    """

    bounds: NDArray[np.int64]
    day: NDArray[np.int64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    step: NDArray[np.float64]
    session: NDArray[np.int64]
    _key: NDArray[np.int64] = field(repr=False)

    def first_from(self, row: NDArray[np.int64], day: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return each row's first point that begins on `day` or later; the row's end when there is none."""
        return np.searchsorted(self._key, row * _KEY + day).astype(np.int64)

    def next_broken(self, variant: Variant, window: Window) -> NDArray[np.int32]:
        """Return for each point the first judged one from it on that is broken; the number of points for none.

        The answer may lie in a later ticker's points: compare it with `bounds`.
        """
        count = len(self.day)
        broken = np.zeros(count, np.bool_)
        for points, flags in self._judged(variant, window):
            broken[points] = flags
        broken &= self.session >= 0
        following = np.where(broken, np.arange(count, dtype=np.int32), np.int32(count))[::-1]
        return np.minimum.accumulate(following)[::-1] if count else following

    def session_at(
        self, broken: NDArray[np.int32], first: NDArray[np.int64], row: NDArray[np.int64], never: int
    ) -> NDArray[np.int64]:
        """Return the session at whose close each row is broken, at point `first` or later; `never` for none.

        broken: `next_broken`. first: `first_from`.
        """
        if not len(row):
            return np.zeros(0, np.int64)
        end, last = self.bounds[row + 1], len(self.day) - 1
        point = np.where(first < end, broken.take(np.minimum(first, last)), end)
        return np.where(point < end, self.session.take(np.minimum(point, last)), never)

    def _judged(self, variant: Variant, window: Window) -> Iterator[tuple[NDArray[np.int64], Flags]]:
        """Yield judged points in parts: their places, and whether they are broken."""
        judged = self.session >= 0
        first = self._first_of_windows(window)
        length = np.arange(len(first)) - first + 1
        whole = judged & (length == window.most)
        size = max(_CELLS // window.most, 1)
        for start in range(0, len(first), size):
            part = np.arange(max(start, window.most - 1), min(start + size, len(first)))
            part_whole = whole[part]
            if part_whole.any():
                yield from self._broken(variant, part, window.most, part_whole)
        some = judged & ~whole
        for points in np.flatnonzero(np.bincount(length[some])).tolist():
            group, size = np.flatnonzero(some & (length == points)), max(_CELLS // points, 1)
            for start in range(0, len(group), size):
                part = group[start : start + size]
                yield from self._broken(variant, part, points, np.ones(len(part), np.bool_))

    def _broken(
        self, variant: Variant, part: NDArray[np.int64], points: int, wanted: NDArray[np.bool_]
    ) -> Iterator[tuple[NDArray[np.int64], Flags]]:
        """Yield the wanted of some judged points whose windows have as many points each."""
        if int(part[-1] - part[0]) == len(part) - 1:  # neighbours: their windows are slices, nothing is copied
            places = [slice(part[0] - back, part[-1] - back + 1) for back in range(points - 1, -1, -1)]
        else:
            places = [part - back for back in range(points - 1, -1, -1)]  # type: ignore[misc]
        column = self.low if trailing_exit(variant.trailing_stop).reads == "low" else self.close
        values = [column[place] for place in places]
        if (self.step[part[0] - points + 1 : part[-1] + 1] != 1.0).any():
            values = in_units_of_last(values, [self.step[place] for place in places])
        rule = rule_of(variant.trailing_stop)
        figures = rule.figures(values, variant.given)
        if figures is not None:
            kept = tuple(one[wanted] for one in figures)
            yield part[wanted], rule.is_broken(self.close[part[wanted]], kept, variant.given)

    def _first_of_windows(self, window: Window) -> NDArray[np.int64]:
        """Return the first point of each point's window."""
        count = len(self.day)
        first = np.maximum(np.arange(count) - (window.most - 1), np.repeat(self.bounds[:-1], np.diff(self.bounds)))
        gap = np.flatnonzero(self.day[first] < window.first)  # weeks or days without a bar lie in the window
        if len(gap):
            row = self._key[gap] // _KEY
            first[gap] = np.searchsorted(self._key, row * _KEY + window.first[gap])
        return first


class JudgedTables:
    """The weeks and the days of a price table, each made when an exit needs it."""

    def __init__(self, history: PriceHistory, table: PriceTable) -> None:
        self._history = history
        self._prices = table
        self._calendar = np.array([day.toordinal() for day in history.sessions.days], np.int64)
        self._weeks: JudgedTable | None = None
        self._days: JudgedTable | None = None

    def table(self, variant: Variant) -> JudgedTable:
        """Return the table on which a variant's trailing exit is judged."""
        if trailing_exit(variant.trailing_stop).judged == DAY:
            if self._days is None:
                self._days = _daily_table(self._history, self._prices)
            return self._days
        if self._weeks is None:
            self._weeks = _weekly_table(self._history, self._prices)
        return self._weeks

    def window(self, variant: Variant, weeks: int) -> Window:
        """Return what the points of a variant's table are judged on. weeks: of a weekly exit."""
        table, exit_ = self.table(variant), trailing_exit(variant.trailing_stop)
        if exit_.judged != DAY:
            return Window(1 - window_start(0, weeks) // 7, window_start(table.day, weeks))
        place = np.searchsorted(self._calendar, table.day, side="right") - 1
        return Window(exit_.warm_up, self._calendar[np.maximum(place - exit_.warm_up + 1, 0)])


def _weekly_table(history: PriceHistory, table: PriceTable) -> JudgedTable:
    parts = [weekly_columns(*_bars(history, ticker)) for ticker in table.tickers]
    days = _joined([part.mondays for part in parts], np.int64)
    columns = [_joined([getattr(part, name) for part in parts], np.float64) for name in ("low", "close", "steps")]
    return _judged_table([len(part.mondays) for part in parts], days, columns, _week_ends(days, table.days))


def _daily_table(history: PriceHistory, table: PriceTable) -> JudgedTable:
    parts = [daily_columns(*_bars(history, ticker)) for ticker in table.tickers]
    days = _joined([part.days for part in parts], np.int64)
    columns = [_joined([getattr(part, name) for part in parts], np.float64) for name in ("low", "close", "steps")]
    session = np.searchsorted(table.days, days)
    is_judged = (session < len(table.days) - 1) & (table.days[np.minimum(session, len(table.days) - 1)] == days)
    return _judged_table([len(part.days) for part in parts], days, columns, np.where(is_judged, session, -1))


def _judged_table(
    lengths: list[int], days: NDArray[np.int64], columns: list[NDArray[np.float64]], session: NDArray[np.int64]
) -> JudgedTable:
    key = np.repeat(np.arange(len(lengths)), lengths) * _KEY + days
    low, close, step = columns
    return JudgedTable(np.cumsum([0, *lengths]), days, low, close, step, session, key)


def _bars(history: PriceHistory, ticker: str) -> tuple[BarSeries, tuple[Split, ...]]:
    series = history.series(ticker)
    assert series is not None
    return series, history.all_splits(ticker)


def _joined(parts: list[NDArray[Any]], kind: type[Any]) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.zeros(0, kind)


def _week_ends(mondays: NDArray[np.int64], days: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the session that ends each week, when its close is judged in the stretch: before the last session."""
    if not len(mondays):
        return np.zeros(0, np.int64)
    first = int(mondays.min())
    week = np.arange(first, int(mondays.max()) + 1, 7)
    end = np.searchsorted(days, week + 7) - 1
    judged = (week + 6 >= days[0]) & (end < len(days) - 1)
    return np.where(judged, end, -1).take((mondays - first) // 7)
