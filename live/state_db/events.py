"""`events`: what happened, appended in the transaction of the change it tells of; never changed (trigger)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from live.state_db.connection import Connection
from live.state_db.records import EventRow


class Events:
    """The append-only story of the DB."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def append(
        self,
        kind: str,
        type_: str,
        payload: Mapping[str, Any] | None = None,
        *,
        corr_id: str | None = None,
        causation_id: int | None = None,
    ) -> int:
        """Append one event and return its seq.

        kind: `order`, `position`, `shadow`, `plan`, `signal`, `config`, `run` or `sync`. corr_id: what it
        is about (a client_order_id, `position:7`). causation_id: the seq of the event that caused it.
        """
        with self._c.transaction():
            cursor = self._c.write(
                "INSERT INTO events (ts, run_id, corr_id, causation_id, kind, type, payload) VALUES (?,?,?,?,?,?,?)",
                (
                    self._c.stamp(),
                    self._c.run_id,
                    corr_id,
                    causation_id,
                    kind,
                    type_,
                    json.dumps(payload or {}, default=str, ensure_ascii=True),
                ),
            )
        return int(cursor.lastrowid or 0)

    def newest(self, *, kind: str | None = None, corr_id: str | None = None, limit: int = 100) -> tuple[EventRow, ...]:
        """Return the newest events first."""
        where = [name for name, value in (("kind = ?", kind), ("corr_id = ?", corr_id)) if value is not None]
        params: list[Any] = [value for value in (kind, corr_id) if value is not None]
        condition = f"WHERE {' AND '.join(where)} " if where else ""
        rows = self._c.all(f"SELECT * FROM events {condition}ORDER BY seq DESC LIMIT ?", [*params, limit])
        return tuple(_event(row) for row in rows)


def _event(row: sqlite3.Row) -> EventRow:
    return EventRow(
        seq=row["seq"],
        ts=datetime.fromisoformat(row["ts"]),
        run_id=row["run_id"],
        corr_id=row["corr_id"],
        causation_id=row["causation_id"],
        kind=row["kind"],
        type=row["type"],
        payload=json.loads(row["payload"]),
    )
