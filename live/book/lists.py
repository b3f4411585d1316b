"""The broker's lists that one sync works on, and their booking.

Three listings answer almost always: the open orders (not nested), everything submitted since the last
complete sync less a day (nested), the positions. Own orders seen in neither are read by id. "Missing" is
concluded from complete lists only: a list that cannot be read to its end raises (F19).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from backtest.errors import DriftError
from live.book.reconcile import Mismatch
from live.broker import Broker, Order, Position
from live.state_db.db import StateDB
from live.state_db.rows import Booking, OrderRow

OVERLAP = timedelta(days=1)
FIRST_LOOK_BACK = timedelta(days=7)
"""How far the first sync of a new DB looks back: far enough to see that an older DB of ours was lost (F77)."""
_MOST_SUCCESSORS = 5
Together: TypeAlias = Callable[[Sequence[Callable[[], Any]]], Sequence[Any]]
"""Runs independent requests and returns their answers in order; by default one after the other."""


@dataclass(frozen=True, slots=True)
class BrokerLists:
    """The complete lists one sync works on. since: from when on `recent` (nested) is complete."""

    at: datetime
    since: datetime
    open_orders: tuple[Order, ...]
    recent: tuple[Order, ...]
    positions: tuple[Position, ...]

    @property
    def orders(self) -> tuple[Order, ...]:
        """Every order listed; an open one may come twice."""
        return (*self.open_orders, *self.recent)


def in_turn(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run requests one after the other."""
    return [call() for call in calls]


def read_each(
    calls: Sequence[Callable[[], Order | None]], together: Together, problems: list[DriftError]
) -> list[Order]:
    """Return the orders that could be read and are known to the broker; what went wrong is added to `problems`."""
    answers = together([lambda call=call: _caught(call) for call in calls]) if calls else ()  # type: ignore[misc]
    problems += [error for _, error in answers if error is not None]
    return [order for order, _ in answers if order is not None]


def _caught(call: Callable[[], Order | None]) -> tuple[Order | None, DriftError | None]:
    try:
        return call(), None
    except DriftError as error:
        return None, error


def read_since(db: StateDB, now: datetime) -> datetime:
    """Return from when on orders have to be read: the last complete sync less a day."""
    last = db.system_config.last_complete_sync()
    return now - FIRST_LOOK_BACK if last is None else min(last, now) - OVERLAP


def read_lists(broker: Broker, since: datetime, together: Together = in_turn) -> BrokerLists:
    """Read the three lists. Raises BrokerUnavailableError (8) when one cannot be read completely."""
    at = broker.clock.now()
    open_orders, recent, positions = together(
        [
            lambda: broker.list_orders(status="open"),
            lambda: broker.list_orders(status="all", after=since, nested=True),
            broker.get_positions,
        ]
    )
    return BrokerLists(at, since, tuple(open_orders), tuple(recent), tuple(positions))


def book_lists(
    db: StateDB, broker: Broker, lists: BrokerLists, together: Together, problems: list[DriftError]
) -> tuple[Booking, ...]:
    """Book the listings, then own orders seen in neither, then the successors of replaced ones.

    An order that cannot be read keeps the others from nothing: its row stays as it is, the error is added to
    `problems`.
    """
    nested = {order.id for order in lists.recent} | {leg.id for order in lists.recent for leg in order.legs}
    listed = [*lists.recent, *(order for order in lists.open_orders if order.id not in nested)]
    seen = nested | {order.id for order in listed}
    missing = [row for row in db.orders.unfinished() if row.sent_at is not None or row.alpaca_order_id is not None]
    missing = [row for row in missing if row.alpaca_order_id not in seen]
    client_ids = {order.client_order_id for order in listed}
    calls = [
        _reader(broker, row)
        for row in missing
        if row.alpaca_order_id is not None or row.client_order_id not in client_ids
    ]
    found = read_each(calls, together, problems)
    with db.transaction():
        bookings = [booking for booking in db.orders.book_all([*listed, *found]) if booking.changed]
    for _ in range(_MOST_SUCCESSORS):
        wanted = _unknown_successors(db, [*listed, *found])
        if not wanted:
            break
        found = read_each([_by_id(broker, order_id) for order_id in wanted], together, problems)
        bookings += [booking for booking in db.orders.book_all(found) if booking.changed]
        listed = []
    return tuple(bookings)


def book_again(
    db: StateDB, broker: Broker, mismatches: Iterable[Mismatch], together: Together, problems: list[DriftError]
) -> tuple[Booking, ...]:
    """Read every order of the differing positions once more: one that was over long ago may have filled late (F47)."""
    differing = {mismatch.ticker for mismatch in mismatches}
    positions = [position for position in db.positions.open_positions() if position.ticker in differing]
    rows = [row for position in positions for row in db.orders.of_position(position.position_id)]
    calls = [_by_id(broker, row.alpaca_order_id) for row in rows if row.alpaca_order_id is not None]
    found = read_each(calls, together, problems)
    return tuple(booking for booking in db.orders.book_all(found) if booking.changed)


def _reader(broker: Broker, row: OrderRow) -> Callable[[], Order | None]:
    if row.alpaca_order_id is not None:
        return _by_id(broker, row.alpaca_order_id)
    return lambda: _with_legs(broker, broker.get_order_by_client_id(row.client_order_id))


def _by_id(broker: Broker, order_id: str) -> Callable[[], Order | None]:
    return lambda: broker.get_order(order_id)


def _with_legs(broker: Broker, order: Order | None) -> Order | None:
    """Read an order that was found by our id again by the broker's id: only that answer has the legs."""
    return order if order is None or order.order_class in ("", "simple") else broker.get_order(order.id)


def _unknown_successors(db: StateDB, orders: Iterable[Order]) -> list[str]:
    """Return the ids of successors of own orders that we have no row of."""
    flat = [one for order in orders for one in (order, *order.legs)]
    successors = {one.id: one.replaced_by for one in flat if one.replaced_by}
    if not successors:
        return []
    known = db.orders.known_ids({*successors.keys(), *successors.values()})
    return sorted(new for old, new in successors.items() if old in known and new not in known)
