"""Events for people: a table with what each one says in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, get_args, get_type_hints

from backtest.money import format_price
from backtest.tables import Column
from live.clock import NEW_YORK, new_york_second
from live.run.program import Run
from live.state_db.event_types.registry import EVENT_TYPES
from live.state_db.event_types.units import Units
from live.state_db.records import EventRow

OF_ORDER = (Column("seq"), Column("time (New York)"), Column("event"), Column("payload", 2), Column("run", 1))
OF_RUN = (Column("seq"), Column("time"), Column("event"), Column("about"), Column("payload", 1))


def print_events(run: Run, columns: Sequence[Column], rows: Sequence[EventRow]) -> None:
    """Print events under their heading. columns: of `OF_ORDER` or `OF_RUN`."""
    run.console.say(f"events: {len(rows) or 'none'}", "bold")
    if rows:
        run.console.table(columns, [[_cells(row)[column.name] for column in columns] for row in rows])


def _cells(row: EventRow) -> dict[str, str]:
    return {
        "seq": str(row.seq),
        "time (New York)": new_york_second(row.ts),
        "time": f"{row.ts.astimezone(NEW_YORK):%H:%M:%S}",
        "event": row.name,
        "about": row.corr_id or "",
        "payload": payload_text(row.name, row.payload),
        "run": row.run_id or "",
    }


def payload_text(name: str, payload: Mapping[str, Any]) -> str:
    """Return what a payload says: its values with their names; not what is none, nor the broker's word for the same."""
    prices = _prices(name)
    left_out = {"broker_status"} if payload.get("broker_status") == payload.get("status") else set()
    return ", ".join(
        f"{key.replace('_', ' ')} {_value(value, is_price=key in prices)}"
        for key, value in payload.items()
        if value is not None and value != [] and key not in left_out
    )


def _value(value: object, *, is_price: bool) -> str:
    if is_price and isinstance(value, int):
        return format_price(value)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


@cache
def _prices(name: str) -> frozenset[str]:
    """Return the fields of a type that hold 1/10,000 USD."""
    cls = EVENT_TYPES.get(name)
    hints = {} if cls is None else get_type_hints(cls, include_extras=True)
    return frozenset(key for key, hint in hints.items() if Units in (hint, *get_args(hint)))
