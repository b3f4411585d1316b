"""Books the broker's answers about our orders: status, fills, legs, successors, and the positions they change.

Three rules: fills are booked only with their price (F13), an unknown status leaves the order open (F48),
and an older answer never undoes a newer one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date

from backtest.model import ExitReason
from backtest.money import to_price
from live.broker import Order
from live.clock import NEW_YORK
from live.orders import Intent, OrderStatus
from live.state_db.columns import ORDERS, UNFINISHED
from live.state_db.connection import Connection
from live.state_db.event_types.orders import FillCorrected, OrderAbandoned, OrderAdopted, OrderFill, OrderUpdated
from live.state_db.event_types.registry import Payload
from live.state_db.events import Events
from live.state_db.listing import ListedOrder, OwnRows, has_no_news, read_own_rows, with_legs
from live.state_db.positions import Positions
from live.state_db.rows import Booking, OrderRow, PositionRow, Via
from live.state_db.transition import notional, row_after, whole_shares


class Booker:
    """Turns broker orders into row and position changes; one transaction a listing."""

    def __init__(
        self,
        connection: Connection,
        events: Events,
        positions: Positions,
        unfinished: Callable[[], tuple[OrderRow, ...]],
    ) -> None:
        """unfinished: the rows that are not terminal, as they stand now."""
        self._c = connection
        self._events = events
        self._positions = positions
        self._unfinished = unfinished

    def book_all(self, orders: Iterable[Order]) -> tuple[Booking, ...]:
        """See `Orders.book_all`. Buys are booked before sells, so that a sell finds the position it ends."""
        items = sorted(with_legs(orders), key=lambda item: item.order.side != "buy")
        if not items:
            return ()
        rows = read_own_rows(self._c, items, self._unfinished())
        if has_no_news(items, rows):
            return tuple(Booking(row) for item in items if (row := rows.by_alpaca_id.get(item.order.id)) is not None)
        with self._c.transaction():
            rows = read_own_rows(self._c, items)
            return tuple(booking for item in items if (booking := self._book(item, rows)) is not None)

    def own(self, orders: Iterable[Order]) -> frozenset[str]:
        """See `Orders.own`."""
        items = list(with_legs(orders))
        rows = read_own_rows(self._c, items)
        ours: set[str] = set()
        for item in items:
            order = item.order
            known = rows.find(order) is not None or item.parent_id in ours
            if known or (
                order.replaces is not None and (order.replaces in ours or order.replaces in rows.by_alpaca_id)
            ):
                ours.add(order.id)
        return frozenset(ours)

    def _book(self, item: ListedOrder, rows: OwnRows) -> Booking | None:
        row = rows.find(item.order) or self._adopt(item, rows)
        if row is None:
            return None
        after = row_after(row, item.order)
        if after == row:
            return Booking(row)
        position = self._position_of(row, rows)
        if row.intent is not Intent.ENTRY and after.filled_qty > row.filled_qty and position is None:
            # a sell whose buy we have not seen: its fills wait for the position they belong to
            after = replace(after, filled_qty=row.filled_qty, fill_price=row.fill_price, status=OrderStatus.UNKNOWN)
        if after == row:
            return Booking(row)
        with self._events.caused_by(self._append_answer(row, after, position)):
            booking = self._move_position(row, after, position, rows)
            written = ORDERS.changes(row, booking.order) | {"updated_at": self._c.stamp()}
            self._c.update("orders", written, "id = ?", row.id)
            rows.put(booking.order)
            self._link_stop(booking, item.order, rows)
        current = booking.position and self._positions.get(booking.position.position_id)
        return replace(booking, position=current, changed=True)

    def _adopt(self, item: ListedOrder, rows: OwnRows) -> OrderRow | None:
        """Take in a leg of an own order, or the successor of one; None when the order is foreign.

        One that bears the id of another row is neither, whatever it says it replaces (I15).
        """
        order = item.order
        if order.client_order_id in rows.by_client_id:
            return None
        if item.parent_id is not None and (parent := rows.by_alpaca_id.get(item.parent_id)) is not None:
            return self._insert(order, parent, Via.LEG, Intent.STOP) if order.side == "sell" else None
        if order.replaces is not None and (old := rows.by_alpaca_id.get(order.replaces)) is not None:
            return self._insert(order, old, Via.PATCH, old.intent) if order.side == old.side else None
        return None

    def _insert(self, order: Order, origin: OrderRow, via: Via, intent: Intent) -> OrderRow:
        stamp = self._c.stamp()
        self._c.insert(
            "orders",
            {
                "client_order_id": order.client_order_id or order.id,
                "alpaca_order_id": order.id,
                "parent_client_order_id": origin.client_order_id,
                "via": via,
                "position_id": origin.position_id,
                "strategy": origin.strategy,
                "asset_id": order.asset_id,
                "ticker": origin.ticker,
                "side": order.side,
                "intent": intent,
                "trade_date": origin.trade_date,
                "qty": whole_shares(order.qty) or origin.qty,
                "planned_stop_price": None if order.stop_price is None else to_price(order.stop_price),
                "status": OrderStatus.UNKNOWN,
                "exit_reason": origin.exit_reason,
                "run_id": self._c.run_id,
                "created_at": stamp,
                "updated_at": stamp,
            },
        )
        inserted = self._by_alpaca_id(order.id)
        assert inserted is not None
        adopted = OrderAdopted(
            ticker=inserted.ticker,
            intent=intent,
            qty=inserted.qty,
            stop_price=inserted.planned_stop_price,
            position_id=inserted.position_id,
            via=via,
            parent=origin.client_order_id,
        )
        cause = self._events.last_about(origin.client_order_id)
        self._events.append(adopted, corr_id=inserted.client_order_id, causation_id=cause)
        return inserted

    def _position_of(self, row: OrderRow, rows: OwnRows) -> PositionRow | None:
        position_id = row.position_id
        if position_id is None and row.parent_client_order_id is not None:
            parent = rows.by_client_id.get(row.parent_client_order_id)
            position_id = parent.position_id if parent else None
        position = None if position_id is None else self._positions.get(position_id)
        if row.intent is Intent.ENTRY and (position is None or not position.is_open):
            return self._positions.open_for(row.ticker) or position
        return position

    def _move_position(self, row: OrderRow, after: OrderRow, position: PositionRow | None, rows: OwnRows) -> Booking:
        """Let new fills, or a corrected price, move the position; return what happened."""
        shares = after.filled_qty - row.filled_qty
        amount = notional(after) - notional(row)
        booking = Booking(after, position, new_shares=shares, corrected=not shares and bool(amount))
        if not shares and not amount:
            if position is not None and row.intent is not Intent.ENTRY:
                after = replace(after, position_id=position.position_id)
            return replace(booking, order=after)
        day = self._fill_date(after)
        if row.intent is Intent.ENTRY:
            opened = position is None
            if position is None:
                position = self._positions.open_from_entry(after, shares, amount, day)
            else:
                position = self._positions.add_fill(position, shares, amount)
            self._link_legs(after, position, rows)
            after = replace(after, position_id=position.position_id)
            return replace(booking, order=after, position=position, opened=opened)
        assert position is not None
        if oversold := _oversold(row, after, position):
            amount = amount * position.actual_shares // shares
            shares = position.actual_shares
        was_open = position.is_open
        if shares or not oversold:
            position = self._positions.remove_fill(position, shares, amount, _exit_reason(after, position), day)
        after = replace(after, position_id=position.position_id)
        closed = was_open and not position.is_open
        if closed:
            self._abandon_planned(position, row, rows)
        return replace(booking, order=after, position=position, closed=closed, oversold=oversold)

    def _link_legs(self, entry: OrderRow, position: PositionRow, rows: OwnRows) -> None:
        """Give an entry's legs their position, and the position the stop that protects it."""
        position_id, linked = position.position_id, position.stop_order_id is not None
        self._c.write(
            "UPDATE orders SET position_id = ? WHERE parent_client_order_id = ? AND position_id IS NULL",
            (position_id, entry.client_order_id),
        )
        for found in self._c.all(f"{ORDERS.select} WHERE parent_client_order_id = ?", (entry.client_order_id,)):
            leg = ORDERS.read(found)
            rows.put(leg)
            if leg.intent is Intent.STOP and leg.is_working and not linked:
                self._positions.set_stop(position_id, leg.alpaca_order_id)
                linked = True

    def _abandon_planned(self, position: PositionRow, sell: OrderRow, rows: OwnRows) -> None:
        """Abandon what was planned for a closed position: it must not be sent any more.

        sell: what closed it; taken for one that never arrived it may be planned itself.
        """
        for found in self._c.all(
            f"{ORDERS.select} WHERE position_id = ? AND status = ? AND id <> ?",
            (position.position_id, OrderStatus.PLANNED, sell.id),
        ):
            self._c.write(
                "UPDATE orders SET status = ?, reject_reason = 'position_closed', updated_at = ? WHERE id = ?",
                (OrderStatus.ABANDONED, self._c.stamp(), found["id"]),
            )
            event = OrderAbandoned(position.ticker, "position_closed")
            self._events.append(event, corr_id=found["client_order_id"])
            rows.by_client_id.pop(found["client_order_id"], None)

    def _link_stop(self, booking: Booking, order: Order, rows: OwnRows) -> None:
        """Keep `positions.stop_order_id` on the live stop: the first one, then its successor, else none."""
        row, position = booking.order, booking.position
        if row.intent is not Intent.STOP or position is None or not position.is_open:
            return
        linked = position.stop_order_id
        if row.is_working:
            held = None if linked is None else rows.by_alpaca_id.get(linked) or self._by_alpaca_id(linked)
            if held is None or held.is_final or order.replaces == linked:
                self._positions.set_stop(position.position_id, row.alpaca_order_id)
        elif linked is not None and linked == row.alpaca_order_id:
            successor = None if order.replaced_by is None else self._by_alpaca_id(order.replaced_by)
            live = successor is not None and successor.is_working
            self._positions.set_stop(position.position_id, order.replaced_by if live else self._other_stop(position))

    def _other_stop(self, position: PositionRow) -> str | None:
        found = self._c.one(
            "SELECT alpaca_order_id FROM orders WHERE position_id = ? AND intent = 'stop' "
            f"AND alpaca_order_id IS NOT NULL AND {UNFINISHED} ORDER BY id LIMIT 1",
            (position.position_id,),
        )
        return None if found is None else found["alpaca_order_id"]

    def _by_alpaca_id(self, alpaca_order_id: str) -> OrderRow | None:
        return ORDERS.read_one(self._c.one(f"{ORDERS.select} WHERE alpaca_order_id = ?", (alpaca_order_id,)))

    def _append_answer(self, before: OrderRow, row: OrderRow, position: PositionRow | None) -> int:
        """Append what the broker's answer says about an order; whatever it changes is caused by that."""
        cause = self._events.last_about(row.client_order_id)
        event = _answer_event(before, row, position)
        return self._events.append(event, corr_id=row.client_order_id, causation_id=cause)

    def _fill_date(self, row: OrderRow) -> date:
        return (row.filled_at or self._c.now()).astimezone(NEW_YORK).date()


