"""What a broker's answer makes of an order row; pure."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal

from backtest.model import Price
from backtest.money import UNITS_PER_USD, to_price
from live.broker import Order
from live.orders import Intent, OrderStatus
from live.state_db.rows import OrderRow


def row_after(row: OrderRow, order: Order) -> OrderRow:
    """Return the row as the broker's answer makes it; `row` itself or its equal when the answer brings nothing new.

    Fills without their price wait (F13). A terminal row keeps its status unless a late fill came.
    An abandoned order that the broker has after all takes the broker's status (F11).
    """
    if is_unchanged(row, order):
        return row
    filled, price = whole_shares(order.filled_qty) or 0, order.filled_avg_price
    is_new_fill = filled > row.filled_qty or (filled == row.filled_qty > 0 and price != row.fill_price)
    has_price = not is_new_fill or (price is not None and price > 0)
    if not (is_new_fill and has_price):
        filled, price = row.filled_qty, row.fill_price
    qty = max(whole_shares(order.qty) or row.qty, filled)
    status = order.status
    if status.is_final and (not has_price or (status is OrderStatus.FILLED and filled < qty)):
        status = OrderStatus.UNKNOWN  # final, but its fills are not complete yet
    was_abandoned = row.status is OrderStatus.ABANDONED
    if row.status.is_final and not was_abandoned and (status.is_open or filled == row.filled_qty):
        status, qty = row.status, max(row.qty, filled)
    return replace(
        row,
        alpaca_order_id=order.id,
        asset_id=order.asset_id or row.asset_id,
        qty=qty,
        filled_qty=filled,
        fill_price=price,
        planned_stop_price=to_price(order.stop_price)
        if row.intent is Intent.STOP and order.stop_price is not None
        else row.planned_stop_price,
        status=status,
        broker_status=order.broker_status[:40],
        reject_reason=None if was_abandoned else row.reject_reason,
        submitted_at=order.submitted_at or row.submitted_at,
        filled_at=order.filled_at or row.filled_at,
        expires_at=order.expires_at or row.expires_at,
    )


def is_unchanged(row: OrderRow, order: Order) -> bool:
    """Return whether an answer repeats what the row has, as most answers of a listing do; cheap."""
    return (
        order.id == row.alpaca_order_id
        and order.broker_status == row.broker_status == row.status
        and order.filled_qty == row.filled_qty
        and order.filled_avg_price == row.fill_price
        and order.qty == row.qty
        and order.submitted_at == row.submitted_at
        and order.filled_at == row.filled_at
        and order.expires_at == row.expires_at
        and (row.intent is not Intent.STOP or order.stop_price is None
             or to_price(order.stop_price) == row.planned_stop_price)
    )  # fmt: skip


def whole_shares(value: Decimal | None) -> int | None:
    """Return the number of shares; our orders never have a fraction."""
    return None if value is None else int(value)


def notional_of(average: Decimal, shares: int) -> Price:
    """Return Σ fill·qty in 1/10,000 USD from the broker's average price, half-even.

    The broker rounds the average to nine decimals, so the product is right to far below a unit.
    """
    return int((average * shares * UNITS_PER_USD).to_integral_value(rounding=ROUND_HALF_EVEN))


def notional(row: OrderRow) -> Price:
    """Return Σ fill·qty of an order in 1/10,000 USD."""
    return 0 if row.fill_price is None else notional_of(row.fill_price, row.filled_qty)
