"""How orders become live, fill and end; what a fill does to position, cash, history and the order's group."""

from __future__ import annotations

from live.sim.faults import OrderFaultKind
from live.sim.ledger import Ledger
from live.sim.matching import fill_price, find_trigger
from live.sim.model import Activity, OrderClass, SimOrder
from live.sim.tape import Path
from live.sim.timeline import NEVER


def running_path(ledger: Ledger, symbol: str) -> Path | None:
    """Return the price path of the session that is open now; None when closed or the ticker is halted."""
    line = ledger.tape.timeline
    session = line.upcoming(ledger.now)
    if session >= len(line) or line.opens[session] > ledger.now:
        return None
    return ledger.tape.path(symbol, session)


def arm(ledger: Ledger, order: SimOrder) -> None:
    """Find out when an order will fill in the running session, seen from now on."""
    order.trigger, order.at_once = NEVER, False
    if _can_fill(ledger, order):
        path = running_path(ledger, order.symbol)
        order.trigger, order.at_once = find_trigger(order, path, ledger.now)


def arm_all(ledger: Ledger) -> None:
    for order in ledger.open_orders.values():
        arm(ledger, order)


def _can_fill(ledger: Ledger, order: SimOrder) -> bool:
    """A live order can; so can a bracket's or OCO's stop, which stays `held` while its take-profit is live."""
    if order.is_live:
        return True
    if order.status != "held" or order.role != "stop_loss" or order.order_class == OrderClass.OTO:
        return False
    return any(other.role == "take_profit" and other.is_live for other in ledger.siblings(order))


def run_due(ledger: Ledger, until: int) -> None:
    """Carry out everything that falls due up to a moment, in time order."""
    while True:
        due = [o for o in ledger.open_orders.values() if o.trigger <= until or o.cancel_due <= until]
        if not due:
            return
        order = min(due, key=lambda o: (min(o.trigger, o.cancel_due), o.sort_key))
        ledger.now = max(ledger.now, min(order.trigger, order.cancel_due))
        if order.trigger <= order.cancel_due:
            execute(ledger, order)
        else:
            end(ledger, order, "canceled")


def execute(ledger: Ledger, order: SimOrder) -> None:
    """Fill an order at its trigger, as far as scripted faults and the shares held let it."""
    order.trigger = NEVER
    path = running_path(ledger, order.symbol) or _closing_path(ledger, order.symbol)
    if path is None or _is_held_back(ledger, order):
        return
    if ledger.faults.order_fault(OrderFaultKind.REJECT, order, parent_client_id(ledger, order)):
        end(ledger, order, "rejected")
        return
    shares = _fillable(ledger, order)
    if shares:
        book_fill(ledger, order, shares, fill_price(order, path, ledger.now, ledger.settings))
    if order.is_open and order.side == "sell" and not ledger.held(order.symbol):
        end(ledger, order, "canceled")  # a reverse split left fewer shares than the order names


def _closing_path(ledger: Ledger, symbol: str) -> Path | None:
    """Return the path of the session that closes at this very moment."""
    line = ledger.tape.timeline
    session = line.closed(ledger.now)
    return ledger.tape.path(symbol, session) if session >= 0 and line.closes[session] == ledger.now else None


def _is_held_back(ledger: Ledger, order: SimOrder) -> bool:
    parent = parent_client_id(ledger, order)
    return ledger.faults.order_fault(OrderFaultKind.NO_FILL, order, parent) is not None


def _fillable(ledger: Ledger, order: SimOrder) -> int:
    shares = order.remaining
    partial = ledger.faults.order_fault(OrderFaultKind.PARTIAL, order, parent_client_id(ledger, order))
    if partial is not None:
        shares = min(shares, max(0, partial.shares - order.filled_qty))
    return min(shares, ledger.held(order.symbol)) if order.side == "sell" else shares


def parent_client_id(ledger: Ledger, order: SimOrder) -> str:
    return ledger.orders[order.group].client_order_id if order.group else ""


def book_fill(ledger: Ledger, order: SimOrder, shares: int, price: int) -> None:
    """Book one execution: order, position, cash, activity, then the order's group."""
    order.filled_qty += shares
    order.fill_cost += shares * price
    order.filled = ledger.now
    order.fills += 1
    _move_shares(ledger, order, shares, price)
    pending = order.status.startswith("pending")
    status = "filled" if not order.remaining else order.status if pending else "partially_filled"
    ledger.touch(order, status)
    ledger.add_activity(
        Activity(
            at=ledger.now,
            id=ledger.activity_id(order.id, order.fills),
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
        _follow_up(ledger, order, shares)


def _move_shares(ledger: Ledger, order: SimOrder, shares: int, price: int) -> None:
    position = ledger.positions.get(order.symbol)
    qty, cost = (position.qty, position.cost) if position else (0, 0)
    if order.side == "buy":
        ledger.cash -= shares * price
        ledger.set_position(order.symbol, qty + shares, cost + shares * price)
    else:
        ledger.cash += shares * price
        ledger.set_position(order.symbol, qty - shares, cost - cost * shares // qty)


def _follow_up(ledger: Ledger, order: SimOrder, shares: int) -> None:
    """Bring the other members of a group up to date after a fill."""
    if order.role == "entry":
        if not order.remaining:
            activate_legs(ledger, order)
        return
    for sibling in ledger.siblings(order):
        if order.remaining:
            sibling.qty -= shares
            ledger.touch(sibling)
        else:
            end(ledger, sibling, "canceled")


def activate_legs(ledger: Ledger, entry: SimOrder) -> None:
    """Make the legs of a completely filled entry live; a bracket's stop stays `held` but is watched."""
    for leg in ledger.siblings(entry):
        if not leg.is_open or leg.status != "held":
            continue
        for kind, status in _LEG_FAULTS:
            if ledger.faults.order_fault(kind, leg, entry.client_order_id):
                if status:
                    end(ledger, leg, status)
                break
        else:
            if leg.order_class == OrderClass.OTO or leg.role == "take_profit":
                ledger.touch(leg, "new")
    for leg in ledger.siblings(entry):
        arm(ledger, leg)


_LEG_FAULTS = (
    (OrderFaultKind.LEG_HELD, None),
    (OrderFaultKind.LEG_REJECTED, "rejected"),
    (OrderFaultKind.LEG_CANCELED, "canceled"),
)


def end(ledger: Ledger, order: SimOrder, status: str) -> None:
    """End an order without a (further) fill; the open rest of its group ends with it."""
    order.trigger = order.cancel_due = NEVER
    match status:
        case "canceled":
            order.canceled = ledger.now
        case "expired":
            order.expired = ledger.now
        case "rejected":
            order.failed = ledger.now
    ledger.touch(order, status)
    for sibling in ledger.siblings(order):
        end(ledger, sibling, "expired" if status == "expired" else "canceled")
