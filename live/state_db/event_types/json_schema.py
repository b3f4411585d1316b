"""The contract of `events` as a JSON Schema, for readers in any language."""

from __future__ import annotations

import inspect
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from live.state_db.event_types.registry import EVENT_TYPES, Payload, version_of

_PLAIN: dict[Any, dict[str, object]] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    str: {"type": "string"},
    date: {"type": "string", "format": "date"},
    datetime: {"type": "string", "format": "date-time"},
    Decimal: {"type": "string", "description": "a decimal number"},
}
_TEXT_OR_NONE = {"type": ["string", "null"]}
_ROW: dict[str, dict[str, object]] = {
    "seq": {"type": "integer", "minimum": 1},
    "ts": {"type": "string", "format": "date-time", "description": "UTC"},
    "run_id": {**_TEXT_OR_NONE, "description": "the run that wrote it"},
    "corr_id": {**_TEXT_OR_NONE, "description": "what it is about: a client_order_id, position:7, signals:…, a run_id"},
    "causation_id": {"type": ["integer", "null"], "description": "the seq of the event that caused it"},
    "kind": {"type": "string"},
    "type": {"type": "string"},
    "version": {"type": "integer", "minimum": 0, "description": "of the payload; 0: before there was a contract"},
    "producer": {"type": "string", "description": "program and its version"},
    "payload": {"type": "object"},
}


def json_schema() -> dict[str, object]:
    """Return the schema of one row of `events`, its payload as an object."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A row of the state DB's table `events`",
        "description": "Written by `python -m live.state_db.event_types` from the payload classes; not edited by hand.",
        "type": "object",
        "properties": _ROW,
        "required": list(_ROW),
        "additionalProperties": False,
        "oneOf": [{"properties": {"version": {"const": 0}}}, *(_row_of(name) for name in EVENT_TYPES)],
        "$defs": {name: _object(cls) for name, cls in EVENT_TYPES.items()},
    }


def _row_of(name: str) -> dict[str, object]:
    kind, _, type_ = name.partition(".")
    return {
        "properties": {
            "kind": {"const": kind},
            "type": {"const": type_},
            "version": {"const": version_of(name)},
            "payload": {"$ref": f"#/$defs/{name}"},
        }
    }


def _object(cls: type[Payload]) -> dict[str, object]:
    hints = get_type_hints(cls, include_extras=True)
    return {
        "description": inspect.cleandoc(cls.__doc__ or ""),
        "type": "object",
        "properties": {name: _value(hint) for name, hint in hints.items()},
        "required": list(hints),
        "additionalProperties": False,
    }


def _value(hint: Any) -> dict[str, object]:
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return {"anyOf": [_value(one) if one is not type(None) else {"type": "null"} for one in args]}
    if origin is Annotated:
        return {**_value(args[0]), "description": args[1]}
    if origin is tuple:
        return {"type": "array", "items": _value(args[0])}
    if issubclass(hint, Enum):
        return {"enum": [member.value for member in hint]}
    return _PLAIN[hint]
