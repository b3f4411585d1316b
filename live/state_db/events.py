"""`events`: what happened, appended in the transaction of the change it tells of; never changed (trigger)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from live.state_db.connection import Connection
from live.state_db.rows import EventRow


class Events:
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
        """Append one event and return its seq. kind: `order`, `position`, `shadow`, `plan`, `signal`, `config`, `run`,
        `sync`. corr_id: what it is about (a client_order_id, `position:7`). causation_id: the seq of its cause."""
        raise NotImplementedError

    def list(self, *, kind: str | None = None, corr_id: str | None = None, limit: int = 100) -> tuple[EventRow, ...]:
        """Return the newest events first."""
        raise NotImplementedError
