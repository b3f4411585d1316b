"""What an order may be refused for when the account and the market are looked at."""

from __future__ import annotations

from collections.abc import Iterable

from backtest.model import Price
from backtest.money import CENT
from live.clock import NEW_YORK
from live.sim.intake import Ticket
from live.sim.ledger import Ledger
from live.sim.model import OrderClass, SimOrder
from live.sim.refusals import (
    Refusal,
    duplicate_id,
    forbidden,
    insufficient_buying_power,
    insufficient_qty,
    leg_beyond_base,
    stop_beyond_market,
    unprocessable,
    wash_trade,
)
from live.sim.timeline import to_datetime

_OPG_SHUT = (9 * 60 + 28, 19 * 60)
_CLS_SHUT = (15 * 60 + 50, 19 * 60)


def check_new(ledger: Ledger, ticket: Ticket) -> None:
    """Raise the refusal a new order meets, in a fixed order; return when there is none."""
    if ticket.client_order_id is not None:
        check_unused(ledger, ticket.client_order_id)
    check_account(ledger)
    check_asset(ledger, ticket.symbol)
    _check_window(ledger, ticket)
    market = ledger.mark(ticket.symbol)
    _check_side(ledger, ticket)
    _check_intent(ticket)
    if ticket.type == "stop":
        check_stop(ticket.side, ticket.stop_price or 0, market)
    _check_legs(ticket, market)
    if ticket.order_class is OrderClass.SIMPLE:
        _check_wash(ticket, ledger.open_for(ticket.symbol))
    if ticket.side == "buy":
        cost = ticket.qty * (ticket.limit_price or ticket.stop_price or market)
        check_funds(ledger, cost, ledger.buying_power())


def check_unused(ledger: Ledger, client_order_id: str) -> None:
    """An id is used up for ever, by canceled orders too."""
    if client_order_id in ledger.by_client_id:
        raise duplicate_id()


def check_account(ledger: Ledger) -> None:
    account = ledger.account
    if account.get("suspend_trade") or account.get("trade_suspended_by_user"):
        raise forbidden("new orders are rejected by user request")
    blocked = account.get("trading_blocked") or account.get("account_blocked")
    if blocked or account.get("status", "ACTIVE") != "ACTIVE":
        raise forbidden("account is not authorized to trade")


def check_asset(ledger: Ledger, symbol: str) -> None:
    changes = ledger.assets.get(symbol, {})
    if changes.get("missing") or ledger.tape.last_trade(symbol, ledger.now) is None:
        raise unprocessable(f'asset "{symbol}" not found')
    if changes.get("status", "active") != "active" or not ledger.tape.is_active(symbol, ledger.now):
        raise unprocessable(f"asset {symbol} is not active")
    if not changes.get("tradable", True):
        raise forbidden(f"asset {symbol} is not tradable")


def _check_window(ledger: Ledger, ticket: Ticket) -> None:
    tif = ticket.time_in_force
    local = to_datetime(ledger.now).astimezone(NEW_YORK)
    minute = local.hour * 60 + local.minute
    if tif == "opg" and _OPG_SHUT[0] <= minute < _OPG_SHUT[1]:
        raise unprocessable("opg orders are not accepted between 09:28 and 19:00")
    if tif == "cls" and _CLS_SHUT[0] <= minute < _CLS_SHUT[1]:
        raise unprocessable("cls orders are not accepted between 15:50 and 19:00")
    if tif in ("ioc", "fok") and not ledger.tape.timeline.is_open(ledger.now):
        raise unprocessable(f"{tif} orders are only accepted while the market is open")


def _check_side(ledger: Ledger, ticket: Ticket) -> None:
    held = ledger.held(ticket.symbol)
    if ticket.order_class in (OrderClass.BRACKET, OrderClass.OTO):
        if ticket.side == "sell":
            raise unprocessable("bracket orders must be entry orders") if held else _no_short()
        return
    if ticket.side == "buy":
        if ticket.order_class is OrderClass.OCO:
            raise unprocessable("oco orders must be exit orders")
        return
    if not held:
        raise _no_short()
    reserved, related = ledger.reserved(ticket.symbol)
    if ticket.qty > held - reserved:
        raise insufficient_qty(ticket.symbol, ticket.qty, held, reserved, related)


def _no_short() -> Refusal:
    return forbidden("account is not allowed to short")


def _check_intent(ticket: Ticket) -> None:
    inferred = infer_intent(ticket.side)
    if ticket.position_intent is not None and ticket.position_intent != inferred:
        raise unprocessable(f"position intent mismatch, inferred: {inferred}, specified: {ticket.position_intent}")


def infer_intent(side: str) -> str:
    """Return what an order of a side means on an account that is never short."""
    return "buy_to_open" if side == "buy" else "sell_to_close"


def check_stop(side: str, stop: Price, market: Price) -> None:
    if (stop >= market) if side == "sell" else (stop <= market):
        raise stop_beyond_market(side, stop, market)


def _check_legs(ticket: Ticket, market: Price) -> None:
    if ticket.order_class is OrderClass.SIMPLE:
        return
    base = market if ticket.limit_price is None or ticket.order_class is OrderClass.OCO else ticket.limit_price
    if ticket.stop_loss is not None and ticket.stop_loss > base - CENT:
        raise leg_beyond_base("stop_loss.stop_price must be <= base_price - 0.01", base)
    if ticket.take_profit is not None and ticket.take_profit < base + CENT:
        raise leg_beyond_base("take_profit.limit_price must be >= base_price + 0.01", base)


def _check_wash(ticket: Ticket, open_orders: Iterable[SimOrder]) -> None:
    """The broker's table of opposite plain orders.

    It exempts complex orders without saying whether the new or the resting one has to be complex;
    here only a new complex order is exempt, the stricter reading.
    """
    for other in open_orders:
        if other.side == ticket.side:
            continue
        if other.type == "limit" and ticket.type == "limit":
            mine, theirs = ticket.limit_price or 0, other.limit_price or 0
            buy, sell = (mine, theirs) if ticket.side == "buy" else (theirs, mine)
            if buy >= sell:
                raise wash_trade(other.id, "opposite side limit order exists")
        elif other.type == "limit":
            raise wash_trade(other.id, "opposite side limit order exists")
        else:
            raise wash_trade(other.id, "opposite side market/stop order exists")


def check_funds(ledger: Ledger, cost: Price, available: Price) -> None:
    if cost > available:
        raise insufficient_buying_power(available, cost)
