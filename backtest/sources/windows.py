"""What a strategy sees of a history: for each symbol the bars of the window that ends with the as-of session."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from backtest.indexed_bars import IndexedBars
from backtest.market import PriceHistory
from backtest.sessions import Sessions
from backtest.sources.values import History, SymbolBars
from backtest.weekly_bars import EPOCH_ORDINAL, daily_steps

USD = 10_000.0


class Windows:
    """The windows of many sessions over one history; what they share is prepared once a symbol."""

    def __init__(self, prices: PriceHistory, symbols: Sequence[str]) -> None:
        """symbols: those that are asked about, in the order in which a strategy sees them."""
        self.prices = prices
        self.symbols = tuple(dict.fromkeys(symbols))
        self._columns: dict[str, _Columns] = {}
        for ticker in self.symbols:
            bars = prices.columns(ticker)
            if bars is not None:
                self._columns[ticker] = _columns(bars, prices, ticker)

    def history(self, trade_date: date, warm_up: int) -> History:
        """Return what may be known before the open of `trade_date`: `warm_up` sessions, and splits of that open."""
        sessions = window_sessions(self.prices.sessions, trade_date, warm_up)
        found = {}
        for ticker, columns in self._columns.items():
            low = bisect_left(columns.ordinals, sessions[0].toordinal())
            high = bisect_right(columns.ordinals, sessions[-1].toordinal())
            if low < high and columns.ordinals[high - 1] == sessions[-1].toordinal():
                found[ticker] = self._bars(ticker, columns, low, high, trade_date)
        return History(sessions[-1], sessions, found)

    def _bars(self, ticker: str, columns: _Columns, low: int, high: int, trade_date: date) -> SymbolBars:
        window = slice(low, high)
        days = columns.days[window]
        ahead = 1.0
        for split in self.prices.splits(ticker, days[-1], trade_date):
            ahead *= split.ratio.denominator / split.ratio.numerator
        if ahead == 1.0 and not columns.has_steps(low, high):
            opens, highs, lows, closes, volumes = (one[window] for one in columns.plain)
            return SymbolBars(days, opens, highs, lows, closes, volumes)
        price, shares = columns.factors(low, high, ahead)
        opens, highs, lows, closes = (tuple((one[window] / USD * price).tolist()) for one in columns.prices)
        return SymbolBars(days, opens, highs, lows, closes, tuple((columns.volume[window] / shares).tolist()))


def window_sessions(sessions: Sessions, trade_date: date, warm_up: int) -> tuple[date, ...]:
    """Return the `warm_up` sessions that end with the one before `trade_date`; fewer where the calendar begins."""
    end = sessions.index(sessions.previous(trade_date)) + 1
    return sessions.days[max(end - warm_up, 0) : end]


@dataclass(frozen=True, slots=True)
class _Columns:
    """One symbol's bars. plain: open, high, low, close in USD and volume as traded, one tuple each.

    steps: what each bar's units are to the bar before's, of prices and of shares; None when nothing ever changes.
    """

    ordinals: Sequence[int]
    days: tuple[date, ...]
    prices: tuple[NDArray[np.int64], ...]
    volume: NDArray[np.int64]
    plain: tuple[tuple[float, ...], ...]
    steps: tuple[NDArray[np.float64], NDArray[np.float64]] | None
    changes: Sequence[int]

    def has_steps(self, low: int, high: int) -> bool:
        """Return whether units change between two bars of the window."""
        return bisect_right(self.changes, low) < bisect_left(self.changes, high)

    def factors(self, low: int, high: int, ahead: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return what prices are multiplied and volumes divided by, to be in the units of the trade date.

        ahead: the splits between the last bar and the trade date. Made of the window's own steps alone, from its end
        on, so that bars before it change nothing.
        """
        if self.steps is None:
            return np.full(high - low, ahead), np.full(high - low, ahead)
        price, shares = (np.cumprod([ahead, *one[low + 1 : high][::-1]])[::-1] for one in self.steps)
        return price, shares


def _columns(bars: IndexedBars, prices: PriceHistory, ticker: str) -> _Columns:
    series = bars.series
    columns = (series.open, series.high, series.low, series.close)
    ordinals = bars.ordinals
    days = np.array(ordinals, dtype=np.int64) - EPOCH_ORDINAL
    splits = prices.all_splits(ticker)
    of_prices = daily_steps(days, series.adj_factor, splits)
    steps = None
    changes: list[int] = []
    if of_prices is not None:
        of_shares = daily_steps(days, np.ones(len(days)), splits)
        steps = np.array(of_prices), np.ones(len(days)) if of_shares is None else np.array(of_shares)
        changes = np.flatnonzero(steps[0] != 1.0).tolist()
    plain = (*(tuple((column / USD).tolist()) for column in columns), tuple(series.volume.astype(np.float64).tolist()))
    return _Columns(ordinals, tuple(map(date.fromordinal, ordinals)), columns, series.volume, plain, steps, changes)
