"""Positions and orders recomputed from `events` alone, and compared with the tables.

What an event carries is compared: of an order its ticker, intent, quantities, price, status and the reason it came to
nothing; of a position its shares, prices, live stop, pending exit and end. What a plan gives once and nothing changes
(score, grade, report date) is not in the events of a position and is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from backtest.model import ExitReason, Price
from backtest.money import split_shares
from live.orders import Intent, OrderStatus
from live.state_db.db import StateDB
from live.state_db.event_types import orders as order_events
from live.state_db.event_types import positions as position_events
from live.state_db.event_types.registry import Payload, read_payload
from live.state_db.records import EventRow
from live.state_db.rows import OrderRow, PositionRow, PositionStatus, Via


@dataclass(slots=True)
class OrderView:
    """An order as its events tell it; see `OrderRow`."""

    ticker: str
    intent: Intent
    qty: int
    via: Via
    parent: str | None
    stop_price: Price | None
    position_id: int | None
    exit_reason: ExitReason | None
    status: OrderStatus
    filled_qty: int = 0
    fill_price: Decimal | None = None
    broker_status: str | None = None
    reject_reason: str | None = None


@dataclass(slots=True)
class PositionView:
    """A position as its events tell it; see `PositionRow`."""

    ticker: str
    shares: int
    entry_price: Price
    stop_price: Price
    sold_shares: int = 0
    stop_order_id: str | None = None
    pending_exit: tuple[ExitReason, date] | None = None
    status: PositionStatus = PositionStatus.OPEN
    exit_date: date | None = None
    exit_price: Price | None = None
    exit_reason: ExitReason | None = None
    pnl: int | None = None


@dataclass(slots=True)
class Book:
    """What the events of a state DB make: orders by client_order_id, positions by id. through: the last event taken."""

    orders: dict[str, OrderView] = field(default_factory=dict)
    positions: dict[int, PositionView] = field(default_factory=dict)
    through: int = 0
    about: dict[int, str] = field(default_factory=dict)
    """seq → corr_id of the fills, which cause what happens to positions."""


def differences(db: StateDB, book: Book | None = None) -> list[str]:
    """Return what the tables say otherwise than the events; one line a field.

    book: of an earlier call, which then takes only the events since; an empty one is filled.
    """
    book = book if book is not None else Book()
    take(book, db.events.since(book.through))
    rows = {row.client_order_id: _order_row_view(row) for row in _all_orders(db)}
    held = {row.position_id: _position_row_view(row) for row in db.positions.ledger()}
    return [*_compared("order", book.orders, rows), *_compared("position", book.positions, held)]


def take(book: Book, events: Iterable[EventRow]) -> None:
    """Carry out events that follow those the book has, oldest first."""
    for event in events:
        book.through = event.seq
        name = f"{event.kind}.{event.type}"
        payload = read_payload(name, event.version, event.payload)
        apply = _APPLY.get(type(payload)) if payload is not None else None
        if apply is not None and event.corr_id is not None:
            apply(book, event, payload)


# -- orders ------------------------------------------------------------------------------------------------------------


def _planned(book: Book, event: EventRow, told: order_events.OrderPlanned) -> None:
    book.orders[_id(event)] = OrderView(
        told.ticker,
        told.intent,
        told.qty,
        told.via,
        told.parent,
        told.stop_price,
        told.position_id,
        told.exit_reason,
        OrderStatus.PLANNED,
    )


def _adopted(book: Book, event: EventRow, told: order_events.OrderAdopted) -> None:
    parent = book.orders[told.parent]
    position_id = told.position_id if told.position_id is not None else parent.position_id
    book.orders[_id(event)] = OrderView(
        told.ticker,
        told.intent,
        told.qty,
        told.via,
        told.parent,
        told.stop_price,
        position_id,
        parent.exit_reason,
        OrderStatus.UNKNOWN,
    )


def _quantity_set(book: Book, event: EventRow, told: order_events.OrderQuantitySet) -> None:
    book.orders[_id(event)].qty = told.qty


def _sent(book: Book, event: EventRow, told: order_events.OrderSent) -> None:
    book.orders[_id(event)].status = OrderStatus.UNKNOWN


def _not_sent(book: Book, event: EventRow, told: order_events.OrderNotSent) -> None:
    book.orders[_id(event)].status = OrderStatus.PLANNED


def _given_up(book: Book, event: EventRow, told: order_events.OrderRefused | order_events.OrderAbandoned) -> None:
    order = book.orders[_id(event)]
    order.status, order.reject_reason = OrderStatus.ABANDONED, told.reason


def _revived(book: Book, event: EventRow, told: order_events.OrderRevived) -> None:
    order = book.orders[_id(event)]
    order.status, order.reject_reason = OrderStatus.PLANNED, None


def _ended(book: Book, event: EventRow, told: order_events.EntryEnded) -> None:
    book.orders[_id(event)].reject_reason = told.reason


def _answered(
    book: Book,
    event: EventRow,
    told: order_events.OrderUpdated | order_events.OrderFill | order_events.FillCorrected,
) -> None:
    order = book.orders[_id(event)]
    if order.status is OrderStatus.ABANDONED:
        order.reject_reason = None
    order.status, order.broker_status, order.filled_qty = told.status, told.broker_status, told.filled_qty
    if not isinstance(told, order_events.FillCorrected):
        order.qty = told.qty
    if not isinstance(told, order_events.OrderUpdated):
        order.fill_price = told.fill_price
        book.about[event.seq] = _id(event)


# -- positions ---------------------------------------------------------------------------------------------------------


def _opened(book: Book, event: EventRow, told: position_events.PositionOpened) -> None:
    position_id = _position_id(event)
    book.positions[position_id] = PositionView(told.ticker, told.shares, told.entry_price, told.stop_price)
    entry = book.about.get(event.causation_id or 0)
    if entry is None:  # taken in by a person
        return
    for name, order in book.orders.items():
        if name == entry or (order.parent == entry and order.position_id is None):
            order.position_id = position_id


def _increased(book: Book, event: EventRow, told: position_events.PositionIncreased) -> None:
    position = _position(book, event)
    position.shares, position.entry_price, position.stop_price = told.actual_shares, told.entry_price, told.stop_price
    if position.status is PositionStatus.CLOSED:
        position.status = PositionStatus.OPEN
        position.exit_date = position.exit_price = position.exit_reason = position.pnl = None


def _entry_corrected(book: Book, event: EventRow, told: position_events.EntryPriceCorrected) -> None:
    position = _position(book, event)
    position.entry_price, position.stop_price = told.entry_price, told.stop_price


def _reduced(book: Book, event: EventRow, told: position_events.PositionReduced) -> None:
    position = _position(book, event)
    position.shares = told.actual_shares
    position.sold_shares += told.shares


def _closed(book: Book, event: EventRow, told: position_events.PositionClosed) -> None:
    position = _position(book, event)
    position.shares = 0
    position.sold_shares += told.shares
    if position.status is PositionStatus.OPEN:
        position.status, position.stop_order_id = PositionStatus.CLOSED, None
    position.exit_date, position.exit_price = told.exit_date, told.exit_price
    position.exit_reason, position.pnl = told.reason, told.pnl


def _exit_corrected(book: Book, event: EventRow, told: position_events.ExitPriceCorrected) -> None:
    position = _position(book, event)
    position.exit_price, position.pnl = told.exit_price, told.pnl


def _exit_decided(book: Book, event: EventRow, told: position_events.ExitDecided) -> None:
    _position(book, event).pending_exit = (told.reason, told.since)


def _stop_changed(book: Book, event: EventRow, told: position_events.StopChanged) -> None:
    _position(book, event).stop_order_id = told.stop_order_id


def _split(book: Book, event: EventRow, told: position_events.PositionSplit) -> None:
    position = _position(book, event)
    position.shares, position.entry_price, position.stop_price = told.shares, told.entry_price, told.stop_price
    position.sold_shares = split_shares(position.sold_shares, Fraction(told.ratio))


def _renamed(book: Book, event: EventRow, told: position_events.PositionRenamed) -> None:
    position_id = _position_id(event)
    book.positions[position_id].ticker = told.ticker
    for order in book.orders.values():
        if order.position_id == position_id and not order.status.is_final and order.status != OrderStatus.ABANDONED:
            order.ticker = told.ticker


def _shares_set(book: Book, event: EventRow, told: position_events.SharesSet) -> None:
    _position(book, event).shares = told.shares


_APPLY: Mapping[type[Payload], Callable[[Book, EventRow, Any], None]] = {
    order_events.OrderPlanned: _planned,
    order_events.OrderAdopted: _adopted,
    order_events.OrderQuantitySet: _quantity_set,
    order_events.OrderSent: _sent,
    order_events.OrderNotSent: _not_sent,
    order_events.OrderRefused: _given_up,
    order_events.OrderAbandoned: _given_up,
    order_events.OrderRevived: _revived,
    order_events.EntryEnded: _ended,
    order_events.OrderUpdated: _answered,
    order_events.OrderFill: _answered,
    order_events.FillCorrected: _answered,
    position_events.PositionOpened: _opened,
    position_events.PositionIncreased: _increased,
    position_events.EntryPriceCorrected: _entry_corrected,
    position_events.PositionReduced: _reduced,
    position_events.PositionClosed: _closed,
    position_events.ExitPriceCorrected: _exit_corrected,
    position_events.ExitDecided: _exit_decided,
    position_events.StopChanged: _stop_changed,
    position_events.PositionSplit: _split,
    position_events.PositionRenamed: _renamed,
    position_events.SharesSet: _shares_set,
}


# -- the tables --------------------------------------------------------------------------------------------------------


def _all_orders(db: StateDB) -> Iterator[OrderRow]:
    seen: set[str] = set()
    days = [row[0] for row in db.connection.all("SELECT DISTINCT trade_date FROM orders ORDER BY trade_date")]
    for day in days:
        for row in db.orders.of_trade_date(date.fromisoformat(day)):
            assert row.client_order_id not in seen
            seen.add(row.client_order_id)
            yield row


def _order_row_view(row: OrderRow) -> OrderView:
    return OrderView(
        row.ticker,
        row.intent,
        row.qty,
        row.via,
        row.parent_client_order_id,
        row.planned_stop_price,
        row.position_id,
        row.exit_reason,
        row.status,
        row.filled_qty,
        row.fill_price,
        row.broker_status,
        row.reject_reason,
    )


def _position_row_view(row: PositionRow) -> PositionView:
    pending = None
    if row.pending_exit_reason is not None and row.pending_exit_since is not None:
        pending = (row.pending_exit_reason, row.pending_exit_since)
    return PositionView(
        row.ticker,
        row.actual_shares,
        row.entry_price,
        row.stop_price,
        row.sold_shares,
        row.stop_order_id,
        pending,
        row.status,
        row.exit_date,
        row.exit_price,
        row.exit_reason,
        row.pnl,
    )


def _compared(what: str, told: Mapping[Any, Any], stored: Mapping[Any, Any]) -> Iterator[str]:
    for name in {**told, **stored}:
        if name not in told or name not in stored:
            yield f"{what} {name}: only in the {'tables' if name in stored else 'events'}"
            continue
        events, row = asdict(told[name]), asdict(stored[name])
        for key in events:
            if events[key] != row[key]:
                yield f"{what} {name}: {key} is {row[key]}, its events say {events[key]}"


def _id(event: EventRow) -> str:
    assert event.corr_id is not None
    return event.corr_id


def _position_id(event: EventRow) -> int:
    return int(_id(event).partition(":")[2])


def _position(book: Book, event: EventRow) -> PositionView:
    return book.positions[_position_id(event)]
