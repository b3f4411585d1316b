"""How orders become live, fill and end; what a fill does to position, cash, history and the order's group."""

from __future__ import annotations

from live.sim.faults import OrderFaultKind
from live.sim.matching import fill_price, find_trigger
from live.sim.model import Activity, OrderClass, SimOrder
from live.sim.price_path import PricePath
from live.sim.state import ExchangeState
from live.sim.timeline import NEVER


def current_path(state: ExchangeState, symbol: str) -> PricePath | None:
    """Return the price path of the session that is open now; None when closed or the ticker is halted."""
    line = state.market.timeline
    session = line.upcoming(state.now)
    if session >= len(line) or line.opens[session] > state.now:
        return None
    return state.market.path(symbol, session)


def set_trigger(state: ExchangeState, order: SimOrder) -> None:
    """Find out when an order will fill in the running session, seen from now on."""
    order.trigger, order.at_once = NEVER, False
    if _can_fill(state, order):
        path = current_path(state, order.symbol)
        order.trigger, order.at_once = find_trigger(order, path, state.now)


def set_triggers(state: ExchangeState) -> None:
    for order in state.open_orders.values():
        set_trigger(state, order)


def _can_fill(state: ExchangeState, order: SimOrder) -> bool:
    """A live order can; so can a bracket's or OCO's stop, which stays `held` while its take-profit is live."""
    if order.is_live:
        return True
    if order.status != "held" or order.role != "stop_loss" or order.order_class == OrderClass.OTO:
        return False
    return any(other.role == "take_profit" and other.is_live for other in state.siblings(order))


def process_due(state: ExchangeState, until: int) -> None:
    """Carry out everything that falls due up to a moment, in time order."""
    while True:
        due = [o for o in state.open_orders.values() if o.trigger <= until or o.cancel_due <= until]
        if not due:
            return
        order = min(due, key=lambda o: (min(o.trigger, o.cancel_due), o.sort_key))
        state.now = max(state.now, min(order.trigger, order.cancel_due))
        if order.trigger <= order.cancel_due:
            execute(state, order)
        else:
            end(state, order, "canceled")


def execute(state: ExchangeState, order: SimOrder) -> None:
    """Fill an order at its trigger, as far as scripted faults and the shares held let it."""
    order.trigger = NEVER
    path = current_path(state, order.symbol) or _closing_path(state, order.symbol)
    if path is None or _is_held_back(state, order):
        return
    if state.faults.order_fault(OrderFaultKind.REJECT, order, parent_client_id(state, order)):
        end(state, order, "rejected")
        return
    shares = _fillable(state, order)
    if shares:
        book_fill(state, order, shares, fill_price(order, path, state.now, state.settings))
    if order.is_open and order.side == "sell" and not state.held(order.symbol):
        end(state, order, "canceled")  # a reverse split left fewer shares than the order names


def _closing_path(state: ExchangeState, symbol: str) -> PricePath | None:
    """Return the path of the session that closes at this very moment."""
    line = state.market.timeline
    session = line.closed(state.now)
    return state.market.path(symbol, session) if session >= 0 and line.closes[session] == state.now else None


def _is_held_back(state: ExchangeState, order: SimOrder) -> bool:
    parent = parent_client_id(state, order)
    return state.faults.order_fault(OrderFaultKind.NO_FILL, order, parent) is not None


def _fillable(state: ExchangeState, order: SimOrder) -> int:
    shares = order.remaining
    partial = state.faults.order_fault(OrderFaultKind.PARTIAL, order, parent_client_id(state, order))
    if partial is not None:
        shares = min(shares, max(0, partial.shares - order.filled_qty))
    return min(shares, state.held(order.symbol)) if order.side == "sell" else shares


def parent_client_id(state: ExchangeState, order: SimOrder) -> str:
    return state.orders[order.group].client_order_id if order.group else ""


def book_fill(state: ExchangeState, order: SimOrder, shares: int, price: int) -> None:
    """Book one execution: order, position, cash, activity, then the order's group."""
    order.filled_qty += shares
    order.fill_cost += shares * price
    order.filled = state.now
    order.fills += 1
    _move_shares(state, order, shares, price)
    pending = order.status.startswith("pending")
    status = "filled" if not order.remaining else order.status if pending else "partially_filled"
    state.touch(order, status)
    state.add_activity(
        Activity(
            at=state.now,
            id=state.activity_id(order.id, order.fills),
            type="FILL",
            symbol=order.symbol,
            qty=shares,
            price=price,
            side=order.side,
            order=order.id,
            cum_qty=order.filled_qty,
            leaves_qty=order.remaining,
            order_status=order.status,
        )
    )
    if order.group is not None:
        _update_group(state, order, shares)


def _move_shares(state: ExchangeState, order: SimOrder, shares: int, price: int) -> None:
    position = state.positions.get(order.symbol)
    qty, cost = (position.qty, position.cost) if position else (0, 0)
    if order.side == "buy":
        state.cash -= shares * price
        state.set_position(order.symbol, qty + shares, cost + shares * price)
    else:
        state.cash += shares * price
        state.set_position(order.symbol, qty - shares, cost - cost * shares // qty)


def _update_group(state: ExchangeState, order: SimOrder, shares: int) -> None:
    """Bring the other members of a group up to date after a fill."""
    if order.role == "entry":
        if not order.remaining:
            activate_legs(state, order)
        return
    for sibling in state.siblings(order):
        if order.remaining:
            sibling.qty -= shares
            state.touch(sibling)
        else:
            end(state, sibling, "canceled")


def activate_legs(state: ExchangeState, entry: SimOrder) -> None:
    """Make the legs of a completely filled entry live; a bracket's stop stays `held` but is watched."""
    for leg in state.siblings(entry):
        if not leg.is_open or leg.status != "held":
            continue
        for kind, status in _LEG_FAULTS:
            if state.faults.order_fault(kind, leg, entry.client_order_id):
                if status:
                    end(state, leg, status)
                break
        else:
            if leg.order_class == OrderClass.OTO or leg.role == "take_profit":
                state.touch(leg, "new")
    for leg in state.siblings(entry):
        set_trigger(state, leg)


_LEG_FAULTS = (
    (OrderFaultKind.LEG_HELD, None),
    (OrderFaultKind.LEG_REJECTED, "rejected"),
    (OrderFaultKind.LEG_CANCELED, "canceled"),
)


def end(state: ExchangeState, order: SimOrder, status: str) -> None:
    """End an order without a (further) fill; the open rest of its group ends with it."""
    order.trigger = order.cancel_due = NEVER
    match status:
        case "canceled":
            order.canceled = state.now
        case "expired":
            order.expired = state.now
        case "rejected":
            order.failed = state.now
    state.touch(order, status)
    for sibling in state.siblings(order):
        end(state, sibling, "expired" if status == "expired" else "canceled")
