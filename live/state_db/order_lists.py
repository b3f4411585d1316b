"""Orders as a person asks for them: by run, trade date, status and ticker; and what came of one order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from live.orders import OrderStatus
from live.state_db.columns import ORDERS, UNFINISHED
from live.state_db.connection import Connection
from live.state_db.rows import OrderRow

OF_RUN = (
    "(run_id = ? OR client_order_id IN (SELECT corr_id FROM events WHERE run_id = ? AND kind = 'order' AND"
    " type = 'sent'))"
)
"""The condition of the orders that a run wrote first or sent; its run_id stands in it twice."""


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which orders are wanted; None asks nothing.

    run_id: what a run wrote first (planned, or met as a leg) or sent. status: None with `only_open` is every order
    that is not over.
    """

    run_id: str | None = None
    trade_date: date | None = None
    status: OrderStatus | None = None
    only_open: bool = False
    ticker: str | None = None

    def conditions(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield each condition with its parameters."""
        if self.run_id is not None:
            yield OF_RUN, (self.run_id, self.run_id)
        if self.trade_date is not None:
            yield "trade_date = ?", (self.trade_date.isoformat(),)
        if self.status is not None:
            yield "status = ?", (self.status.value,)
        if self.only_open:
            yield UNFINISHED, ()
        if self.ticker is not None:
            yield "ticker = ?", (self.ticker,)


@dataclass(frozen=True, slots=True)
class OrderList:
    """The newest orders that were asked for, oldest first, and how many there are in all."""

    rows: tuple[OrderRow, ...]
    total: int


def list_orders(connection: Connection, wanted: OrderFilter, limit: int | None = None) -> OrderList:
    """Return the newest orders that fit, all of them without a limit."""
    conditions = tuple(wanted.conditions())
    where = f" WHERE {' AND '.join(text for text, _ in conditions)}" if conditions else ""
    params = [one for _, values in conditions for one in values]
    counted = connection.one(f"SELECT count(*) AS total FROM orders{where}", params)
    found = connection.all(
        f"{ORDERS.select}{where} ORDER BY id DESC LIMIT ?", [*params, -1 if limit is None else limit]
    )
    return OrderList(ORDERS.read_all(reversed(found)), 0 if counted is None else counted["total"])


def find_order(connection: Connection, order_id: str) -> OrderRow | None:
    """Return the order with this client_order_id, or with this id of the broker's."""
    found = connection.one(
        f"{ORDERS.select} WHERE client_order_id = ? UNION {ORDERS.select} WHERE alpaca_order_id = ?",
        (order_id, order_id),
    )
    return ORDERS.read_one(found)


def orders_made_of(connection: Connection, client_order_id: str) -> tuple[OrderRow, ...]:
    """Return what the broker made of one order, oldest first: its legs, and the order that replaced it."""
    found = connection.all(f"{ORDERS.select} WHERE parent_client_order_id = ? ORDER BY id", (client_order_id,))
    return ORDERS.read_all(found)
