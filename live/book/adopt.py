"""Takes in what nothing proves ours because a person says so: `admin repair TICKER --adopt`, never a run (I17)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from backtest.model import ExitReason, Price
from backtest.money import stop_price, to_price
from live.book.recover import unknown_orders
from live.broker import Order, Position
from live.orders import Intent, OrderId
from live.state_db.db import StateDB
from live.state_db.rows import EntryDetails, NewOrder, PositionRow, Via


@dataclass(frozen=True, slots=True)
class Terms:
    """What an adopted position gets that no file tells: the strategy, the distance of its stop, and today."""

    strategy: str
    stop_loss_bp: int
    today: date


class SumDiffersError(Exception):
    """The orders of our form do not add up to what the broker holds."""


def adopt_orders(
    db: StateDB, ticker: str, orders: Sequence[Order], holding: Position | None, terms: Terms
) -> PositionRow | None:
    """Take in every order of our form of a ticker, and return the position they lead to (None: nothing filled yet).

    orders: complete, legs with their parents. Raises SumDiffersError, nothing written, when the book would not hold
    what the broker holds afterwards.
    """
    with db.transaction():
        _take(
            db, orders, [item for item in unknown_orders(db, orders) if item[1].intent is Intent.ENTRY], ticker, terms
        )
        _take(db, orders, unknown_orders(db, orders), ticker, terms)
        position = db.positions.open_for(ticker)
        held = 0 if holding is None else holding.qty
        if (0 if position is None else position.actual_shares) != held:
            raise SumDiffersError
    return position


def adopt_working_orders(db: StateDB, ticker: str, orders: Sequence[Order], terms: Terms) -> None:
    """Take in the working stops and sells of our form for a position that the book holds already."""
    working = [order for order in orders if not order.is_final]
    with db.transaction():
        _take(db, working, unknown_orders(db, working), ticker, terms)


def _take(
    db: StateDB, orders: Sequence[Order], lost: Sequence[tuple[Order, OrderId]], ticker: str, terms: Terms
) -> None:
    """Commit the orders as planned and sent, then book what the broker says of them."""
    intents = [_intent(db, order, parsed, terms) for order, parsed in lost if parsed.ticker == ticker]
    found = [intent for intent in intents if intent is not None]
    db.orders.plan(found)
    db.orders.mark_sent([intent.client_order_id for intent in found])
    db.orders.book_all(orders)


def _intent(db: StateDB, order: Order, parsed: OrderId, terms: Terms) -> NewOrder | None:
    qty = int(order.qty or 0)
    if qty <= 0 or qty != order.qty or (order.ticker, order.side) != (parsed.ticker, parsed.intent.side):
        return None
    entry = None
    position = None if parsed.intent is Intent.ENTRY else db.positions.open_for(parsed.ticker)
    stop = None if order.stop_price is None else to_price(order.stop_price)
    if parsed.intent is Intent.ENTRY:
        reference = _reference(order, terms)
        if reference is None:
            return None
        stop = stop_price(reference, terms.stop_loss_bp)
        entry = EntryDetails(
            rank=1,
            report_date=parsed.trade_date,
            as_of=parsed.trade_date - timedelta(days=1),  # no session ends between the last close before it and this
            stop_loss_bp=terms.stop_loss_bp,
            reference_price=reference,
            limit_price=None if order.limit_price is None else to_price(order.limit_price),
        )
    elif position is None or (parsed.intent is Intent.STOP and stop is None):
        return None
    return NewOrder(
        client_order_id=order.client_order_id,
        ticker=parsed.ticker,
        intent=parsed.intent,
        trade_date=parsed.trade_date,
        qty=qty,
        stop_price=None if parsed.intent is Intent.EXIT else stop,
        position_id=None if position is None else position.position_id,
        asset_id=order.asset_id,
        strategy=terms.strategy,
        exit_reason=ExitReason.MANUAL if parsed.intent is Intent.EXIT else None,
        entry=entry,
        via=Via.PATCH if order.replaces is not None else Via.POST,
    )


def _reference(order: Order, terms: Terms) -> Price | None:
    """Return the price an entry is measured from: its fill, else what its stop leg says."""
    if order.filled_avg_price is not None:
        return to_price(order.filled_avg_price)
    leg = next((leg.stop_price for leg in order.legs if leg.stop_price is not None), None)
    return None if leg is None else to_price(leg) * 10_000 // (10_000 - terms.stop_loss_bp)
