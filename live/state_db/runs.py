"""`run_log`: every run and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from live.state_db.connection import Connection
from live.state_db.events import Events
from live.state_db.rows import RunRow


class Runs:
    def __init__(self, connection: Connection, events: Events) -> None:
        self._c = connection
        self._events = events

    def start(self, program: str, *, phase: str | None = None, trade_date: date | None = None) -> str:
        """Write a run's row and return its run_id, unique in this DB; later events and orders carry it."""
        raise NotImplementedError

    def finish(self, run_id: str, exit_code: int, last_line: str, summary: Mapping[str, Any] | None = None) -> None:
        """Write how the run ended, with an event."""
        raise NotImplementedError

    def set_trade_date(self, run_id: str, trade_date: date) -> None:
        raise NotImplementedError

    def last(self, count: int = 1, *, program: str | None = None) -> tuple[RunRow, ...]:
        """Return the newest runs first."""
        raise NotImplementedError
