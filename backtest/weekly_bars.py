"""Weekly bars: daily → ISO weeks, week ends, windows of weeks.

A window holds numbers (of one judged week) or arrays (an element for each of many judged weeks).

A week's prices are float64 in 1/10,000 USD, in the units of the week's own last bar: as traded on that
day and dividend-adjusted as of it. The step from one week to the next carries later splits and
dividends, so a judged week and the weeks before it are compared in the units of the judged week,
whatever is known about later days. That makes the answer the same when it is asked later (catch-up,
a longer series), to the last bit.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from operator import attrgetter
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from backtest.bars import BarSeries
from backtest.model import Split
from backtest.sessions import Sessions

FACTOR_DIGITS = 9
"""Dividend factors between two bars are rounded to this many digits: a series that ends later has the same factors
up to its last bits only, and both must give the same weekly bars."""

Values = TypeVar("Values", float, NDArray[np.float64])
"""A value of one judged week or day, or of many at once."""

Numbers = TypeVar("Numbers", int, NDArray[np.int64])
"""The ordinal of a day, or many of them."""

EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class WeeklyBars:
    """The ISO weeks of one ticker that have bars, oldest first; empty weeks are left out.

    mondays: the ordinal of each week's Monday. open, high, low, close: see the module. last_days: the ordinal of
    the week's last bar. steps[i]: what a price in units of week i - 1 is multiplied by to be in units of week i
    (1.0 without splits and dividends in between; steps[0] is 1.0).
    """

    mondays: Sequence[int]
    last_days: Sequence[int]
    open: Sequence[float]
    high: Sequence[float]
    low: Sequence[float]
    close: Sequence[float]
    steps: Sequence[float]

    def __len__(self) -> int:
        return len(self.mondays)

    def index_of(self, day: date) -> int | None:
        """Return the index of the week `day` lies in; None when that week has no bar."""
        monday = monday_of(day).toordinal()
        found = bisect_left(self.mondays, monday)
        return found if found < len(self.mondays) and self.mondays[found] == monday else None

    def window(self, column: Sequence[float], judged: int, weeks: int) -> list[float]:
        """Return a column over the `weeks` ISO weeks that end with week `judged`, in units of that week."""
        first = bisect_left(self.mondays, window_start(self.mondays[judged], weeks), 0, judged + 1)
        return in_units_of_last(column[first : judged + 1], self.steps[first : judged + 1])


@dataclass(frozen=True, slots=True, eq=False)
class WeeklyColumns:
    """The fields of `WeeklyBars` as int64 and float64 arrays."""

    mondays: NDArray[np.int64]
    last_days: NDArray[np.int64]
    open: NDArray[np.float64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    steps: NDArray[np.float64]


_IN_ORDER = attrgetter(*(column.name for column in fields(WeeklyBars)))


def window_start(judged: Numbers, weeks: int) -> Numbers:
    """Return the Monday of the first of the `weeks` ISO weeks that end with the one whose Monday is `judged`."""
    return judged - 7 * (weeks - 1)


def in_units_of_last(values: Sequence[Values], steps: Sequence[Values]) -> list[Values]:
    """Return prices, oldest first, in units of the last one. steps: as in `WeeklyBars`, of the same weeks or days."""
    scaled = list(values)
    factor: Any = 1.0
    for i in range(len(scaled) - 1, 0, -1):
        factor = factor * steps[i]
        scaled[i - 1] = scaled[i - 1] * factor
    return scaled


def aggregate_daily_to_weekly(series: BarSeries, splits: Iterable[Split] = ()) -> WeeklyBars:
    """Return the weekly bars of a series: first open, max high, min low, last close of each ISO week.

    splits: those of the ticker; one with an ex_date between two bars divides the prices before it.
    """
    weeks = weekly_columns(series, splits)
    return WeeklyBars(*(column.tolist() for column in _IN_ORDER(weeks)))


def weekly_columns(series: BarSeries, splits: Iterable[Split] = ()) -> WeeklyColumns:
    """Return the same as arrays."""
    days = series.days.astype("datetime64[D]", copy=False).view(np.int64)
    if not len(days):
        none = np.zeros(0)
        return WeeklyColumns(days, days, none, none, none, none, none)
    mondays = days - (days + 3) % 7  # 1970-01-01 was a Thursday
    is_first = np.ones(len(days), bool)
    np.not_equal(mondays[1:], mondays[:-1], out=is_first[1:])
    starts = is_first.nonzero()[0]
    lasts = np.empty_like(starts)
    lasts[:-1], lasts[-1] = starts[1:] - 1, len(days) - 1
    prices: Sequence[NDArray[Any]] = (series.open, series.high, series.low, series.close)
    steps = daily_steps(days, series.adj_factor, splits)
    week_steps = np.ones(len(starts))
    if steps is not None:
        within = _factors_within(steps, starts, lasts)
        prices = [column * within for column in prices]
        for week in range(1, len(starts)):
            for i in range(lasts[week - 1] + 1, lasts[week] + 1):
                week_steps[week] *= steps[i]
    opens, highs, lows, closes = prices
    return WeeklyColumns(
        mondays=mondays[starts] + EPOCH_ORDINAL,
        last_days=days[lasts] + EPOCH_ORDINAL,
        open=opens[starts].astype(np.float64),
        high=np.maximum.reduceat(highs, starts).astype(np.float64),
        low=np.minimum.reduceat(lows, starts).astype(np.float64),
        close=closes[lasts].astype(np.float64),
        steps=week_steps,
    )


def is_week_end_by_date(sessions: Sessions, day: date) -> bool:
    """Return whether a session is the last of its ISO week on the calendar, whatever bars there are."""
    return sessions.is_week_end(day)


def is_week_end_by_index(sessions: Sessions, index: int) -> bool:
    """Return the same for `sessions.days[index]`: the next session lies in another ISO week."""
    day = sessions.days[index]
    return monday_of(day) != monday_of(sessions.next(day))


def count_completed_weeks(sessions: Sessions, entry_date: date, judged: date) -> int:
    """Return how many weeks began after `entry_date` and have ended with the close of session `judged`.

    A week begins on its Monday and ends with its last session, so the entry's own week never counts.
    """
    started = (monday_of(judged) - monday_of(entry_date)).days // 7
    return max(started if sessions.is_week_end(judged) else started - 1, 0)


def first_monday_judged(entry_monday: Numbers, transition_weeks: int) -> Numbers:
    """Return the Monday of the first week at whose end `transition_weeks` weeks are complete. Mondays as ordinals."""
    return entry_monday + 7 * transition_weeks


def monday_of(day: date) -> date:
    """Return the Monday of the ISO week `day` lies in."""
    return day - timedelta(days=day.isoweekday() - 1)


def daily_steps(
    days: NDArray[np.int64], adj_factor: NDArray[np.float64], splits: Iterable[Split]
) -> list[float] | None:
    """Return what a price in units of each bar's day before is multiplied by to be in units of that day.

    days: as counted from 1970-01-01. None when nothing ever changes.
    """
    factors = adj_factor[:-1] / adj_factor[1:] if (adj_factor != adj_factor[0]).any() else None
    known = list(splits)
    if factors is None and not known:
        return None
    steps = [1.0, *(np.round(factors, FACTOR_DIGITS).tolist() if factors is not None else [1.0] * (len(days) - 1))]
    for split in sorted(known, key=lambda one: one.ex_date):
        index = int(np.searchsorted(days, split.ex_date.toordinal() - EPOCH_ORDINAL))
        if 0 < index < len(days):
            steps[index] *= split.ratio.denominator / split.ratio.numerator
    return steps


def _factors_within(steps: Sequence[float], starts: NDArray[np.int64], lasts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return what every bar is multiplied by to be in the units of its week's last bar."""
    factors = np.ones(len(steps))
    for start, last in zip(starts.tolist(), lasts.tolist(), strict=True):
        factor = 1.0
        for i in range(last, start, -1):
            factor *= steps[i]
            factors[i - 1] = factor
    return factors
