"""Daily bars of one ticker as columns: what every price source gives and every market reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from backtest.model import Bar

PRICE_COLUMNS = ("open", "high", "low", "close")
"""The prices of a bar, as tables name and order them."""


@dataclass(frozen=True, slots=True, eq=False)
class BarSeries:
    """Accepted daily bars of one ticker, oldest first, one a session.

    days: datetime64[D]. open, high, low, close: int64 in 1/10,000 USD **as traded** on that day (not
    adjusted for anything later). adj_factor: float64, what a price of that day is multiplied by to be
    dividend-adjusted as of the last bar (1.0 without dividends); splits are never in it. Weekly bars
    use price × adj_factor, everything else the traded prices. volume: int64 shares.
    """

    ticker: str
    days: NDArray[np.datetime64]
    open: NDArray[np.int64]
    high: NDArray[np.int64]
    low: NDArray[np.int64]
    close: NDArray[np.int64]
    volume: NDArray[np.int64]
    adj_factor: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.days)

    def index_at(self, day: date) -> int:
        """Return the index of the last bar on or before `day`; -1 when there is none."""
        return int(np.searchsorted(self.days, np.datetime64(day, "D"), side="right")) - 1

    def part(self, low: int, high: int) -> BarSeries:
        """Return the bars from index `low` up to but not including `high`."""
        if low <= 0 and high >= len(self):
            return self
        some = slice(low, high)
        return BarSeries(
            self.ticker,
            self.days[some],
            self.open[some],
            self.high[some],
            self.low[some],
            self.close[some],
            self.volume[some],
            self.adj_factor[some],
        )

    def bar(self, index: int) -> Bar:
        """Return one bar as plain integers."""
        return Bar(
            day=self.days[index].item(),
            open=int(self.open[index]),
            high=int(self.high[index]),
            low=int(self.low[index]),
            close=int(self.close[index]),
            volume=int(self.volume[index]),
        )
