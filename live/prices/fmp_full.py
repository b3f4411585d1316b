"""Financial Modeling Prep's split-adjusted prices, for plans without those as traded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from live.prices.fmp import open_generation
from live.prices.registry import PriceRequest

if TYPE_CHECKING:
    from backtest.prices.cache import CachedPrices

SOURCE_META = {"id": "fmp-full", "name": "Financial Modeling Prep, split-adjusted", "cache": "prices.cache_dir"}


def open_source(request: PriceRequest) -> CachedPrices:
    """Open these endpoints behind the cache; nothing is sent yet. Raises KeysError, HostNotAllowedError (6)."""
    from backtest.prices.fmp_adjusted import FmpAdjustedSource

    return open_generation(request, FmpAdjustedSource)
