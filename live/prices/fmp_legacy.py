"""Financial Modeling Prep's older endpoints (`/api/v3`), for keys made before 2025-08-31."""

from __future__ import annotations

from typing import TYPE_CHECKING

from live.prices.fmp import open_generation
from live.prices.registry import PriceRequest

if TYPE_CHECKING:
    from backtest.prices.cache import CachedPrices

SOURCE_META = {"id": "fmp-legacy", "name": "Financial Modeling Prep, /api/v3", "cache": "prices.cache_dir"}


def open_source(request: PriceRequest) -> CachedPrices:
    """Open the older endpoints behind the cache; nothing is sent yet. Raises KeysError, HostNotAllowedError (6)."""
    from backtest.prices.fmp_legacy import FmpLegacySource

    return open_generation(request, FmpLegacySource)
