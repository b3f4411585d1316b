"""FMP's split-adjusted prices (`/stable/historical-price-eod/full`), for plans without those as traded.

The splits up to the time of the download are taken out of them again, so that bars are as traded here too; a bar that
is kept does not change when the next split adjusts the source's past. Sources: docs/broker.md.
"""

from __future__ import annotations

from datetime import date

from backtest.prices.fmp import FmpSource
from backtest.prices.raw import RawBars
from backtest.prices.undone import as_traded
from backtest.sessions import NEW_YORK


class FmpAdjustedSource(FmpSource):
    """The adjusted prices behind the cache: a `RawSource` with prices as traded."""

    source = "fmp-full"
    bars_path = "/stable/historical-price-eod/full"
    price_names = ("open", "high", "low", "close")

    def _bars_of(self, ticker: str, start: date, last: date) -> RawBars:
        bars = super()._bars_of(ticker, start, last)
        if not len(bars):
            return bars
        today = self._now().astimezone(NEW_YORK).date()
        return as_traded(bars, self.fetch_actions([ticker], bars.days[0].item(), today).splits)
