"""Prices as arrays of tickers × sessions: bars, last closes and splits in units of each session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from backtest.bars import BarSeries
from backtest.market import PriceHistory
from backtest.model import Split
from backtest.money import split_price
from backtest.splits import price_after
from backtest.weekly_bars import EPOCH_ORDINAL

NO_BAR = np.iinfo(np.int64).max
"""What stands in `low` where a session has no bar: above every price."""

_ROWS = 64


@dataclass(frozen=True, slots=True, eq=False)
class PriceTable:
    """The sessions of a stretch, a row a ticker; int64 prices in units of the session.

    days: their ordinals. open: 0 without a bar. low: NO_BAR without one. close: the last close known after the session
    (0: none yet); before: the last one known before it. last_bar, next_bar: the session of the last bar up to a
    session (-1: before the stretch, or none) and of the first from it on (the number of sessions: none).
    earlier: the ordinal of the last bar before the stretch; 0 for none.
    """

    tickers: tuple[str, ...]
    days: NDArray[np.int64]
    open: NDArray[np.int64]
    low: NDArray[np.int64]
    close: NDArray[np.int64]
    before: NDArray[np.int64]
    last_bar: NDArray[np.int32]
    next_bar: NDArray[np.int32]
    earlier: NDArray[np.int64]
    splits: SplitEvents

    @property
    def sessions(self) -> int:
        return len(self.days)

    def with_gaps(self) -> NDArray[np.int64]:
        """Return the rows that lack a bar in some session."""
        return np.flatnonzero((self.open == 0).any(axis=1))

    def highs(self, history: PriceHistory) -> NDArray[np.int64]:
        """Return the highs of sessions with a bar, 0 elsewhere. history: what the table was made of."""
        found = np.zeros_like(self.open)
        first, last = int(self.days[0]), int(self.days[-1])
        for row, ticker in enumerate(self.tickers):
            series = history.series(ticker)
            assert series is not None
            ordinals = _ordinals(series)
            low, high = np.searchsorted(ordinals, (first, last + 1)).tolist()
            found[row, np.searchsorted(self.days, ordinals[low:high])] = series.high[low:high]
        return found

    def closes_of_bars(self) -> NDArray[np.int64]:
        """Return the closes of sessions with a bar, NO_BAR elsewhere."""
        return np.where(self.open > 0, self.close, NO_BAR)


@dataclass(frozen=True, slots=True, eq=False)
class SplitEvents:
    """Splits by row and session (the first on or after the ex-date), oldest first; none in the first session.

    bounds: those of row r are bounds[r] to bounds[r + 1].
    """

    bounds: NDArray[np.int64]
    session: NDArray[np.int64]
    split: tuple[Split, ...]

    def first_after(self, row: NDArray[np.int64], session: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return each row's first event after a session; the row's end when there is none."""
        if not len(self.session):
            return np.zeros(len(row), np.int64)
        rows = np.repeat(np.arange(len(self.bounds) - 1), np.diff(self.bounds))
        scale = int(self.session.max()) + 2
        key = rows * scale + self.session
        wanted = np.searchsorted(key, row * scale + np.minimum(session, scale - 2), side="right")
        return np.asarray(np.minimum(wanted, self.bounds[row + 1]), np.int64)

    def ratios(self, events: NDArray[np.int64]) -> list[tuple[Fraction, NDArray[np.bool_]]]:
        """Return the different ratios among events, each with the mask of those that have it."""
        found = [self.split[event].ratio for event in events.tolist()]
        return [(ratio, np.array([one == ratio for one in found])) for ratio in set(found)]


def price_table(history: PriceHistory, tickers: Sequence[str], first: date, last: date) -> PriceTable | None:
    """Return the prices of tickers that have bars, in their order.

    None where only the step-by-step simulator can answer: no session, a first session that has none before it, a bar
    on a day without a session, a price that is not positive.
    """
    sessions = history.sessions
    spanned = sessions.between(first, last)
    if not spanned or spanned[0] <= sessions.first:
        return None
    days = np.array([day.toordinal() for day in spanned], np.int64)
    size = (len(tickers), len(days))
    table = PriceTable(
        tickers=tuple(tickers),
        days=days,
        open=np.zeros(size, np.int64),
        low=np.full(size, NO_BAR, np.int64),
        close=np.zeros(size, np.int64),
        before=np.zeros(size[::-1], np.int64).T,  # session after session: a book asks for one session's at a time
        last_bar=np.empty(size, np.int32),
        next_bar=np.full((size[0], size[1] + 1), size[1], np.int32),
        earlier=np.zeros(size[0], np.int64),
        splits=_split_events(history, tickers, days),
    )
    if not all(_fill_row(table, row, history) for row in range(len(tickers))):
        return None
    _fill_forward(table)
    _apply_splits(table)
    return table


