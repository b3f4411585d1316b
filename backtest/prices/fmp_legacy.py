"""FMP's older endpoints, `/api/v3`: they answer for keys made before 2025-08-31 and give split-adjusted prices only.

One request a ticker and a kind; an unknown symbol is an empty object. Sources: docs/broker.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from backtest.prices.fmp import fmp_symbol
from backtest.prices.fmp_adjusted import FmpAdjustedSource

HISTORY = "/api/v3/historical-price-full"


class FmpLegacySource(FmpAdjustedSource):
    """The older endpoints behind the cache: a `RawSource` with prices as traded."""

    source = "fmp-legacy"
    bars_path, splits_path, dividends_path = HISTORY, f"{HISTORY}/stock_split", f"{HISTORY}/stock_dividend"

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
