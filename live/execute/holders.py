"""Looks up the orders that the broker says hold our shares."""

from __future__ import annotations

from collections.abc import Sequence

from live.broker import (
    Order,
)
from live.execute.executor import Executor
from live.refusals import (
    BrokerRefusedError,
    RefusalKind,
)


def learn_holders(executor: Executor, ticker: str, refusal: BrokerRefusedError) -> tuple[Order, ...]:
    """Read the orders that a refusal names; book ours, keep the foreign ones in the facts and return them."""
    if refusal.kind is not RefusalKind.HELD_SHARES or not refusal.related:
        return ()
    read: Sequence[Order | None] = executor.parallel.together(
        [lambda one=one: executor.broker.get_order(one) for one in refusal.related]  # type: ignore[misc]
    )
    orders = [order for order in read if order is not None and order.ticker == ticker and order.side == "sell"]
    own = executor.db.orders.own(orders)
    executor.book(order for order in orders if order.id in own)
    foreign = tuple(order for order in orders if order.id not in own and not order.is_final)
    known = executor.facts.foreign_sells
    before = tuple(order for order in known.get(ticker, ()) if order.id not in refusal.related)
    if foreign or before != known.get(ticker, ()):
        executor.learn(foreign_sells={**known, ticker: (*before, *foreign)})
    return foreign
