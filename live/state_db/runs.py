"""`run_log`: every run and how it ended."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from live.state_db.connection import Connection
from live.state_db.events import Events
from live.state_db.records import RunRow


class Runs:
    """The programs' own log of ends."""

    def __init__(self, connection: Connection, events: Events) -> None:
        self._c = connection
        self._events = events

    def start(self, program: str, *, phase: str | None = None, trade_date: date | None = None) -> str:
        """Write a run's row and return its run_id, unique in this DB; events and orders from now on carry it."""
        with self._c.transaction():
            last = self._c.one("SELECT max(id) AS id FROM run_log")
            number = ((last["id"] if last else None) or 0) + 1
            run_id = f"{self._c.now():%Y%m%dT%H%M%SZ}-{program}-{number}"
            self._c.write(
                "INSERT INTO run_log (id, run_id, program, phase, trade_date, started_at) VALUES (?,?,?,?,?,?)",
                (number, run_id, program, phase, _day_text(trade_date), self._c.stamp()),
            )
        self._c.run_id = run_id
        return run_id

    def finish(self, run_id: str, exit_code: int, last_line: str, summary: Mapping[str, Any] | None = None) -> None:
        """Write how the run ended, with an event."""
        with self._c.transaction():
            self._c.write(
                "UPDATE run_log SET finished_at = ?, exit_code = ?, last_line = ?, summary = ? WHERE run_id = ?",
                (self._c.stamp(), exit_code, last_line, json.dumps(summary or {}, default=str), run_id),
            )
            self._events.append("run", "ended", {"exit_code": exit_code, "last_line": last_line}, corr_id=run_id)

    def set_trade_date(self, run_id: str, trade_date: date) -> None:
        """Write the trade date once it is known."""
        with self._c.transaction():
            self._c.write("UPDATE run_log SET trade_date = ? WHERE run_id = ?", (trade_date.isoformat(), run_id))

    def last(self, count: int = 1, *, program: str | None = None) -> tuple[RunRow, ...]:
        """Return the newest runs first."""
        if program is None:
            rows = self._c.all("SELECT * FROM run_log ORDER BY id DESC LIMIT ?", (count,))
        else:
            rows = self._c.all("SELECT * FROM run_log WHERE program = ? ORDER BY id DESC LIMIT ?", (program, count))
        return tuple(_run(row) for row in rows)


def _day_text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _run(row: sqlite3.Row) -> RunRow:
    return RunRow(
        run_id=row["run_id"],
        program=row["program"],
        phase=row["phase"],
        trade_date=None if row["trade_date"] is None else date.fromisoformat(row["trade_date"]),
        started_at=datetime.fromisoformat(row["started_at"]),
        finished_at=None if row["finished_at"] is None else datetime.fromisoformat(row["finished_at"]),
        exit_code=row["exit_code"],
        last_line=row["last_line"],
        summary=json.loads(row["summary"]),
    )
