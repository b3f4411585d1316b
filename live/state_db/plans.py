"""`plans`: the one accepted plan of a strategy and trade date, committed with all its intents."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from backtest.model import ExitReason
from live.state_db.connection import Connection
from live.state_db.events import Events
from live.state_db.orders import Orders
from live.state_db.positions import Positions
from live.state_db.rows import NewOrder, PlanRow, SignalFileRow


class Plans:
    def __init__(self, connection: Connection, events: Events, orders: Orders, positions: Positions) -> None:
        self._c = connection
        self._events = events
        self._orders = orders
        self._positions = positions

    def get(self, strategy: str, trade_date: date) -> PlanRow | None:
        raise NotImplementedError

    def latest(self, strategy: str) -> PlanRow | None:
        """Return the plan with the latest trade date."""
        raise NotImplementedError

    def accept(
        self,
        signal_file: SignalFileRow,
        *,
        as_of: date,
        pending_exits: Mapping[int, ExitReason],
        intents: Sequence[NewOrder],
        undecided: Collection[str] = (),
    ) -> PlanRow:
        """Commit the plan, its intents as `planned` rows, pending exits and decided_through in one transaction.

        pending_exits: position_id → reason (a position that is closed meanwhile is left alone). undecided:
        tickers whose closes were not judged (unresolved). The same content again returns the plan as it
        stands. Raises SignalFileError (5) when another plan was accepted for the date (F91).
        """
        raise NotImplementedError
