"""`run_log`: every run and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from live.state_db.columns import Columns
from live.state_db.connection import Connection
from live.state_db.events import Events
from live.state_db.records import RunRow

_COLUMNS = Columns("run_log", RunRow)


class Runs:
    """The programs' own log of ends."""

    def __init__(self, connection: Connection, events: Events) -> None:
        self._c = connection
        self._events = events

    def start(self, program: str, *, phase: str | None = None) -> str:
        """Write a run's row and return its run_id, unique in this DB; events and orders from now on carry it."""
        with self._c.transaction():
            last = self._c.one("SELECT max(id) AS id FROM run_log")
            number = ((last["id"] if last else None) or 0) + 1
            run_id = f"{self._c.now():%Y%m%dT%H%M%SZ}-{program}-{number}"
            self._c.insert(
                "run_log",
                {
                    "id": number,
                    "run_id": run_id,
                    "program": program,
                    "phase": phase,
                    "started_at": self._c.stamp(),
                },
            )
        self._c.run_id = run_id
        return run_id

    def finish(self, run_id: str, exit_code: int, last_line: str, summary: Mapping[str, Any] | None = None) -> None:
        """Write how the run ended, with an event."""
        with self._c.transaction():
            end = {"exit_code": exit_code, "last_line": last_line}
            written = end | {"finished_at": self._c.stamp(), "summary": dict(summary or {})}
            self._c.update("run_log", written, "run_id = ?", run_id)
            self._events.append("run", "ended", end, corr_id=run_id)

    def set_trade_date(self, run_id: str, trade_date: date) -> None:
        """Write the trade date once it is known."""
        with self._c.transaction():
            self._c.update("run_log", {"trade_date": trade_date}, "run_id = ?", run_id)

    def last(self, count: int = 1) -> tuple[RunRow, ...]:
        """Return the newest runs first."""
        return _COLUMNS.read_all(self._c.all(f"{_COLUMNS.select} ORDER BY id DESC LIMIT ?", (count,)))
