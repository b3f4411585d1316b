"""Every event of the golden replays keeps the contract, and every trade leads back to the signal that decided it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from live.clock import SystemClock
from live.inspect.events_json import event_json
from live.state_db.db import StateDB
from live.state_db.event_types.__main__ import SCHEMA_FILE
from live.state_db.event_types.registry import payload_text, read_payload, registered
from live.state_db.records import EventRow
from tests.parity.replayed import Replayed
from tests.parity.scenarios import SCENARIOS
from tests.proofs.events import Book, differences

NAMES = [one.name for one in SCENARIOS]

CAUSED_BY: Mapping[str, frozenset[str]] = {
    "plan.accepted": frozenset({"signal.issued"}),
    "run.finished": frozenset({"run.started"}),
    "order.sent": frozenset({"order.planned", "order.quantity_set", "order.not_sent"}),
    "order.adopted": frozenset({"order.sent", "order.updated", "order.fill", "order.adopted"}),
    "position.opened": frozenset({"order.fill"}),
    "position.increased": frozenset({"order.fill"}),
    "position.reduced": frozenset({"order.fill"}),
    "position.closed": frozenset({"order.fill", "sync.difference_explained"}),
    "position.exit_decided": frozenset({"plan.accepted", "position.stop_breached"}),
    "position.split": frozenset({"sync.difference_explained"}),
}
"""Type → what may directly cause it."""
ROOTS = frozenset(
    {"signal.issued", "run.started", "config.account_bound", "config.flag_set", "sync.difference_explained"}
)
"""What nothing in the state DB causes; the shadow's events neither."""


@cache
def schema() -> dict[str, Any]:
    return dict(json.loads(SCHEMA_FILE.read_text(encoding="utf-8")))


@cache
def validator_of(name: str) -> Draft202012Validator:
    """Return the whole row's schema with the one payload, for the thousands of rows."""
    (form,) = (one for one in schema()["oneOf"] if one["properties"].get("payload") == {"$ref": f"#/$defs/{name}"})
    return Draft202012Validator({**schema(), "oneOf": [form]})


def chain(event: EventRow, by_seq: Mapping[int, EventRow]) -> Iterator[EventRow]:
    yield event
    while event.causation_id is not None:
        event = by_seq[event.causation_id]
        yield event


@pytest.mark.parametrize("name", NAMES)
def test_every_row_is_of_the_published_schema(replays: Mapping[str, Replayed], name: str) -> None:
    events = replays[name].events
    assert len(events) > 1_000
    for event in events:
        validator_of(event.name).validate(event_json(event))
    for event in {event.name: event for event in events}.values():
        Draft202012Validator(schema()).validate(event_json(event))


@pytest.mark.parametrize("name", NAMES)
def test_every_payload_is_read_as_what_was_written(replays: Mapping[str, Replayed], name: str) -> None:
    for event in replays[name].events:
        payload = read_payload(event.name, event.version, event.payload)
        assert payload is not None
        assert json.loads(payload_text(registered(type(payload)).names, payload)) == event.payload


@pytest.mark.parametrize("name", NAMES)
def test_every_cause_is_an_earlier_event_of_the_right_type(replays: Mapping[str, Replayed], name: str) -> None:
    by_seq = {event.seq: event for event in replays[name].events}
    wrong = []
    for event in by_seq.values():
        cause = None if event.causation_id is None else by_seq[event.causation_id]
        allowed = CAUSED_BY.get(event.name)
        if cause is None:
            fits = event.name in ROOTS or event.kind == "shadow"
        else:
            fits = cause.seq < event.seq and (allowed is None or cause.name in allowed)
        if not fits:
            wrong.append((event.seq, event.name, cause and cause.name))
    assert wrong == []


@pytest.mark.parametrize("name", NAMES)
def test_every_trade_leads_back_to_the_signal_that_decided_it(replays: Mapping[str, Replayed], name: str) -> None:
    by_seq = {event.seq: event for event in replays[name].events}
    trades = [event for event in by_seq.values() if event.name in ("position.opened", "position.closed")]
    assert len(trades) > 50
    for trade in trades:
        names = [event.name for event in chain(trade, by_seq)]
        if trade.name == "position.closed" and names[-1] == "sync.difference_explained":
            continue  # a delisting paid out: no order of ours
        assert names[1] == "order.fill"
        assert names[-3:] == ["order.planned", "plan.accepted", "signal.issued"]
        assert "order.sent" in names


@pytest.mark.parametrize("name", NAMES)
def test_the_tables_are_what_the_events_make(replays: Mapping[str, Replayed], name: str) -> None:
    with StateDB.open_reading(replays[name].state.workspace.state_db, SystemClock()) as db:
        book = Book()
        assert differences(db, book) == []
        assert len(book.orders) > 100
