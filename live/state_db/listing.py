"""A broker listing beside the own rows it may be about."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from live.broker import Order
from live.orders import parse_order_id
from live.state_db.columns import ORDERS
from live.state_db.connection import Connection
from live.state_db.rows import OrderRow
from live.state_db.transition import row_after


@dataclass(frozen=True, slots=True)
class ListedOrder:
    """One order of a listing; a leg knows the broker's id of its parent."""

    order: Order
    parent_id: str | None = None


class OwnRows:
    """The own rows that a listing may be about, read with one query and kept current while it is booked."""

    def __init__(self, rows: Iterable[OrderRow]) -> None:
        self.by_alpaca_id: dict[str, OrderRow] = {}
        self.by_client_id: dict[str, OrderRow] = {}
        for row in rows:
            self.put(row)

    def put(self, row: OrderRow) -> None:
        self.by_client_id[row.client_order_id] = row
        if row.alpaca_order_id is not None:
            self.by_alpaca_id[row.alpaca_order_id] = row

    def find(self, order: Order) -> OrderRow | None:
        """Return the row of an order; a row that has only our id must fit in side, type, shares and ticker (I15)."""
        if (row := self.by_alpaca_id.get(order.id)) is not None:
            return row
        row = self.by_client_id.get(order.client_order_id)
        if row is None or row.alpaca_order_id is not None or parse_order_id(order.client_order_id) is None:
            return None
        fits = (
            order.side == row.side
            and order.type == row.order_type
            and order.qty == row.qty
            and (order.ticker == row.ticker or (row.asset_id is not None and order.asset_id == row.asset_id))
        )
        return row if fits else None


def with_legs(orders: Iterable[Order]) -> Iterator[ListedOrder]:
    """Return the orders of a listing, each followed by its legs."""
    for order in orders:
        yield ListedOrder(order)
        for leg in order.legs:
            yield ListedOrder(leg, order.id)


def read_own_rows(connection: Connection, items: Iterable[ListedOrder], known: Iterable[OrderRow] = ()) -> OwnRows:
    """Read every own row that the items could be about, with one query. known: rows that need no reading."""
    rows = OwnRows(known)
    broker_ids: set[str] = set()
    client_ids: set[str] = set()
    for item in items:
        if item.order.id in rows.by_alpaca_id:
            continue
        broker_ids.add(item.order.id)
        client_ids.add(item.order.client_order_id)
        broker_ids.update(other for other in (item.order.replaces, item.order.replaced_by) if other)
    if not broker_ids:
        return rows
    found = connection.tuples(
        f"{ORDERS.select} WHERE id IN ("
        "SELECT id FROM orders WHERE alpaca_order_id IN (SELECT value FROM json_each(?)) UNION "
        "SELECT id FROM orders WHERE client_order_id IN (SELECT value FROM json_each(?)))",
        (json.dumps(sorted(broker_ids)), json.dumps(sorted(client_ids))),
    )
    for row in ORDERS.read_all(found):
        rows.put(row)
    return rows


def has_no_news(items: Iterable[ListedOrder], rows: OwnRows) -> bool:
    """Return whether a listing changes no row, as most do: no new status, fill, leg or successor of ours."""
    for item in items:
        order = item.order
        row = rows.by_alpaca_id.get(order.id)
        if row is not None:
            if row_after(row, order) is not row:
                return False
        elif (
            order.client_order_id in rows.by_client_id
            or item.parent_id in rows.by_alpaca_id
            or order.replaces in rows.by_alpaca_id
        ):
            return False
    return True
