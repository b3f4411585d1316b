"""The contract of `events`: every type that can be written, and the class of its payload.

An event is about one thing (`corr_id`) and names the event that caused it (`causation_id`): signal.issued →
plan.accepted → order.planned → order.sent → order.fill → position.opened, position.closed.
A type is `kind.type`. A class that changes gets the next number in `VERSIONS`; rows of version 0 were written
before there was a contract. `python -m live.state_db.event_types` writes docs/events.schema.json from this.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from types import MappingProxyType, UnionType
from typing import Any, NamedTuple, TypeAlias, Union, get_args, get_origin, get_type_hints

from live.clock import iso_utc
from live.state_db.event_types import config, orders, positions, runs, shadow

Payload: TypeAlias = tuple[Any, ...]
"""A named tuple of one of the classes below; forty frozen dataclasses would cost every start 20 ms."""

EVENT_TYPES: Mapping[str, type[Payload]] = MappingProxyType(
    {
        "signal.issued": runs.SignalIssued,
        "plan.accepted": runs.PlanAccepted,
        "run.started": runs.RunStarted,
        "run.finished": runs.RunFinished,
        "run.abandoned": runs.RunAbandoned,
        "order.planned": orders.OrderPlanned,
        "order.vetoed": orders.EntryVetoed,
        "order.quantity_set": orders.OrderQuantitySet,
        "order.sent": orders.OrderSent,
        "order.not_sent": orders.OrderNotSent,
        "order.refused": orders.OrderRefused,
        "order.abandoned": orders.OrderAbandoned,
        "order.revived": orders.OrderRevived,
        "order.entry_ended": orders.EntryEnded,
        "order.adopted": orders.OrderAdopted,
        "order.updated": orders.OrderUpdated,
        "order.fill": orders.OrderFill,
        "order.fill_corrected": orders.FillCorrected,
        "position.opened": positions.PositionOpened,
        "position.increased": positions.PositionIncreased,
        "position.entry_price_corrected": positions.EntryPriceCorrected,
        "position.reduced": positions.PositionReduced,
        "position.closed": positions.PositionClosed,
        "position.exit_price_corrected": positions.ExitPriceCorrected,
        "position.exit_decided": positions.ExitDecided,
        "position.stop_changed": positions.StopChanged,
        "position.stop_breached": positions.StopBreached,
        "position.split": positions.PositionSplit,
        "position.renamed": positions.PositionRenamed,
        "position.closed_without_fill": positions.ClosedWithoutFill,
        "position.repaired": positions.PositionRepaired,
        "position.shares_set": positions.SharesSet,
        "shadow.decided": shadow.ShadowDecided,
        "shadow.opened": shadow.ShadowOpened,
        "shadow.skipped": shadow.ShadowSkipped,
        "shadow.exit_decided": shadow.ShadowExitDecided,
        "shadow.split": shadow.ShadowSplit,
        "shadow.closed": shadow.ShadowClosed,
        "config.kill_switch_on": config.KillSwitchOn,
        "config.kill_switch_off": config.KillSwitchOff,
        "config.entries_off": config.EntriesOff,
        "config.entries_on": config.EntriesOn,
        "config.account_bound": config.AccountBound,
        "config.equity_peak_reset": config.EquityPeakReset,
        "config.flag_set": config.FlagSet,
        "config.ticker_ignored": config.TickerIgnored,
        "config.state_db_restored": config.StateDBRestored,
        "config.state_db_rebuilt": config.StateDBRebuilt,
        "sync.difference_explained": config.DifferenceExplained,
        "sync.orders_recovered": config.OrdersRecovered,
    }
)
VERSIONS: Mapping[str, int] = MappingProxyType({"config.equity_peak_reset": 2})
"""Types whose class is no longer the first one → its version; the others have version 1."""


class Registered(NamedTuple):
    """What an event's row holds of its class beside the payload."""

    kind: str
    type: str
    version: int
    names: tuple[str, ...]


@cache
def registered(cls: type[Payload]) -> Registered:
    """Return how events of a class are written. Raises ValueError for a class that is not in `EVENT_TYPES`."""
    name = next((name for name, known in EVENT_TYPES.items() if known is cls), None)
    if name is None:
        raise ValueError(f"{cls.__name__} is no registered event type")
    kind, _, type_ = name.partition(".")
    return Registered(kind, type_, version_of(name), cls._fields)  # type: ignore[attr-defined]  # a named tuple


def version_of(name: str) -> int:
    """Return the version of a type that is written now."""
    return VERSIONS.get(name, 1)


@cache
def units_of(cls: type[Payload]) -> frozenset[str]:
    """Return the names of a payload that are in 1/10,000 USD."""
    return frozenset(name for name, hint in cls.__annotations__.items() if "Units" in str(hint))


def payload_text(names: tuple[str, ...], payload: Payload) -> str:
    """Return a payload as it is stored."""
    return json.dumps(dict(zip(names, payload, strict=True)), default=_text)


def read_payload(name: str, version: int, stored: Mapping[str, Any]) -> Payload | None:
    """Return a stored payload as its class; None for a type or a version that this program does not write."""
    cls = EVENT_TYPES.get(name)
    if cls is None or version != version_of(name):
        return None
    readers = _readers(cls)
    return cls(**{key: None if value is None else readers[key](value) for key, value in stored.items()})


def _text(value: object) -> str:
    return iso_utc(value) if isinstance(value, datetime) else str(value)


@cache
def _readers(cls: type[Payload]) -> Mapping[str, Callable[[Any], Any]]:
    return {name: _reader(hint) for name, hint in get_type_hints(cls).items()}


def _reader(hint: Any) -> Callable[[Any], Any]:
    """Return what makes a value of its JSON. hint: a plain type, an enum, a tuple of texts, or one of them or None."""
    if get_origin(hint) in (Union, UnionType):
        hint = next(one for one in get_args(hint) if one is not type(None))
    reader: Callable[[Any], Any] = get_origin(hint) or hint  # tuple, else the type itself
    if hint in (date, datetime):
        reader = hint.fromisoformat
    return reader
