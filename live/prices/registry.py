"""Finds price sources without importing them, and opens the one that `--prices` or `prices.source` names.

A source is a module in `live/prices/` with a literal `SOURCE_META = {"id": …, "name": …}` and a function
`open_source(request: PriceRequest) -> PriceProvider`. `"broker"` in the literal is the id of the only
broker whose data it can read, `"cache"` the setting of the folder in which it keeps bars. What is no id of a source is
the path of a folder or file.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from backtest.errors import ConfigError, KeysError, PriceDataError
from backtest.plugins import Plugin, find_plugins
from live.broker import Broker
from live.brokers.registry import OpenRequest
from live.clock import Clock, SystemClock

if TYPE_CHECKING:
    from backtest.prices.provider import PriceProvider
    from backtest.sessions import Sessions

OF_BROKER = "broker"
"""What `prices.source` says for the chosen broker's own data."""
_FOLDER = "folder"


@dataclass(frozen=True, slots=True)
class PriceRequest:
    """What a price source is opened with.

    named: what `--prices` or `prices.source` says, a source's id or a path. broker: None only for a source that serves
    every broker. clock: the broker's, where there is one. settings: the configuration, where keys may be found, and
    `read_only`: the cache is not written.
    """

    named: str
    broker: Broker | None
    clock: Clock
    sessions: Sessions
    settings: OpenRequest

    @property
    def own_broker(self) -> Broker:
        """The broker of a source that can read this one's data only."""
        assert self.broker is not None, "the registry opens no broker's source without it"
        return self.broker


class _SourceModule(Protocol):
    def open_source(self, request: PriceRequest) -> PriceProvider: ...


@cache
def find_sources() -> Mapping[str, Plugin]:
    """Return the price sources by id, read from their source text without importing them."""
    return find_plugins(Path(__file__).parent, "live.prices", "SOURCE_META").by_id


def open_prices(
    named: str | None, broker: Broker | None, sessions: Sessions, settings: OpenRequest, clock: Clock | None = None
) -> PriceProvider:
    """Return the provider that `named` means; None takes the configuration's.

    broker: None where none could be opened; `clock` stands in for its clock then. Raises ConfigError (6) for a source
    that this broker cannot serve, KeysError (6), PriceDataError (7) for a path that is not there.
    """
    named = named or settings.config.prices.source
    wanted = _source_named(named, broker)
    if broker is None and wanted == OF_BROKER:
        raise KeysError("the prices are the broker's, and it cannot be opened")
    sources = find_sources()
    if wanted not in sources and not Path(wanted).exists():
        known = ", ".join(sorted({OF_BROKER, *sources} - {_FOLDER}))
        raise PriceDataError(f"prices {wanted}: not found (expected a path, or one of {known})")
    source = sources.get(wanted, sources[_FOLDER])
    if broker is None and "broker" in source.meta:
        raise KeysError(f"the prices of {wanted} are the broker's, and it cannot be opened")
    if broker is not None and source.meta.get("broker", broker.id) != broker.id:
        raise ConfigError(
            f"prices not possible in --prices: {wanted} with the broker {broker.id} "
            "(expected its own source, or a path)"
        )
    module = cast(_SourceModule, importlib.import_module(source.module))
    own_clock = clock or (SystemClock() if broker is None else broker.clock)
    return module.open_source(PriceRequest(wanted, broker, own_clock, sessions, settings))


def keeps_bars(named: str, broker: Broker | None) -> bool:
    """Return whether the source that is meant writes the price cache. broker: as in `open_prices`."""
    source = find_sources().get(_source_named(named, broker))
    return source is not None and "cache" in source.meta


def _source_named(named: str, broker: Broker | None) -> str:
    return broker.price_source if broker is not None and named == OF_BROKER else named
