"""Foreign sell orders on shares of ours: what they cover and what is reported of them; pure.

They are never changed. A live stop among them protects what it covers, as ours would; no other order does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from backtest.money import format_price, to_price
from live.book.lasting import LastingTrouble
from live.broker import Order
from live.state_db.rows import PositionRow

COVERING = frozenset({"stop", "stop_limit", "trailing_stop"})
"""The types of a sell order that limit the loss of the shares they hold."""


def covering(orders: Iterable[Order]) -> tuple[Order, ...]:
    """Return the live stops among foreign sell orders."""
    return tuple(order for order in orders if order.type in COVERING and order.status.protects)


def shares_of(order: Order) -> int:
    """Return the shares an order still holds."""
    return 0 if order.qty is None else max(0, int(order.qty - order.filled_qty))


def foreign_troubles(position: PositionRow, orders: Sequence[Order]) -> list[LastingTrouble]:
    """Return what is reported of the foreign sell orders on a position, one trouble an order."""
    return [LastingTrouble(f"foreign:{order.id}", _sentence(position, order), _NEXT_STEP) for order in orders]


_NEXT_STEP = "It is never touched; cancel it at the broker and the next run goes on as usual."


def describe(order: Order) -> str:
    """Return an order for people: `a stop_limit sell of 10 shares at 85.00 (order 4f…)`."""
    price = "" if order.stop_price is None else f" at {format_price(to_price(order.stop_price))}"
    return f"a {order.type} sell of {shares_of(order)} shares{price} (order {order.id})"


def _sentence(position: PositionRow, order: Order) -> str:
    verb = "covers" if covering((order,)) else "holds"
    words = f"{position.ticker}: {describe(order)} that is not ours {verb} its shares"
    if covering((order,)) and order.stop_price is not None and to_price(order.stop_price) < position.stop_price:
        words += f", below our stop at {format_price(position.stop_price)}"
    return words
