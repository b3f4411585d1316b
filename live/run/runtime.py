"""What a program may be given instead of opening it itself: an open broker, a price source and the sessions.

The programs take `ctx.obj: Runtime | None`; None is built from the configuration, the replay and the
tests pass one for many sessions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from live.broker import Broker

if TYPE_CHECKING:
    from backtest.prices.provider import PriceProvider
    from backtest.sessions import Sessions
    from live.state_db.connection_cache import ConnectionCache


@dataclass(frozen=True, slots=True)
class Runtime:
    """Open resources of one run, or of many in one process. prices and sessions are None for the executor.

    connection_cache: keeps the state DB open from one run to the next, see `StateDB.open`; its maker closes it.
    has_pages: whether runs have the daily page written; many sessions in one process need none.
    """

    broker: Broker
    prices: PriceProvider | None = None
    sessions: Sessions | None = None
    connection_cache: ConnectionCache | None = None
    has_pages: bool = False
