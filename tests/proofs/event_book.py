"""Orders and positions as `events` alone make them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from backtest.model import ExitReason, Price
from backtest.money import split_shares
from live.orders import Intent, OrderStatus
from live.state_db.event_types import orders as order_events
from live.state_db.event_types import positions as position_events
from live.state_db.event_types.registry import Payload, read_payload
from live.state_db.records import EventRow
from live.state_db.rows import PositionStatus, Via


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


def _id(event: EventRow) -> str:
    assert event.corr_id is not None
    return event.corr_id


def _position_id(event: EventRow) -> int:
    return int(_id(event).partition(":")[2])


def _position(book: Book, event: EventRow) -> PositionView:
    return book.positions[_position_id(event)]
