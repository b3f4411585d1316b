"""Financial Modeling Prep's daily bars, splits and dividends, kept in the price cache.

The key is `FMP_API_KEY`; `FMP_BASE_URL` must equal the allow-list's entry. Requests: `backtest.prices.fmp_client`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from live.prices.registry import PriceRequest

if TYPE_CHECKING:
    from backtest.prices.cache import CachedPrices
    from backtest.prices.fmp import FmpSource

SOURCE_META = {"id": "fmp", "name": "Financial Modeling Prep", "cache": "prices.cache_dir"}


def open_source(request: PriceRequest) -> CachedPrices:
    """Open FMP behind the cache; nothing is sent yet. Raises KeysError, HostNotAllowedError (6)."""
    from backtest.prices.fmp import FmpSource

    return open_generation(request, FmpSource)


def open_generation(request: PriceRequest, kind: type[FmpSource]) -> CachedPrices:
    """Open one generation of FMP's endpoints behind the cache; raises as `open_source` does."""
    from backtest.prices.cache import CachedPrices
    from backtest.prices.fmp_client import FmpClient, find_fmp_key, fmp_address
    from backtest.web.keys import read_sources
    from live.clock import SystemClock

    settings = request.settings
    sources = read_sources(settings.environ, settings.folder)
    key = find_fmp_key(sources)
    settings.redactor.add(key)
    api = FmpClient(fmp_address(sources), key, SystemClock(), settings.check_waits)
    source = kind(api, request.sessions, request.clock.now)
    return CachedPrices(source, settings.config.prices.cache_dir, request.sessions, read_only=settings.read_only)
