"""The contract of `events`: what may be written, what a row says, and which event caused which."""

from __future__ import annotations

import json
from typing import NamedTuple

import pytest

from backtest.model import ExitReason
from backtest.version import __version__
from live.orders import Intent, order_id
from live.state_db.db import StateDB
from live.state_db.event_types.__main__ import SCHEMA_FILE, schema_text
from live.state_db.event_types.config import FlagSet
from live.state_db.event_types.orders import OrderFill, OrderSent
from live.state_db.event_types.positions import PositionClosed
from live.state_db.event_types.registry import EVENT_TYPES, read_payload
from live.state_db.records import EventRow, SignalFileRow
from tests.live.state_db.builders import AS_OF, D, a_db, bought, entry, exit_of, filled, hold, leg_row, order, oto

ID = order_id(D, "NVDA", Intent.ENTRY)


def issue(db: StateDB) -> SignalFileRow:
    return db.signal_files.issue(
        strategy="ema_p10",
        trade_date=D,
        path="signals/a.json",
        text="{}",
        content_sha256="c" * 64,
        file_sha256="f" * 64,
        run_id="r",
    )


def accept(db: StateDB, *tickers: str) -> None:
    intents = [entry(ticker) for ticker in tickers]
    db.plans.accept(issue(db), as_of=AS_OF, pending_exits={}, intents=intents)


def newest(db: StateDB, name: str) -> EventRow:
    return next(event for event in db.events.newest() if event.name == name)


def causes(db: StateDB, event: EventRow) -> list[str]:
    """Return the names of the events that led to one, its own first."""
    by_seq = {one.seq: one for one in db.events.since(0)}
    names = [event.name]
    while event.causation_id is not None:
        event = by_seq[event.causation_id]
        names.append(event.name)
    return names


class NotRegistered(NamedTuple):
    ticker: str


@pytest.mark.parametrize("payload", [NotRegistered("NVDA"), ("NVDA",)])
def test_an_event_of_an_unregistered_type_cannot_be_written(payload: tuple[str, ...]) -> None:
    db = a_db()
    with pytest.raises(ValueError, match="no registered event type"):
        db.events.append(payload)
    assert db.events.newest() == ()


def test_a_row_says_who_wrote_it_and_in_which_version() -> None:
    db = a_db()
    db.events.append(FlagSet("a", "b", "test"))
    (row,) = db.events.newest()
    assert (row.name, row.version, row.producer) == ("config.flag_set", 1, f"state_db {__version__}")


def test_a_stored_payload_is_read_as_what_was_written() -> None:
    db = a_db()
    position = hold(db)
    db.orders.book(filled(order(leg_row(db, position).alpaca_order_id or "", "leg-of-NVDA", side="sell"), "126.00"))
    by_name = {row.name: read_payload(row.name, row.version, row.payload) for row in db.events.since(0)}
    assert by_name["order.sent"] == OrderSent("NVDA", Intent.ENTRY, 71)
    closed = by_name["position.closed"]
    assert isinstance(closed, PositionClosed)
    assert (closed.reason, closed.exit_date, closed.exit_price) == (ExitReason.STOP_LOSS, D, 1_260_000)
    assert isinstance(by_name["order.fill"], OrderFill)


@pytest.mark.parametrize(("name", "version"), [("order.sent", 0), ("order.sent", 99), ("order.ended", 1)])
def test_what_another_version_wrote_is_not_read_as_todays(name: str, version: int) -> None:
    assert read_payload(name, version, {"sent_at": "then"}) is None


def test_a_position_knows_the_signal_that_opened_it() -> None:
    db = a_db()
    accept(db, "MSFT", "NVDA")
    db.orders.mark_sent([ID])
    db.orders.book(oto())
    db.orders.book(bought(oto(), "140.20"))
    assert causes(db, newest(db, "position.opened")) == [
        "position.opened", "order.fill", "order.updated", "order.sent", "order.planned", "plan.accepted",
        "signal.issued",
    ]  # fmt: skip


def test_a_stopped_out_position_knows_the_leg_and_the_signal() -> None:
    db = a_db()
    accept(db, "NVDA")
    db.orders.mark_sent([ID])
    db.orders.book(bought(oto(), "140.20"))
    db.orders.book(filled(order("NVDA-leg", "leg-of-NVDA", side="sell", type_="stop", stop="126.18"), "126.00"))
    chain = causes(db, newest(db, "position.closed"))
    assert chain[:4] == ["position.closed", "order.fill", "order.updated", "order.adopted"]
    assert chain[-4:] == ["order.sent", "order.planned", "plan.accepted", "signal.issued"]


def test_a_sold_position_knows_the_plan_that_decided_it() -> None:
    db = a_db()
    sale = exit_of(hold(db), D)
    pending = {sale.position_id or 0: ExitReason.TREND_BREAK}
    db.plans.accept(issue(db), as_of=AS_OF, pending_exits=pending, intents=[sale])
    db.orders.mark_sent([sale.client_order_id])
    db.orders.book(filled(order("sale", sale.client_order_id, side="sell"), "150.00"))
    assert causes(db, newest(db, "position.closed")) == [
        "position.closed", "order.fill", "order.sent", "order.planned", "plan.accepted", "signal.issued",
    ]  # fmt: skip
    assert causes(db, newest(db, "position.exit_decided")) == [
        "position.exit_decided",
        "plan.accepted",
        "signal.issued",
    ]


def test_causes_nest_and_end_with_their_block() -> None:
    db = a_db()
    with db.events.caused_by(db.events.append(FlagSet("first", None, "test"))):
        with db.events.caused_by(db.events.append(FlagSet("second", None, "test"))):
            db.events.append(FlagSet("third", None, "test"))
        db.events.append(FlagSet("fourth", None, "test"))
    db.events.append(FlagSet("fifth", None, "test"))
    assert [row.causation_id for row in db.events.since(0)] == [None, 1, 2, 1, None]


def test_the_published_schema_is_the_one_that_its_command_writes() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text()
    assert set(json.loads(schema_text())["$defs"]) == set(EVENT_TYPES)
