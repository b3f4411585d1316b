"""`events`: what happened, appended in the transaction of the change it records; never changed (trigger)."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from backtest.money import format_price
from backtest.version import __version__
from live.state_db.columns import Columns
from live.state_db.connection import Connection
from live.state_db.event_types.registry import Payload, payload_text, registered, units_of
from live.state_db.records import EventRow

logger = logging.getLogger(__name__)
_COLUMNS = Columns("events", EventRow)
_LOGGED_CONFIG = frozenset(
    {"kill_switch_on", "kill_switch_off", "entries_off", "entries_on", "equity_peak_reset", "ticker_ignored"}
)


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events are wanted; None asks nothing. type: within its kind (`sent`). ticker: that the payload names."""

    kind: str | None = None
    type: str | None = None
    ticker: str | None = None

    def conditions(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield each condition with its parameters."""
        if self.kind is not None:
            yield "kind = ?", (self.kind,)
        if self.type is not None:
            yield "type = ?", (self.type,)
        if self.ticker is not None:
            yield "? IN (payload ->> 'ticker', payload ->> 'previous_ticker')", (self.ticker,)


class Events:
    """The append-only log of every change."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection
        self._cause: int | None = None

    def append(self, payload: Payload, *, corr_id: str | None = None, causation_id: int | None = None) -> int:
        """Append one event and return its seq.

        payload: of a registered class, which also says the event's type; ValueError for any other. corr_id: what it
        is about (a client_order_id, `position:7`). causation_id: the seq of the event that caused it; None takes
        the one of `caused_by`.
        """
        form = registered(type(payload))
        stored = payload_text(form.names, payload)
        if logger.isEnabledFor(logging.INFO) and is_logged(form.kind, form.type):
            _log_event(form.kind, form.type, corr_id, json.loads(stored), units_of(type(payload)))
        with self._c.transaction():
            return self._c.insert(
                "events",
                {
                    "ts": self._c.stamp(),
                    "run_id": self._c.run_id,
                    "corr_id": corr_id,
                    "causation_id": self._cause if causation_id is None else causation_id,
                    "kind": form.kind,
                    "type": form.type,
                    "payload": stored,
                    "version": form.version,
                    "producer": f"{self._c.program} {__version__}",
                },
            )

    @contextmanager
    def caused_by(self, seq: int | None) -> Iterator[None]:
        """Let an event be the cause of everything that is appended inside."""
        before, self._cause = self._cause, seq
        try:
            yield
        finally:
            self._cause = before

    def cause_or_last(self, corr_id: str) -> int | None:
        """Return the event of `caused_by`, outside of it the last one about the same thing."""
        return self.last_about(corr_id) if self._cause is None else self._cause

    def last_about(self, corr_id: str) -> int | None:
        """Return the seq of the last event about something."""
        found = self._c.one("SELECT max(seq) AS seq FROM events WHERE corr_id = ?", (corr_id,))
        return None if found is None else found["seq"]

    def about(self, *corr_ids: str) -> tuple[EventRow, ...]:
        """Return every event about something, or about one of several things, in their order."""
        ids = json.dumps(sorted(corr_ids))
        condition = "WHERE corr_id IN (SELECT value FROM json_each(?)) ORDER BY seq"
        return _COLUMNS.read_all(self._c.all(f"{_COLUMNS.select} {condition}", (ids,)))

    def newest(self, *, kind: str | None = None, corr_id: str | None = None, limit: int = 100) -> tuple[EventRow, ...]:
        """Return the newest events first."""
        where = [name for name, value in (("kind = ?", kind), ("corr_id = ?", corr_id)) if value is not None]
        params: list[Any] = [value for value in (kind, corr_id) if value is not None]
        condition = f"WHERE {' AND '.join(where)} " if where else ""
        rows = self._c.all(f"{_COLUMNS.select} {condition}ORDER BY seq DESC LIMIT ?", [*params, limit])
        return _COLUMNS.read_all(rows)

    def since(self, seq: int) -> tuple[EventRow, ...]:
        """Return every event after one, in their order; from 0 on all of them."""
        return _COLUMNS.read_all(self._c.all(f"{_COLUMNS.select} WHERE seq > ? ORDER BY seq", (seq,)))

    def page(self, wanted: EventFilter, seq: int, limit: int) -> tuple[EventRow, ...]:
        """Return the first events after one that fit, in their order."""
        given = tuple(wanted.conditions())
        where = " AND ".join(("seq > ?", *(text for text, _ in given)))
        params = [seq, *(value for _, values in given for value in values), limit]
        return _COLUMNS.read_all(self._c.all(f"{_COLUMNS.select} WHERE {where} ORDER BY seq LIMIT ?", params))

    def last_seq(self) -> int:
        """Return the seq of the newest event, 0 where there is none."""
        found = self._c.one("SELECT max(seq) AS seq FROM events")
        return 0 if found is None or found["seq"] is None else int(found["seq"])

    def of_run(self, run_id: str) -> tuple[EventRow, ...]:
        """Return every event that a run wrote, in their order."""
        return _COLUMNS.read_all(self._c.all(f"{_COLUMNS.select} WHERE run_id = ? ORDER BY seq", (run_id,)))


def is_logged(kind: str, type_: str) -> bool:
    """Return whether an event is a line of the log: all of orders and positions, and what is changed by hand."""
    return kind in ("order", "position") or (kind == "config" and type_ in _LOGGED_CONFIG)


def _log_event(kind: str, type_: str, corr_id: str | None, payload: Mapping[str, Any], units: Collection[str]) -> None:
    """Log what happened: in words what is known of it, and the payload as it is stored. units: names of its amounts."""
    known = ((name, value) for name, value in payload.items() if value is not None and value != "")
    details = [f"{name} {format_price(value) if name in units else value}" for name, value in known]
    what = [f"{kind} {type_}", *([] if corr_id is None else [corr_id])]
    fields = {"event": f"{kind}_{type_}", "about": corr_id, "payload": payload}
    logger.info("%s", ", ".join([": ".join(what), *details]), extra={"fields": fields})
