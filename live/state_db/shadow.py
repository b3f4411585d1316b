"""`shadow_positions` and `shadow_signals`: the strategy that is only watched."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from fractions import Fraction

from backtest.model import Decisions, Entry, ExitReason, Price
from live.state_db.connection import Connection
from live.state_db.events import Events
from live.state_db.rows import ShadowRow


class Shadow:
    def __init__(self, connection: Connection, events: Events) -> None:
        self._c = connection
        self._events = events

    def active(self, strategy: str) -> tuple[ShadowRow, ...]:
        """Return the pending and open rows by ticker."""
        raise NotImplementedError

    def ledger(self, strategy: str) -> tuple[ShadowRow, ...]:
        """Return every row by id."""
        raise NotImplementedError

    def stepped_through(self, strategy: str) -> date | None:
        """Return the last session whose open and close the shadow has lived through."""
        raise NotImplementedError

    def set_stepped_through(self, strategy: str, day: date) -> None:
        raise NotImplementedError

    def record_decisions(self, strategy: str, decisions: Decisions) -> None:
        """Write a trade date's exits, entries and skips to `shadow_signals`, replacing an earlier run's."""
        raise NotImplementedError

    def add_pending(self, strategy: str, entries: Sequence[Entry], trade_date: date, as_of: date) -> tuple[int, ...]:
        """Write decided entries as pending rows and return their ids."""
        raise NotImplementedError

    def drop_pending(self, strategy: str, trade_date: date) -> None:
        """Delete the pending rows of a trade date that is decided again (with the exits it had set, see set_pending_exit)."""
        raise NotImplementedError

    def fill(self, position_id: int, *, entry_date: date, shares: int, entry_price: Price, stop_price: Price) -> None:
        """pending → open."""
        raise NotImplementedError

    def skip(self, position_id: int, reason: str) -> None:
        """pending → skipped."""
        raise NotImplementedError

    def set_pending_exit(self, position_id: int, reason: ExitReason | None, since: date | None) -> None:
        """Set, or with None take back, a decided exit."""
        raise NotImplementedError

    def set_decided_through(self, position_ids: Collection[int], day: date) -> None:
        raise NotImplementedError

    def scale_for_split(self, position_id: int, ratio: Fraction) -> None:
        raise NotImplementedError

    def close(self, position_id: int, *, day: date, price: Price, reason: ExitReason, pnl: Price) -> None:
        """open → closed."""
        raise NotImplementedError
