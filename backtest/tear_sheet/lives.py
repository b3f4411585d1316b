"""The life of a trade as a chart shows it: prices around its entry and exit, the indicator it was judged by.

Everything is in units of the trade's exit day, as its entry, stop and exit in the ledger are.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from backtest.history_start import history_start
from backtest.ledger import Trade
from backtest.market import PriceHistory
from backtest.model import Price, Split
from backtest.params import Params
from backtest.prices.provider import PriceProvider
from backtest.runs.read import StoredRun
from backtest.sessions import Sessions
from backtest.trailing_exits.registry import WEEK, trailing_exit

SESSIONS_BEFORE, SESSIONS_AFTER = 25, 10
"""How many sessions before its entry and after its exit a trade is shown with."""
TOLERANCE = 0.03
"""A fill further than this outside the range of its session's bar was not made on these prices."""

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Life:
    """Prices as multiples of the entry price, one a session from `first` on; NaN where there is no bar.

    first: index in the sessions. indicator: (index, value) at each judged close that is compared with a
    price.
    """

    first: int
    low: Floats
    high: Floats
    close: Floats
    indicator: tuple[tuple[int, float], ...]


class Lives:
    """The lives of trades, from the prices of their run."""

    def __init__(self, history: PriceHistory, first: date, last: date, params: Params) -> None:
        """first, last: of the run: no indicator is known for weeks that end before it, and nothing after it."""
        self._history = history
        self._sessions = history.sessions
        self._ordinals = np.array([day.toordinal() for day in history.sessions.days])
        self._first, self._last = history.sessions.index(first), history.sessions.index(last)
        self._params = params
        self._readings: dict[tuple[str, int], Price | None] = {}

    def of(self, trade: Trade) -> Life | None:
        """Return a trade's life; None where these prices do not hold the session of its entry, or not its price."""
        columns = self._history.columns(trade.ticker)
        if columns is None:
            return None
        entry, exit_ = self._sessions.index(trade.entry_date), self._sessions.index(trade.exit_date)
        first, end = max(entry - SESSIONS_BEFORE, 0), min(exit_ + SESSIONS_AFTER, self._last) + 1
        window = self._ordinals[first:end]
        part = slice(bisect_left(columns.ordinals, int(window[0])), bisect_right(columns.ordinals, int(window[-1])))
        places = np.searchsorted(window, columns.ordinals[part])
        splits = self._history.splits(trade.ticker, self._sessions.days[first], self._sessions.days[end])
        scale = _factors(window, trade.exit_date, splits) / trade.entry_price
        drawn = []
        for column in (columns.series.low, columns.series.high, columns.series.close):
            values = np.full(len(window), np.nan)
            values[places] = column[part]
            drawn.append(values * scale)
        low, high, close = drawn
        if not _fits(low[entry - first], high[entry - first]):
            return None
        weeks = tuple(self._indicator(trade, first, min(exit_ + 1, end), splits))
        return Life(first, low, high, close, weeks)

    def _indicator(self, trade: Trade, first: int, end: int, splits: Sequence[Split]) -> Iterable[tuple[int, float]]:
        exit_ = trailing_exit(self._params.primary.trailing_stop)
        if sum(exit_.figures.values()) != 1:  # no price that closes are compared with
            return
        for place in range(max(first, self._first), end):
            if exit_.judged == WEEK and not self._sessions.is_week_end(self._sessions.days[place]):
                continue
            value = self._reading(trade.ticker, place)
            if value is not None:
                units = np.array([self._sessions.days[place + 1].toordinal()])
                yield place, float(value * _factors(units, trade.exit_date, splits)[0] / trade.entry_price)

    def _reading(self, ticker: str, place: int) -> Price | None:
        """Return the price that the close of a session, or of its week, is compared with, in units of the next one."""
        key = (ticker, place)
        if key not in self._readings:
            market = self._history.market(self._sessions.days[place + 1])
            window = self._params.indicator_window_weeks
            reading = market.trailing_reading(ticker, self._sessions.days[place], self._params.primary, window)
            self._readings[key] = None if reading is None else reading.indicator
        return self._readings[key]


def load_history(provider: PriceProvider, run: StoredRun, params: Params, sessions: Sessions) -> PriceHistory:
    """Return the prices that a run worked on, of the tickers it traded. Raises DriftError (7, 8)."""
    tickers = sorted({trade.ticker for trade in run.trades})
    data = provider.fetch(tickers, history_start(run.first, params), run.last)
    return PriceHistory(data.series, sessions, data.splits, data.failed)


def _factors(ordinals: NDArray[np.int64], unit_day: date, splits: Sequence[Split]) -> Floats:
    """Return what a price of each day is multiplied by to be in units of `unit_day`."""
    factors = np.ones(len(ordinals))
    for split in splits:
        ex_date, ratio = split.ex_date.toordinal(), float(split.ratio)
        if split.ex_date <= unit_day:
            factors[ordinals < ex_date] /= ratio
        else:
            factors[ordinals >= ex_date] *= ratio
    return factors


def _fits(low: float, high: float) -> bool:
    """Return whether a bar, in multiples of the entry price, may have given that price."""
    return bool(low <= 1 + TOLERANCE and high >= 1 - TOLERANCE)
