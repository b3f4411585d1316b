"""`orders`: every intent before it is sent, everything the broker reports about it afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date

from live.broker import Order
from live.orders import Intent, OrderStatus, next_order_id, order_id, parse_order_id
from live.state_db.booking import Booker
from live.state_db.cached_query import CachedQuery
from live.state_db.columns import ORDERS, UNFINISHED
from live.state_db.connection import Connection
from live.state_db.event_types.orders import (
    EntryEnded,
    OrderAbandoned,
    OrderNotSent,
    OrderPlanned,
    OrderQuantitySet,
    OrderRefused,
    OrderRevived,
    OrderSent,
)
from live.state_db.event_types.registry import Payload
from live.state_db.events import Events
from live.state_db.positions import Positions
from live.state_db.rows import Booking, NewOrder, OrderRow

_MAX_REASON = 500


class Orders:
    """planned → unknown (sent) → the broker's statuses; or planned/unknown → abandoned.

    A terminal row stays terminal, but for an entry of which nothing was sent (`revive`); late fills and corrected
    prices are still booked. filled_qty only grows.
    """

    def __init__(self, connection: Connection, events: Events, positions: Positions) -> None:
        self._c = connection
        self._events = events
        self._unfinished = CachedQuery(connection, "unfinished orders", ("orders",), self._read_unfinished)
        self._of_trade_date = CachedQuery(connection, "orders of a day", ("orders",), self._read_trade_date)
        self._booker = Booker(connection, events, positions, self.unfinished)

    # before it is sent
    def plan(self, orders: Sequence[NewOrder]) -> tuple[OrderRow, ...]:
        """Commit intents as `planned` rows; an id that has a row already comes back as it stands.

        Raises ValueError when the row that stands there belongs to another position.
        """
        with self._c.transaction():
            return tuple(self._plan(order) for order in orders)

    def next_id(self, trade_date: date, ticker: str, intent: Intent) -> str:
        """Return the first generation that has no row yet. Raises ValueError for an entry that has one (I1)."""
        generations = self.generations(trade_date, ticker, intent)
        if not generations:
            return order_id(trade_date, ticker, intent)
        return next_order_id(generations[-1].client_order_id)

    def set_planned_qty(self, client_order_id: str, qty: int) -> OrderRow:
        """Change the quantity of a row that is still `planned` (a sell takes the broker's count)."""
        planned = OrderStatus.PLANNED
        return self._change(
            client_order_id, {planned}, planned, {"qty": qty}, lambda row: OrderQuantitySet(row.ticker, qty)
        )

    # the outcome of sending
    def mark_sent(self, client_order_ids: Sequence[str]) -> None:
        """planned → unknown, in one commit, just before the requests leave (I14)."""
        with self._c.transaction():
            for client_order_id in client_order_ids:
                if self._require(client_order_id).status is OrderStatus.PLANNED:
                    sent = {"sent_at": self._c.stamp()}
                    self._change(client_order_id, {OrderStatus.PLANNED}, OrderStatus.UNKNOWN, sent, _sent)

    def mark_not_sent(self, client_order_ids: Sequence[str]) -> None:
        """unknown → planned: it is proven that no request left or that the broker has no such order."""
        with self._c.transaction():
            for client_order_id in client_order_ids:
                if self._require(client_order_id).has_unknown_outcome:
                    unsent = {"sent_at": None}
                    self._change(client_order_id, {OrderStatus.UNKNOWN}, OrderStatus.PLANNED, unsent, _not_sent)

    def mark_refused(self, client_order_id: str, code: int | None, message: str) -> OrderRow:
        """planned or unknown → abandoned with the broker's code and message."""
        reason = f"refused {code}: {message}" if code is not None else f"refused: {message}"
        return self._abandon(client_order_id, OrderRefused, reason)

    def abandon(self, client_order_id: str, reason: str, detail: str = "") -> OrderRow:
        """planned or unknown → abandoned: it will not be sent. reason: a SkipReason or another short text."""
        return self._abandon(client_order_id, OrderAbandoned, f"{reason}: {detail}" if detail else str(reason))

    def revive(self, client_order_id: str) -> OrderRow:
        """abandoned → planned: an entry that was given up before anything was sent. ValueError when something was."""
        row = self._require(client_order_id)
        if row.sent_at is not None or row.alpaca_order_id is not None or row.intent is not Intent.ENTRY:
            raise ValueError(f"{client_order_id} has been sent")
        event = OrderRevived(row.ticker, row.reject_reason)
        again = {"reject_reason": None}
        return self._change(client_order_id, {OrderStatus.ABANDONED}, OrderStatus.PLANNED, again, lambda _: event)

    def note_end(self, client_order_id: str, reason: str) -> OrderRow:
        """Write why an entry that is over did not become a position (`no_price_data`); the status stays."""
        row = self._require(client_order_id)
        event, why = EntryEnded(row.ticker, str(reason)), {"reject_reason": str(reason)}
        return self._change(client_order_id, {row.status}, row.status, why, lambda _: event)

    # the broker's answers
    def book(self, order: Order) -> Booking | None:
        """Book one order as the broker reports it, with its legs; None for a foreign order.

        New fills of an entry open or grow its position, fills of a sell reduce and close it; a leg of an
        own order, and the successor of one (`replaces`), are adopted. One transaction.
        """
        bookings = self.book_all((order,))
        return next((booking for booking in bookings if booking.order.alpaca_order_id == order.id), None)

    def book_all(self, orders: Iterable[Order]) -> tuple[Booking, ...]:
        """Book a listing in one transaction; foreign orders are left out. Unchanged rows cost no write."""
        return self._booker.book_all(orders)

    def own(self, orders: Iterable[Order]) -> frozenset[str]:
        """Return the broker ids, legs included, of those that are ours (the vocabulary's `own order`)."""
        return self._booker.own(orders)

    def is_own(self, order: Order) -> bool:
        """Return whether one order is ours."""
        return order.id in self.own((order,))

    def known_ids(self, alpaca_order_ids: Collection[str]) -> frozenset[str]:
        """Return which of these broker ids have a row."""
        rows = self._c.all(
            "SELECT alpaca_order_id FROM orders WHERE alpaca_order_id IN (SELECT value FROM json_each(?))",
            (json.dumps(sorted(alpaca_order_ids)),),
        )
        return frozenset(row["alpaca_order_id"] for row in rows)

    def is_empty(self) -> bool:
        """Return whether this DB never had an order (new, or made anew after a loss)."""
        return self._c.one("SELECT 1 FROM orders LIMIT 1") is None

    # questions
    def get(self, client_order_id: str) -> OrderRow | None:
        """Return the row of a client_order_id (a leg's is the broker's)."""
        return ORDERS.read_one(self._c.one(f"{ORDERS.select} WHERE client_order_id = ?", (client_order_id,)))

    def unfinished(self) -> tuple[OrderRow, ...]:
        """Return every row that is not terminal (planned, unknown, working), oldest first."""
        return self._unfinished.get()

    def _read_unfinished(self) -> tuple[OrderRow, ...]:
        return ORDERS.read_all(self._c.tuples(f"{ORDERS.select} WHERE {UNFINISHED} ORDER BY id"))

    def of_trade_date(self, trade_date: date) -> tuple[OrderRow, ...]:
        """Return the rows whose trade date it is (stops: those of that day's entries), oldest first."""
        return self._of_trade_date.get(trade_date)

    def _read_trade_date(self, trade_date: date) -> tuple[OrderRow, ...]:
        return ORDERS.read_all(
            self._c.tuples(f"{ORDERS.select} WHERE trade_date = ? ORDER BY id", (trade_date.isoformat(),))
        )

    def of_position(self, position_id: int) -> tuple[OrderRow, ...]:
        """Return every order of a position, oldest first."""
        return ORDERS.read_all(self._c.all(f"{ORDERS.select} WHERE position_id = ? ORDER BY id", (position_id,)))

    def generations(self, trade_date: date, ticker: str, intent: Intent) -> tuple[OrderRow, ...]:
        """Return the rows of one intent with ids of our form, first generation first."""
        rows = self._c.all(
            f"{ORDERS.select} WHERE trade_date = ? AND ticker = ? AND intent = ?",
            (trade_date.isoformat(), ticker, intent.value),
        )
        numbered = [(parse_order_id(row.client_order_id), row) for row in ORDERS.read_all(rows)]
        ours = sorted(((parsed.generation, row) for parsed, row in numbered if parsed), key=lambda pair: pair[0])
        return tuple(row for _, row in ours)

    def _plan(self, order: NewOrder) -> OrderRow:
        known = self.get(order.client_order_id)
        if known is not None:
            if known.position_id != order.position_id and order.position_id is not None:
                raise ValueError(
                    f"{order.client_order_id} is an order of position {known.position_id}, not of {order.position_id}"
                )
            return known
        parsed = parse_order_id(order.client_order_id)
        if parsed is None or (parsed.intent, parsed.ticker) != (order.intent, order.ticker):
            raise ValueError(f"{order.client_order_id} is no id for {order.intent} of {order.ticker}")
        stamp = self._c.stamp()
        self._c.insert(
            "orders",
            {
                "client_order_id": order.client_order_id,
                "parent_client_order_id": order.parent_client_order_id,
                "via": order.via,
                "position_id": order.position_id,
                "strategy": order.strategy,
                "asset_id": order.asset_id,
                "ticker": order.ticker,
                "side": order.intent.side,
                "intent": order.intent,
                "trade_date": order.trade_date,
                "qty": order.qty,
                "planned_stop_price": order.stop_price,
                "status": OrderStatus.PLANNED,
                "exit_reason": order.exit_reason,
                "entry": order.entry,
                "run_id": self._c.run_id,
                "created_at": stamp,
                "updated_at": stamp,
            },
        )
        planned = OrderPlanned(
            ticker=order.ticker,
            intent=order.intent,
            qty=order.qty,
            stop_price=order.stop_price,
            position_id=order.position_id,
            exit_reason=order.exit_reason,
            via=order.via,
            parent=order.parent_client_order_id,
        )
        cause = self._events.cause_or_last(f"position:{order.position_id}")  # an exit's, a stop's
        self._events.append(planned, corr_id=order.client_order_id, causation_id=cause)
        return self._require(order.client_order_id)

    def _abandon(self, client_order_id: str, end: type[OrderRefused] | type[OrderAbandoned], reason: str) -> OrderRow:
        allowed, why = {OrderStatus.PLANNED, OrderStatus.UNKNOWN}, reason[:_MAX_REASON]
        return self._change(
            client_order_id, allowed, OrderStatus.ABANDONED, {"reject_reason": why}, lambda row: end(row.ticker, why)
        )

    def _change(
        self,
        client_order_id: str,
        allowed: Collection[str],
        status: str,
        values: Mapping[str, object],
        event: Callable[[OrderRow], Payload],
    ) -> OrderRow:
        """Write a change of ours; ValueError when the row's status does not allow it.

        event: makes what it is told as of the row before the change.
        """
        with self._c.transaction():
            row = self._require(client_order_id)
            if row.status not in allowed:
                needed = " or ".join(sorted(allowed))
                raise ValueError(f"{client_order_id} is {row.status}; this needs {needed}")
            written = {"status": status, "updated_at": self._c.stamp(), **values}
            self._c.update("orders", written, "client_order_id = ?", client_order_id)
            cause = self._events.cause_or_last(client_order_id)
            self._events.append(event(row), corr_id=client_order_id, causation_id=cause)
            return self._require(client_order_id)

    def _require(self, client_order_id: str) -> OrderRow:
        row = self.get(client_order_id)
        if row is None:
            raise ValueError(f"no order {client_order_id} in the state DB")
        return row


def _sent(row: OrderRow) -> OrderSent:
    return OrderSent(row.ticker, row.intent, row.qty)


def _not_sent(row: OrderRow) -> OrderNotSent:
    return OrderNotSent(row.ticker)