def _oversold(before: OrderRow, after: OrderRow, position: PositionRow | None) -> int:
    """Return how many shares more a sell has newly filled than its position holds."""
    if after.intent is Intent.ENTRY or position is None:
        return 0
    return max(after.filled_qty - before.filled_qty - position.actual_shares, 0)


def _answer_event(before: OrderRow, after: OrderRow, position: PositionRow | None) -> Payload:
    """Return new shares as a fill, another price for the same ones as its correction, all else as an update."""
    price, was = after.fill_price, before.fill_price
    if price is not None and after.filled_qty > before.filled_qty:
        return OrderFill(
            ticker=after.ticker,
            side=after.side,
            shares=after.filled_qty - before.filled_qty,
            filled_qty=after.filled_qty,
            qty=after.qty,
            fill_price=price,
            previous_fill_price=was,
            status=after.status,
            broker_status=after.broker_status,
            oversold=_oversold(before, after, position),
        )
    if price is not None and price != was:
        return FillCorrected(after.ticker, after.filled_qty, price, was, after.status, after.broker_status)
    return OrderUpdated(after.ticker, after.status, after.broker_status, after.qty, after.filled_qty)


def _exit_reason(row: OrderRow, position: PositionRow) -> ExitReason:
    """Return a stop's reason, else the sell's own, else that of the pending exit, else `manual`."""
    if row.intent is Intent.STOP:
        return ExitReason.STOP_LOSS
    return row.exit_reason or position.pending_exit_reason or ExitReason.MANUAL
