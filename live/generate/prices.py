"""Opens the price source of a run: the chosen broker's own, or a local folder or file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from backtest.errors import ConfigError
from live.broker import Broker
from live.config import LiveConfig

if TYPE_CHECKING:
    from backtest.prices.alpaca import DataApi
    from backtest.prices.provider import PriceProvider
    from backtest.sessions import Sessions

OF_BROKER = {"alpaca": "alpaca", "sim": "sim"}
"""Which source `prices.source: broker` means."""
NO_CACHE = Path("no-cache")
"""A folder that is never made."""


def open_prices(
    config: LiveConfig, spec: str | None, broker: Broker, sessions: Sessions, *, read_only: bool
) -> PriceProvider:
    """Return the provider named by --prices or the configuration.

    read_only: the cache is not written. Raises ConfigError (6) for a source this broker cannot serve, PriceDataError
    (7) for a path that is not there.
    """
    name = spec or config.prices.source
    if name == "broker":
        name = OF_BROKER.get(broker.id, broker.id)
    if name in ("alpaca", "sim") and name != OF_BROKER.get(broker.id):
        raise ConfigError(
            f"prices not possible in --prices: {name} with the broker {broker.id} (expected its own source, or a path)"
        )
    if name == "alpaca":
        return _alpaca(config, broker, sessions, read_only=read_only)
    if name == "sim":
        return _sim(broker, sessions)
    if name == "fmp":
        raise ConfigError("prices not possible in --prices: fmp is not wired to the daily programs (expected alpaca)")
    from backtest.prices.folder import open_folder

    return open_folder(Path(name))


def _alpaca(config: LiveConfig, broker: Broker, sessions: Sessions, *, read_only: bool) -> PriceProvider:
    from backtest.prices.alpaca import AlpacaSource
    from backtest.prices.cache import CachedPrices

    source = AlpacaSource(cast("DataApi", broker), sessions, broker.clock.now, config.prices.feed)
    return CachedPrices(source, config.prices.cache_dir, sessions, read_only=read_only)


def _sim(broker: Broker, sessions: Sessions) -> PriceProvider:
    """The exchange's own bars, kept for this run only: another exchange file is another market."""
    from backtest.prices.alpaca import AlpacaSource
    from backtest.prices.cache import CachedPrices

    source = AlpacaSource(cast("DataApi", broker), sessions, broker.clock.now, feed=None)
    source.source = "sim"
    return CachedPrices(source, NO_CACHE, sessions, read_only=True)
