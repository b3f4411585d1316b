"""FMP's older endpoints, `/api/v3`: they answer for keys made before 2025-08-31 and give split-adjusted prices only.

The splits up to the time of the download are taken out of them again, so that bars are as traded here too. An unknown
symbol is an empty object. Sources: docs/broker.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from backtest.model import Split
from backtest.prices.fmp import FmpSource, columns, fmp_symbol
from backtest.prices.raw import RawBars
from backtest.sessions import NEW_YORK

HISTORY = "/api/v3/historical-price-full"


class FmpLegacySource(FmpSource):
    """The older endpoints behind the cache: a `RawSource` with prices as traded."""

    source = "fmp-legacy"
    bars_path, splits_path, dividends_path = HISTORY, f"{HISTORY}/stock_split", f"{HISTORY}/stock_dividend"

    def _bars_of(self, ticker: str, start: date, last: date) -> RawBars:
        rows = list(self._rows(self.bars_path, ticker, start, last))
        found = columns(rows, start, min(last, self._last_closed()), ("open", "high", "low", "close"))
        if not len(found):
            return found
        today = self._now().astimezone(NEW_YORK).date()
        return _as_traded(found, self.fetch_actions([ticker], found.days[0].item(), today).splits)

    def _rows(
        self, path: str, ticker: str, start: date | None = None, end: date | None = None
    ) -> Iterator[Mapping[str, Any]]:
        symbol = fmp_symbol(ticker)
        content = self._ask(f"{path}/{symbol}", {}, start, end)
        if not isinstance(content, Mapping):
            raise ValueError(f"an object expected, {type(content).__name__} found")
        if not content:
            return
        if content.get("symbol") != symbol:
            raise ValueError(f"the history of {content.get('symbol')}")
        if not isinstance(content["historical"], list):
            raise ValueError("no list of days")
        yield from content["historical"]


def _as_traded(bars: RawBars, splits: Sequence[Split]) -> RawBars:
    """Return bars whose prices are in the units of the last split in the units of their own days."""
    factor = np.ones(len(bars))
    for split in splits:
        factor[: int(bars.days.searchsorted(np.datetime64(split.ex_date, "D")))] *= float(split.ratio)
    volume = np.rint(bars.volume / factor).astype(np.int64)
    return RawBars(bars.days, bars.prices * factor[:, None], volume)
