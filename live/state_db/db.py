"""The state DB: one object, one file, one attribute a table family.

    with StateDB.open(path, clock) as db:
        with db.transaction():           # joins many facts into one commit; every method is one by itself
            db.plans.accept(...)
            db.orders.mark_sent([...])

Every write of a method is one transaction together with the event that records it. Only the main
thread may touch it.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType

from live.clock import Clock
from live.state_db.connection import Connection
from live.state_db.connection_cache import ConnectionCache
from live.state_db.entry_controls import EntryControls
from live.state_db.equity import Equity
from live.state_db.events import Events
from live.state_db.last_prices import LastPriceRows
from live.state_db.opening import open_copy, open_file, open_in_memory, open_reading, open_unkept
from live.state_db.orders import Orders
from live.state_db.outbox import Outbox
from live.state_db.plans import Plans
from live.state_db.positions import Positions
from live.state_db.repairs import Repairs
from live.state_db.runs import Runs
from live.state_db.shadow import Shadow
from live.state_db.signal_files import SignalFiles
from live.state_db.system_config import SystemConfig


class StateDB:
    """Everything that outlives a run. Raises StateDBError (13) from every method when the file fails."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.path = connection.path
        self.events = Events(connection)
        self.system_config = SystemConfig(connection, self.events)
        self.positions = Positions(connection, self.events)
        self.orders = Orders(connection, self.events, self.positions)
        self.shadow = Shadow(connection, self.events, self.system_config)
        self.signal_files = SignalFiles(connection, self.events)
        self.plans = Plans(connection, self.events, self.orders, self.positions)
        self.runs = Runs(connection, self.events)
        self.equity = Equity(connection, self.events)
        self.entry_controls = EntryControls(connection, self.events, self.system_config)
        self.last_prices = LastPriceRows(connection, self.system_config)
        self.outbox = Outbox(connection)
        self.repairs = Repairs(connection, self.events, self.system_config, self.positions, self.orders)

    @classmethod
    def open(
        cls, path: Path, clock: Clock, *, cache: ConnectionCache | None = None, program: str = "state_db"
    ) -> StateDB:
        """Open the DB for a run; make it (0600) when there is none, migrate an older one after a copy (F75).

        cache: keeps the file open from one run to the next within one process; None opens, checks in full
        and closes. program: who writes, for the events. Raises StateDBError (13), file untouched, when it is busy
        for more than 10 s, damaged, read-only, of a newer schema, no state DB or a folder.
        """
        db = cls(open_file(path, clock, cache))
        db.connection.program = program
        return db

    @classmethod
    def open_unkept(cls, path: Path, clock: Clock, cache: ConnectionCache | None, program: str) -> StateDB:
        """Open the DB as `open` does, but make one that is not there yet in memory only, until `keep`."""
        db = cls(open_unkept(path, clock, cache))
        db.connection.program = program
        return db

    @classmethod
    def open_copy(cls, path: Path, clock: Clock) -> StateDB:
        """Open an in-memory copy for `--dry-run`; an empty one when there is no file. Changes no byte of it."""
        return cls(open_copy(path, clock))

    @classmethod
    def open_reading(cls, path: Path, clock: Clock) -> StateDB:
        """Open the DB only to read it, as of this one moment, beside any run; an empty one when there is no file.

        Reads no page that is not asked for, so it takes as long with five years in it. What has to be brought up to
        date first, or lies in a folder that cannot be written, is opened as by `open_copy`.
        """
        return cls(open_reading(path, clock))

    @classmethod
    def in_memory(cls, clock: Clock) -> StateDB:
        """Open an empty in-memory DB (tests)."""
        return cls(open_in_memory(clock))

    @property
    def is_kept(self) -> bool:
        """Return whether it has its file; False for a new one before `keep`."""
        return self.connection.is_kept

    def keep(self) -> None:
        """Put a new DB in its place, see `Connection.keep`."""
        self.connection.keep()

    def transaction(self) -> AbstractContextManager[None]:
        """Join many facts into one commit (`BEGIN IMMEDIATE`); nests: only the outermost commits."""
        return self.connection.transaction()

    def check_every_row(self, path: Path) -> None:
        """Judge every row; an opening judges live ones only. Raises StateDBError (13), which names the path."""
        self.connection.check_every_row(path)

    def close(self) -> None:
        """Close the file; idempotent."""
        self.connection.close()

    def __enter__(self) -> StateDB:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()