def _fill_row(table: PriceTable, row: int, history: PriceHistory) -> bool:
    """Write one ticker's bars, and its last close before the stretch into `before`; return whether they fit."""
    ticker, days = table.tickers[row], table.days
    series = history.series(ticker)
    assert series is not None
    ordinals = _ordinals(series)
    low, high = np.searchsorted(ordinals, (days[0], days[-1] + 1)).tolist()
    if low:
        earlier = date.fromordinal(int(ordinals[low - 1]))
        table.earlier[row] = ordinals[low - 1]
        splits = history.splits(ticker, earlier, date.fromordinal(int(days[0])))
        table.before[row, 0] = price_after(int(series.close[low - 1]), splits)
    place = _places(days, ordinals[low:high])
    if place is None:
        return False
    table.open[row, place] = series.open[low:high]
    table.low[row, place] = series.low[low:high]
    table.close[row, place] = series.close[low:high]
    return all(bool((column[max(low - 1, 0) : high] > 0).all()) for column in (series.open, series.low, series.close))


def _ordinals(series: BarSeries) -> NDArray[np.int64]:
    return series.days.astype("datetime64[D]", copy=False).view(np.int64) + EPOCH_ORDINAL


def _places(days: NDArray[np.int64], ordinals: NDArray[np.int64]) -> slice | NDArray[np.int64] | None:
    """Return which sessions these days are; None when one is none."""
    if not len(ordinals):
        return slice(0)
    start = int(np.searchsorted(days, ordinals[0]))
    neighbours = slice(start, start + len(ordinals))
    if np.array_equal(days[neighbours], ordinals):
        return neighbours
    place = np.searchsorted(days, ordinals).astype(np.int64)
    return place if np.array_equal(days[place], ordinals) else None


def _fill_forward(table: PriceTable) -> None:
    """Carry closes over sessions without a bar, and find the bars around each session."""
    count = table.sessions
    numbers = np.arange(count, dtype=np.int32)
    table.last_bar[:] = numbers
    table.next_bar[:, :count] = numbers
    for row in table.with_gaps().tolist():
        has_bar = table.open[row] > 0
        last = np.maximum.accumulate(np.where(has_bar, numbers, np.int32(-1)))
        table.last_bar[row] = last
        following = np.where(has_bar, numbers, np.int32(count))[::-1]
        table.next_bar[row, :count] = np.minimum.accumulate(following)[::-1]
        table.close[row] = np.where(last >= 0, table.close[row, np.maximum(last, 0)], table.before[row, 0])
    for start in range(0, len(table.tickers), _ROWS):  # in parts: the two arrays lie crosswise in memory
        rows = slice(start, start + _ROWS)
        table.before[rows, 1:] = table.close[rows, :-1]


def _apply_splits(table: PriceTable) -> None:
    """Bring closes of earlier bars into units of the sessions that know them, one split after the other."""
    events = table.splits
    for row in range(len(table.tickers)):
        for event in range(int(events.bounds[row]), int(events.bounds[row + 1])):
            start, ratio = int(events.session[event]), events.split[event].ratio
            stop = int(table.next_bar[row, start])
            for session in range(start, min(stop + 1, table.sessions)):
                table.before[row, session] = split_price(int(table.before[row, session]), ratio)
            for session in range(start, stop):
                table.close[row, session] = split_price(int(table.close[row, session]), ratio)


def _split_events(history: PriceHistory, tickers: Sequence[str], days: NDArray[np.int64]) -> SplitEvents:
    bounds, sessions, splits = [0], [], []
    for ticker in tickers:
        for split in history.all_splits(ticker):
            session = int(np.searchsorted(days, split.ex_date.toordinal()))
            if 0 < session < len(days):
                sessions.append(session)
                splits.append(split)
        bounds.append(len(sessions))
    return SplitEvents(np.array(bounds, np.int64), np.array(sessions, np.int64), tuple(splits))
