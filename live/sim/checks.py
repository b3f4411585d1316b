"""What an order may be refused for when the account and the market are looked at."""

from __future__ import annotations

from collections.abc import Iterable

from backtest.model import Price
from backtest.money import CENT
from live.clock import NEW_YORK
from live.sim.model import OrderClass, SimOrder
from live.sim.order_request import OrderRequest
from live.sim.refusals import (
    Refusal,
    forbidden,
    insufficient_buying_power,
    insufficient_qty,
    leg_beyond_base,
    malformed,
    stop_beyond_market,
    unprocessable,
    wash_trade,
)
from live.sim.state import ExchangeState
from live.sim.timeline import to_datetime

_OPG_SHUT = (9 * 60 + 28, 19 * 60)
_CLS_SHUT = (15 * 60 + 50, 19 * 60)


def check_new(state: ExchangeState, request: OrderRequest) -> None:
    """Raise the refusal a new order meets, in a fixed order; return when there is none."""
    if request.client_order_id is not None:
        check_unused(state, request.client_order_id)
    check_account(state)
    check_asset(state, request.symbol)
    _check_hours(state, request)
    market_price = state.mark(request.symbol)
    _check_side(state, request)
    _check_intent(request)
    if request.type == "stop":
        check_stop(request.side, request.stop_price or 0, market_price)
    _check_legs(request, market_price)
    if request.order_class is OrderClass.SIMPLE:
        _check_wash(request, state.open_for(request.symbol))
    if request.side == "buy":
        cost = request.qty * (request.limit_price or request.stop_price or market_price)
        check_funds(state, cost, state.buying_power())


def check_unused(state: ExchangeState, client_order_id: str) -> None:
    """An id is used up for ever, by canceled orders too."""
    if client_order_id in state.by_client_id:
        raise malformed("client_order_id must be unique")


def check_account(state: ExchangeState) -> None:
    account = state.account
    if account.get("suspend_trade") or account.get("trade_suspended_by_user"):
        raise forbidden("new orders are rejected by user request")
    blocked = account.get("trading_blocked") or account.get("account_blocked")
    if blocked or account.get("status", "ACTIVE") != "ACTIVE":
        raise forbidden("account is not authorized to trade")


def check_asset(state: ExchangeState, symbol: str) -> None:
    changes = state.assets.get(symbol, {})
    if not state.knows(symbol):
        raise unprocessable(f'asset "{symbol}" not found')
    if changes.get("status", "active") != "active" or not state.market.is_active(symbol, state.now):
        raise unprocessable(f"asset {symbol} is not active")
    if not changes.get("tradable", True):
        raise forbidden(f"asset {symbol} is not tradable")


def _check_hours(state: ExchangeState, request: OrderRequest) -> None:
    tif = request.time_in_force
    local = to_datetime(state.now).astimezone(NEW_YORK)
    minute = local.hour * 60 + local.minute
    if tif == "opg" and _OPG_SHUT[0] <= minute < _OPG_SHUT[1]:
        raise unprocessable("opg orders are not accepted between 09:28 and 19:00")
    if tif == "cls" and _CLS_SHUT[0] <= minute < _CLS_SHUT[1]:
        raise unprocessable("cls orders are not accepted between 15:50 and 19:00")
    if tif in ("ioc", "fok") and not state.market.timeline.is_open(state.now):
        raise unprocessable(f"{tif} orders are only accepted while the market is open")


def _check_side(state: ExchangeState, request: OrderRequest) -> None:
    held = state.held(request.symbol)
    if request.order_class in (OrderClass.BRACKET, OrderClass.OTO):
        if request.side == "sell":
            raise unprocessable("bracket orders must be entry orders") if held else _no_short()
        return
    if request.side == "buy":
        if request.order_class is OrderClass.OCO:
            raise unprocessable("oco orders must be exit orders")
        return
    if not held:
        raise _no_short()
    reserved, related = state.reserved(request.symbol)
    if request.qty > held - reserved:
        raise insufficient_qty(request.symbol, request.qty, held, reserved, related)


def _no_short() -> Refusal:
    return forbidden("account is not allowed to short")


def _check_intent(request: OrderRequest) -> None:
    inferred = infer_intent(request.side)
    if request.position_intent is not None and request.position_intent != inferred:
        raise unprocessable(f"position intent mismatch, inferred: {inferred}, specified: {request.position_intent}")


def infer_intent(side: str) -> str:
    """Return what an order of a side means on an account that is never short."""
    return "buy_to_open" if side == "buy" else "sell_to_close"


def check_stop(side: str, stop: Price, market_price: Price) -> None:
    if (stop >= market_price) if side == "sell" else (stop <= market_price):
        raise stop_beyond_market(side, stop, market_price)


def _check_legs(request: OrderRequest, market_price: Price) -> None:
    if request.order_class is OrderClass.SIMPLE:
        return
    base = market_price if request.limit_price is None or request.order_class is OrderClass.OCO else request.limit_price
    if request.stop_loss is not None and request.stop_loss > base - CENT:
        raise leg_beyond_base("stop_loss.stop_price must be <= base_price - 0.01", base)
    if request.take_profit is not None and request.take_profit < base + CENT:
        raise leg_beyond_base("take_profit.limit_price must be >= base_price + 0.01", base)


def _check_wash(request: OrderRequest, open_orders: Iterable[SimOrder]) -> None:
    """The broker's table of opposite plain orders.

    It exempts complex orders without saying whether the new or the resting one has to be complex;
    here only a new complex order is exempt, the stricter reading.
    """
    for other in open_orders:
        if other.side == request.side:
            continue
        if other.type == "limit" and request.type == "limit":
            mine, theirs = request.limit_price or 0, other.limit_price or 0
            buy, sell = (mine, theirs) if request.side == "buy" else (theirs, mine)
            if buy >= sell:
                raise wash_trade(other.id, "opposite side limit order exists")
        elif other.type == "limit":
            raise wash_trade(other.id, "opposite side limit order exists")
        else:
            raise wash_trade(other.id, "opposite side market/stop order exists")


def check_funds(state: ExchangeState, cost: Price, available: Price) -> None:
    if cost > available:
        raise insufficient_buying_power(available, cost)
