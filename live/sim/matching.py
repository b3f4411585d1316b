"""When an order fills and at what price: pure, the same money functions as the simulators'."""

from __future__ import annotations

from backtest.entry_limit import is_above_limit, limited_fill
from backtest.money import buy_fill, sell_fill
from backtest.params import StopFill
from backtest.stops import trigger_price
from live.sim.model import SimOrder
from live.sim.price_path import PricePath, first_touch, price_at
from live.sim.store import Settings
from live.sim.timeline import NEVER


def find_trigger(order: SimOrder, path: PricePath | None, since: int) -> tuple[int, bool]:
    """Return the moment an order becomes executable, and whether it is so at once; NEVER when it does not.

    path: the session's price path, None while the ticker is halted.
    """
    if path is None:
        return NEVER, False
    opens, closes = path[0][0], path[-1][0]
    if order.time_in_force == "opg":
        return (opens, True) if since <= opens and _is_marketable(order, path[0][1]) else (NEVER, False)
    if order.time_in_force == "cls":
        return (closes, True) if _is_marketable(order, path[-1][1]) else (NEVER, False)
    if order.type == "market":
        return since, True
    level, falling = _level(order)
    if order.type == "limit" and _is_marketable(order, price_at(path, since)):
        return since, True
    touch = first_touch(path, since, level, falling=falling)
    return touch, touch == since


def _level(order: SimOrder) -> tuple[int, bool]:
    """Return the price that sets an order off and whether it is reached from above."""
    if order.type == "stop":
        return order.stop_price or 0, order.side == "sell"
    return order.limit_price or 0, order.side == "buy"


def _is_marketable(order: SimOrder, price: int) -> bool:
    if order.type == "market":
        return True
    limit = order.limit_price or 0
    return not is_above_limit(price, limit) if order.side == "buy" else price >= limit


def fill_price(order: SimOrder, path: PricePath, moment: int, settings: Settings) -> int:
    """Return the price of a fill at its trigger.

    Market orders and stops pay slippage, limit orders never get worse than their limit. A stop that
    the price had already passed when it became live fills there (`stop_fill: gap_aware`), one that is
    reached later at the stop itself.
    """
    price = price_at(path, moment)
    buys = order.side == "buy"
    if order.type == "limit":
        limit = order.limit_price or 0
        if not order.at_once:
            return limit
        return (
            limited_fill(buy_fill(price, settings.entry_slippage_bp), limit)
            if buys
            else max(limit, sell_fill(price, settings.slippage_bp))
        )
    if order.type == "stop":
        stop = order.stop_price or 0
        mode = StopFill(settings.stop_fill)
        if not order.at_once or (buys and mode is StopFill.STOP_PRICE):
            price = stop
        else:
            price = max(stop, price) if buys else trigger_price(stop, price, mode)
    return buy_fill(price, settings.entry_slippage_bp) if buys else sell_fill(price, settings.slippage_bp)
