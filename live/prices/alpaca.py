"""Alpaca's own daily bars, splits and dividends, kept in the price cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

from live.prices.registry import PriceRequest

if TYPE_CHECKING:
    from backtest.prices.cache import CachedPrices

SOURCE_META = {"id": "alpaca", "name": "Alpaca's market data", "broker": "alpaca", "cache": "prices.cache_dir"}


def open_source(request: PriceRequest) -> CachedPrices:
    """Open the broker's data host behind the cache. A split may be reported days late."""
    from backtest.prices.alpaca import AlpacaSource
    from backtest.prices.cache import CachedPrices

    prices = request.settings.config.prices
    source = AlpacaSource(request.own_broker, request.sessions, request.clock.now, prices.feed)
    return CachedPrices(source, prices.cache_dir, request.sessions, read_only=request.settings.read_only)
