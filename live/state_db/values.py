"""Values as columns hold them: dates and moments are ISO text, `Decimal` is text, an enum its value, the rest JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, fields
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from backtest.model import ExitReason, Grade, GradeSource
from live.clock import iso_utc
from live.orders import Intent, OrderStatus
from live.state_db.rows import EntryDetails, PositionStatus, ShadowStatus, Via

Reader = Callable[[Any], Any]


def readers_of(row_type: type[Any]) -> dict[str, Reader]:
    """Return field → reader of its column, for those of a dataclass that are not taken as they are.

    Raises KeyError for a field whose type has no reader yet.
    """
    readers = {field.name: _READERS[str(field.type).removesuffix(" | None")] for field in fields(row_type)}
    return {name: reader for name, reader in readers.items() if reader is not None}


def as_stored(values: Iterable[object]) -> list[object]:
    """Return values as their columns hold them."""
    return [value if type(value) in _PLAIN else _written(value) for value in values]


def _written(value: object) -> object:
    writer = _WRITERS.get(type(value))
    if writer is not None:
        return writer(value)
    return value.value if isinstance(value, Enum) else value


def _entry_details(text: str) -> EntryDetails:
    found = json.loads(text)
    for name, reader in _ENTRY_READERS.items():
        if found.get(name) is not None:
            found[name] = reader(found[name])
    return EntryDetails(**found)


def read_moment(text: str) -> datetime:
    """Return a moment with its zone. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("no time zone")
    return moment


def _finite(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError("not finite")
    return number


def _finite_float(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError("not finite")
    return number


def _mapping(text: str) -> dict[str, Any]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found


def _mappings(text: str) -> dict[str, dict[str, Any]]:
    found = _mapping(text)
    if not all(isinstance(one, dict) for one in found.values()):
        raise ValueError("no object of objects")
    return found


def _json(value: Mapping[str, object]) -> str:
    return json.dumps(value, default=str)


_ENUMS = (ExitReason, Grade, GradeSource, Intent, OrderStatus, PositionStatus, ShadowStatus, Via)
_READERS: dict[str, Reader | None] = {
    **dict.fromkeys(("int", "str", "Price")),
    **{enum.__name__: {member.value: member for member in enum}.__getitem__ for enum in _ENUMS},
    "date": date.fromisoformat,
    "datetime": read_moment,
    "Decimal": _finite,
    "float": _finite_float,
    "EntryDetails": _entry_details,
    "Mapping[str, Any]": _mapping,
    "Mapping[str, Mapping[str, Any]]": _mappings,
}
"""A field's type, as its class spells it → what makes it of the column's value; None: it is the column's value."""
_WRITERS: dict[type, Callable[[Any], object]] = {
    date: date.isoformat,
    datetime: iso_utc,
    Decimal: str,
    EntryDetails: lambda details: _json(asdict(details)),
    dict: _json,
}
_PLAIN = frozenset({str, int, float, type(None)})
_ENTRY_READERS = readers_of(EntryDetails)
