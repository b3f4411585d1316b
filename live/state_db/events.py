"""`events`: what happened, appended in the transaction of the change it records; never changed (trigger)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from live.state_db.columns import Columns
from live.state_db.connection import Connection
from live.state_db.records import EventRow

_COLUMNS = Columns("events", EventRow)


class Events:
    """The append-only log of every change."""

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
            return self._c.insert(
                "events",
                {
                    "ts": self._c.stamp(),
                    "run_id": self._c.run_id,
                    "corr_id": corr_id,
                    "causation_id": causation_id,
                    "kind": kind,
                    "type": type_,
                    "payload": dict(payload or {}),
                },
            )

    def newest(self, *, kind: str | None = None, corr_id: str | None = None, limit: int = 100) -> tuple[EventRow, ...]:
        """Return the newest events first."""
        where = [name for name, value in (("kind = ?", kind), ("corr_id = ?", corr_id)) if value is not None]
        params: list[Any] = [value for value in (kind, corr_id) if value is not None]
        condition = f"WHERE {' AND '.join(where)} " if where else ""
        rows = self._c.all(f"{_COLUMNS.select} {condition}ORDER BY seq DESC LIMIT ?", [*params, limit])
        return _COLUMNS.read_all(rows)
