"""What a door works with: an open broker, a price source and the sessions.

The doors take `ctx.obj: Runtime | None`; None is built from the configuration, the replay and the
tests pass one for a whole stretch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from live.broker import Broker

if TYPE_CHECKING:
    from backtest.prices.provider import PriceProvider
    from backtest.sessions import Sessions
    from live.state_db.kept_files import KeptFiles


@dataclass(frozen=True, slots=True)
class Runtime:
    """Open resources of one run or one stretch of runs. prices and sessions are None for the executor.

    kept_files: leaves the state DB open between the runs of one stretch, see `StateDB.open`; its maker
    closes it.
    """

    broker: Broker
    prices: PriceProvider | None = None
    sessions: Sessions | None = None
    kept_files: KeptFiles | None = None
