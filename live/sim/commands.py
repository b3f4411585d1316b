"""What a client may ask for: a new order, a cancel, a replacement. Refusals leave the state untouched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from live.sim.checks import check_account, check_funds, check_new, check_stop, check_unused, infer_intent
from live.sim.corporate import make_successor
from live.sim.faults import OrderFaultKind
from live.sim.fills import current_path, end, execute, parent_client_id, process_due, set_trigger
from live.sim.model import OrderClass, SimOrder, make_uuid
from live.sim.order_request import OrderRequest, read_client_order_id, read_price, read_qty
from live.sim.refusals import Refusal, insufficient_qty, unprocessable
from live.sim.state import ExchangeState
from live.sim.timeline import SECOND_US, gtc_expiry, new_york_day


def submit(state: ExchangeState, request: OrderRequest) -> SimOrder:
    """Take in an order with its legs and return it; nothing has filled yet (`match` does that)."""
    check_new(state, request)
    line = state.market.timeline
    session = line.upcoming(state.now)
    key = request.client_order_id or make_uuid(state.settings.seed, "client", state.orders_made)
    is_group = request.order_class is not OrderClass.SIMPLE
    is_oco = request.order_class is OrderClass.OCO
    order_id = make_uuid(state.settings.seed, "order", key)
    day_end = line.closes[session]
    order = SimOrder(
        id=order_id,
        client_order_id=key,
        symbol=request.symbol,
        side=request.side,
        type=request.type,
        time_in_force=request.time_in_force,
        order_class=request.order_class.value,
        qty=request.qty,
        status="new" if line.is_open(state.now) else "accepted",
        submitted=state.now,
        updated=state.now,
        expires=gtc_expiry(new_york_day(state.now)) if request.time_in_force == "gtc" else day_end,
        session=session,
        limit_price=request.take_profit if is_oco else request.limit_price,
        stop_price=request.stop_price,
        group=order_id if is_group else None,
        role="take_profit" if is_oco else "entry",
        position_intent=infer_intent(request.side),
    )
    state.add_order(order)
    if request.take_profit is not None and not is_oco:
        _add_leg(state, order, "take_profit", request.take_profit)
    if request.stop_loss is not None:
        _add_leg(state, order, "stop_loss", request.stop_loss)
    return order


def _add_leg(state: ExchangeState, parent: SimOrder, role: str, price: int) -> None:
    key = make_uuid(state.settings.seed, "leg", parent.id, role)
    is_stop = role == "stop_loss"
    state.add_order(
        SimOrder(
            id=make_uuid(state.settings.seed, "order", key),
            client_order_id=key,
            symbol=parent.symbol,
            side="sell",
            type="stop" if is_stop else "limit",
            time_in_force=parent.time_in_force,
            order_class=parent.order_class,
            qty=parent.qty,
            status="held",
            submitted=parent.submitted,
            updated=parent.updated,
            expires=parent.expires,
            session=parent.session,
            limit_price=None if is_stop else price,
            stop_price=price if is_stop else None,
            group=parent.id,
            role=role,
            position_intent="sell_to_close",
        )
    )


def match(state: ExchangeState, order: SimOrder) -> None:
    """Let an order just taken in fill as far as it can at this moment."""
    set_trigger(state, order)
    for sibling in state.siblings(order):
        set_trigger(state, sibling)
    process_due(state, state.now)
    if order.is_open and order.time_in_force in ("ioc", "fok"):
        end(state, order, "canceled")


def cancel(state: ExchangeState, order: SimOrder) -> None:
    """Cancel an order and the open rest of its group. Raises Refusal when it has ended or is being canceled."""
    if order.status == "pending_cancel":
        raise unprocessable("order pending cancel")
    if not order.is_open:
        raise unprocessable(f'order is already in "{order.status}" state')
    parent = parent_client_id(state, order)
    slow = state.faults.order_fault(OrderFaultKind.CANCEL_SLOW, order, parent)
    if slow is not None:
        order.cancel_due = state.now + int(slow.seconds * SECOND_US)
        state.touch(order, "pending_cancel")
        return
    if state.faults.order_fault(OrderFaultKind.CANCEL_FILLS, order, parent) and current_path(state, order.symbol):
        order.at_once = True
        execute(state, order)
        process_due(state, state.now)
    if order.is_open:
        end(state, order, "canceled")


_FIXED = frozenset({"accepted", "pending_new", "accepted_for_bidding", "held", "pending_cancel", "pending_replace"})


def replace(state: ExchangeState, order: SimOrder, content: Mapping[str, Any]) -> SimOrder:
    """Replace an order by one with other quantity or prices and return the new one.

    Members of a group may only change their prices, as the broker documents it. The new quantity
    counts what has already filled.
    """
    if order.status in _FIXED or not order.is_open:
        raise unprocessable(f"cannot replace order in {order.status} status")
    check_account(state)
    client_order_id = read_client_order_id(content)
    if client_order_id is not None:
        check_unused(state, client_order_id)
    limit = _new_price(order.limit_price, content, "limit_price", order)
    stop = _new_price(order.stop_price, content, "stop_price", order)
    if order.type == "stop" and stop is not None and stop != order.stop_price:
        check_stop(order.side, stop, state.mark(order.symbol))
    tif = content.get("time_in_force") or order.time_in_force
    if tif != order.time_in_force and (order.is_complex or tif not in ("day", "gtc")):
        raise unprocessable("time_in_force of this order cannot be replaced")
    qty = _new_qty(state, order, content)
    if order.side == "buy":
        price = limit or stop or state.mark(order.symbol)
        check_funds(state, qty * price, state.buying_power() + state.buy_cost(order, order.remaining))
    line = state.market.timeline
    session = line.upcoming(state.now)
    successor = make_successor(
        state,
        order,
        client_order_id=client_order_id or make_uuid(state.settings.seed, "client", state.orders_made),
        qty=qty,
        limit_price=limit,
        stop_price=stop,
        expires=gtc_expiry(new_york_day(state.now)) if tif == "gtc" else line.closes[session],
        time_in_force=tif,
    )
    successor.session = session
    return successor


def _new_price(old: int | None, content: Mapping[str, Any], field: str, order: SimOrder) -> int | None:
    price = read_price(content, field)
    if price is None:
        return old
    if old is None:
        raise unprocessable(f"{order.type} orders have no {field}")
    return price


def _new_qty(state: ExchangeState, order: SimOrder, content: Mapping[str, Any]) -> int:
    if content.get("qty") in (None, ""):
        return order.remaining
    qty = read_qty(content, simple=True, symbol=order.symbol)
    if qty != order.qty and order.is_complex:
        raise unprocessable(f"qty of {order.order_class} orders cannot be replaced")
    if qty <= order.filled_qty:
        raise unprocessable("qty must be > filled_qty")
    wanted = qty - order.filled_qty
    if order.side == "sell":
        reserved, related = state.reserved(order.symbol)
        others = reserved - order.remaining
        if wanted > state.held(order.symbol) - others and wanted > order.remaining:
            raise _too_many(state, order, wanted, others, related)
    return wanted


def _too_many(state: ExchangeState, order: SimOrder, wanted: int, others: int, related: list[str]) -> Refusal:
    held = state.held(order.symbol)
    return insufficient_qty(order.symbol, wanted, held, others, [name for name in related if name != order.id])
