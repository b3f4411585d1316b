"""The adapter of the embedded exchange: the same client, a transport into a file, virtual time."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING

from backtest.errors import ConfigError
from backtest.redaction import Secret
from backtest.web.hosts import DATA_URL
from backtest.web.keys import KeyPair
from live.alpaca.hosts import PAPER_URL
from live.brokers.registry import OpenRequest

if TYPE_CHECKING:
    from pathlib import Path

    from live.alpaca.client import AlpacaClient
    from live.sim.exchange import Exchange

ADAPTER_META = {
    "id": "sim",
    "name": "Embedded exchange (a file, virtual time)",
    "features": ["paper", "virtual_time", "market_data", "asset_names"],
}


class SimClock:
    """The exchange's own time; sleeping lets the market go on."""

    offset_s: float | None = None

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def now(self) -> datetime:
        return self._exchange.now()

    def sleep(self, seconds: float) -> None:
        """Advance the exchange; a NaN or a negative time is a bug (ValueError)."""
        if not math.isfinite(seconds) or seconds < 0:
            raise ValueError(f"cannot sleep {seconds} s")
        self._exchange.advance(seconds)


def open_broker(request: OpenRequest) -> AlpacaClient:
    """Open the exchange file of the configuration. Raises ConfigError (6) when there is none."""
    from live.sim.exchange import Exchange
    from live.sim.store import how_to_make

    file = request.config.broker.sim_file
    if file is None:
        raise ConfigError(
            "no exchange file for the broker sim in broker.sim_file: none (expected a path)",
            next_step=f"{how_to_make('FILE')}; name it: --set broker.sim_file=FILE",
        )
    path = file if file.is_absolute() else request.folder / file
    folder = path.resolve().parent  # the account is that file, whoever uses it
    return open_exchange(Exchange.open(path, read_only=request.read_only), lock_folder=folder)


def find_keys(request: OpenRequest) -> None:
    """The exchange needs no keys."""


def open_exchange(exchange: Exchange, *, per_minute: int = 200, lock_folder: Path | None = None) -> AlpacaClient:
    """Return a broker on an open exchange: what the adapter, the replay and tests trade through.

    per_minute: the client's own request limit, in virtual minutes; reaching it moves the market. lock_folder: as in
    `live.broker.Broker`; two exchanges that begin alike have the same account id, and need one folder each.
    """
    from live.alpaca.client import AlpacaClient
    from live.sim.transport import SimTransport

    keys = KeyPair(
        Secret("KEY-OF-THE-EMBEDDED-EXCHANGE"), Secret("SECRET-OF-THE-EMBEDDED-EXCHANGE"), "the embedded exchange"
    )
    client = AlpacaClient(
        PAPER_URL,
        DATA_URL,
        keys,
        SimClock(exchange),
        transport=SimTransport(exchange),
        broker_id="sim",
        per_minute=per_minute,
    )
    client.lock_folder = lock_folder
    return client
