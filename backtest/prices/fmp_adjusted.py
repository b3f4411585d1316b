"""FMP's split-adjusted prices (`/stable/historical-price-eod/full`), for plans without those as traded.

The splits up to the time of the download are taken out of them again, so that bars are as traded here too; a bar that
is kept does not change when the next split adjusts the source's past. Sources: docs/broker.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from backtest.prices.fmp import FmpApi, FmpSource
from backtest.prices.raw import RawBars
from backtest.prices.undone import as_traded
from backtest.sessions import NEW_YORK, Sessions


class FmpAdjustedSource(FmpSource):
    """The adjusted prices behind the cache: a `RawSource` with prices as traded."""

    source = "fmp-full"
    bars_path = "/stable/historical-price-eod/full"
    price_names = ("open", "high", "low", "close")

    def __init__(
        self, api: FmpApi, sessions: Sessions, now: Callable[[], datetime], *, events_limit: int | None = None
    ) -> None:
        super().__init__(api, sessions, now, events_limit=events_limit)
        self._rows_asked: dict[tuple[str, str], list[Mapping[str, Any]]] = {}

    def _bars_of(self, ticker: str, start: date, last: date) -> RawBars:
        bars = super()._bars_of(ticker, start, last)
        if not len(bars):
            return bars
        today = self._now().astimezone(NEW_YORK).date()
        self._rows_asked[self.splits_path, ticker] = list(self._rows(self.splits_path, ticker))
        return as_traded(bars, self._splits(ticker, bars.days[0].item(), today))

    def _event_rows(self, path: str, ticker: str) -> Iterable[Mapping[str, Any]]:
        """Return the rows that the bars were undone with, where there are some: plans count requests."""
        known = self._rows_asked.get((path, ticker))
        return self._rows(path, ticker) if known is None else known
