"""The embedded exchange's own bars, kept for one run only: another exchange file is another market."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from live.prices.registry import PriceRequest

if TYPE_CHECKING:
    from backtest.prices.cache import CachedPrices

SOURCE_META = {"id": "sim", "name": "The embedded exchange's market data", "broker": "sim"}
NO_CACHE = Path("no-cache")
"""A folder that is never made."""


def open_source(request: PriceRequest) -> CachedPrices:
    """Open the exchange's data; its splits are part of it."""
    from backtest.prices.alpaca import AlpacaSource
    from backtest.prices.cache import CachedPrices

    now = request.clock.now
    source = AlpacaSource(request.own_broker, request.sessions, now, None, source="sim", has_all_splits=True)
    return CachedPrices(source, NO_CACHE, request.sessions, read_only=True)
