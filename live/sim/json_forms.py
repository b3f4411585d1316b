"""The exchange's JSON: field names, types and formats of the real answers.

Money and quantities are strings, market data are numbers, orders carry UTC moments, the clock New
York ones. An order's text is kept until the order changes: listings are asked for at every poll.
"""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from backtest.money import UNITS_PER_USD, format_price
from backtest.reports.directory import Listing
from live.sim.listed import Standing, listing_of
from live.sim.model import Activity, SimOrder, SimPosition, make_uuid
from live.sim.state import ExchangeState
from live.sim.timeline import iso, new_york_day

_NO_LEGS = '"legs":null'


_ENCODER = json.JSONEncoder(separators=(",", ":"))


def dump(content: Any) -> str:
    return _ENCODER.encode(content)


@lru_cache(maxsize=8192)
def asset_id(seed: str, symbol: str) -> str:
    return make_uuid(seed, "asset", symbol)


@lru_cache(maxsize=256)
def account_id(seed: str) -> str:
    return make_uuid(seed, "account")


def average_text(cost: int, shares: int) -> str:
    """Return an average price with as many decimals as it needs, nine at most."""
    if cost % shares == 0:
        return format_price(cost // shares)
    value = (Decimal(cost) / shares / UNITS_PER_USD).quantize(Decimal("1e-9"))
    return format(value.normalize(), "f")


def fraction_text(numerator: int, denominator: int) -> str:
    """Return a ratio (0.05 = 5 %) with ten decimals; "0" when there is nothing to divide by."""
    return "0" if not denominator else f"{numerator / denominator:.10f}"


def _moment(us: int | None) -> str | None:
    return None if us is None else iso(us)


def _price(price: int | None) -> str | None:
    return None if price is None else format_price(price)


def order_text(state: ExchangeState, order: SimOrder, *, legs: bool) -> str:
    """Return an order's JSON, its current legs inside when asked for."""
    text = order.json
    if text is None:
        text = order.json = dump(_order_fields(state, order))
    if legs and order.group is not None and (members := state.legs_of(order)):
        inner = ",".join(order_text(state, leg, legs=False) for leg in members)
        return text.replace(_NO_LEGS, f'"legs":[{inner}]', 1)
    return text


def _order_fields(state: ExchangeState, order: SimOrder) -> dict[str, Any]:
    return {
        "id": order.id,
        "client_order_id": order.client_order_id,
        "created_at": iso(order.submitted),
        "updated_at": iso(order.updated),
        "submitted_at": iso(order.submitted),
        "filled_at": _moment(order.filled),
        "expired_at": _moment(order.expired),
        "expires_at": iso(order.expires),
        "canceled_at": _moment(order.canceled),
        "failed_at": _moment(order.failed),
        "replaced_at": _moment(order.replaced),
        "replaced_by": order.replaced_by,
        "replaces": order.replaces,
        "asset_id": asset_id(state.settings.seed, order.symbol),
        "symbol": order.symbol,
        "asset_class": "us_equity",
        "notional": None,
        "qty": str(order.qty),
        "filled_qty": str(order.filled_qty),
        "filled_avg_price": average_text(order.fill_cost, order.filled_qty) if order.filled_qty else None,
        "order_class": order.order_class,
        "order_type": order.type,
        "type": order.type,
        "side": order.side,
        "position_intent": order.position_intent,
        "time_in_force": order.time_in_force,
        "limit_price": _price(order.limit_price),
        "stop_price": _price(order.stop_price),
        "status": order.status,
        "extended_hours": False,
        "legs": None,
        "trail_percent": None,
        "trail_price": None,
        "hwm": None,
        "subtag": None,
        "source": None,
    }


def account_fields(state: ExchangeState) -> dict[str, Any]:
    """Return the account; what was set on it by hand wins."""
    value = state.long_value()
    equity = state.cash + value
    power = format_price(state.buying_power())
    multiplier = state.settings.multiplier
    as_of, last_equity = _last_close(state)
    changes = {name: value for name, value in state.account.items() if name not in _CONFIGURATION}
    return {
        "id": account_id(state.settings.seed),
        "admin_configurations": {},
        "user_configurations": None,
        "account_number": "PA" + account_id(state.settings.seed)[:10].replace("-", "").upper(),
        "status": "ACTIVE",
        "crypto_status": "INACTIVE",
        "currency": "USD",
        "buying_power": power,
        "regt_buying_power": power,
        "effective_buying_power": power,
        "non_marginable_buying_power": format_price(max(0, state.cash)),
        "options_buying_power": "0",
        "cash": format_price(state.cash),
        "accrued_fees": "0",
        "portfolio_value": format_price(equity),
        "trading_blocked": False,
        "transfers_blocked": False,
        "account_blocked": False,
        "created_at": iso(state.settings.created),
        "trade_suspended_by_user": bool(state.account.get("suspend_trade", False)),
        "multiplier": str(multiplier),
        "shorting_enabled": False,
        "equity": format_price(equity),
        "last_equity": format_price(last_equity),
        "long_market_value": format_price(value),
        "short_market_value": "0",
        "position_market_value": format_price(value),
        "initial_margin": format_price(value // multiplier),
        "maintenance_margin": format_price(0 if multiplier == 1 else value * 3 // 10),
        "last_maintenance_margin": "0",
        "sma": format_price(last_equity),
        "balance_asof": as_of.isoformat(),
        **changes,
    }


def _last_close(state: ExchangeState) -> tuple[date, int]:
    """Return the trading day before today's and the equity at its close; the start before the first."""
    line = state.market.timeline
    today = new_york_day(state.now).toordinal()
    for session, equity in reversed(state.equity_history):
        if line.ordinals[session] < today:
            return line.day(session), equity
    return new_york_day(state.settings.created), state.settings.initial_cash


_CONFIGURATION = {
    "no_shorting": True,
    "suspend_trade": False,
    "fractional_trading": False,
    "max_margin_multiplier": "1",
    "trade_confirm_email": "none",
    "ptp_no_exception_entry": False,
    "max_options_trading_level": 0,
    "disable_overnight_trading": True,
}


def configuration_fields(state: ExchangeState) -> dict[str, Any]:
    """Return the account's configuration."""
    changed = {name: value for name, value in state.account.items() if name in _CONFIGURATION}
    return {**_CONFIGURATION, "max_margin_multiplier": str(state.settings.multiplier), **changed}


def is_configuration(name: str) -> bool:
    return name in _CONFIGURATION


def position_text(state: ExchangeState, position: SimPosition) -> str:
    """Return one position's JSON."""
    price = state.mark(position.symbol)
    session = state.market.timeline.upcoming(state.now)
    last = state.market.close_in_units_of_now(position.symbol, session - 1, state.now) or price
    reserved, _ = state.reserved(position.symbol)
    settings = state.settings
    return _position_text(
        asset_id(settings.seed, position.symbol), settings.multiplier > 1, position, price, last, reserved
    )


@lru_cache(maxsize=1024)
def _position_text(asset: str, is_marginable: bool, position: SimPosition, price: int, last: int, reserved: int) -> str:
    """The text at given prices: positions are asked for at every poll, and prices stand still in between."""
    value, gain, day_gain = price * position.qty, price * position.qty - position.cost, (price - last) * position.qty
    fields = {
        "asset_id": asset,
        "symbol": position.symbol,
        "exchange": "NASDAQ",
        "asset_class": "us_equity",
        "asset_marginable": is_marginable,
        "qty": str(position.qty),
        "avg_entry_price": average_text(position.cost, position.qty),
        "side": "long",
        "market_value": format_price(value),
        "cost_basis": format_price(position.cost),
        "unrealized_pl": format_price(gain),
        "unrealized_plpc": fraction_text(gain, position.cost),
        "unrealized_intraday_pl": format_price(day_gain),
        "unrealized_intraday_plpc": fraction_text(price - last, last),
        "current_price": format_price(price),
        "lastday_price": format_price(last),
        "change_today": fraction_text(price - last, last),
        "qty_available": str(position.qty - reserved),
    }
    return dump(fields)


def asset_text(state: ExchangeState, symbol: str, standing: Standing) -> tuple[str, str]:
    """Return one instrument's status and its JSON; what was set on it by hand wins."""
    settings = state.settings
    text = _asset_text(settings.seed, listing_of(state, symbol), standing, settings.multiplier > 1)
    changed = state.assets.get(symbol)
    if changed is None:
        return _status(standing), text
    changes = {name: value for name, value in changed.items() if name != "missing"}
    status = str(changes.get("status", _status(standing)))
    return status, text if not changes else dump({**json.loads(text), **changes})


def _status(standing: Standing) -> str:
    return "active" if standing.is_active else "inactive"


@lru_cache(maxsize=32_768)
def _asset_text(seed: str, listing: Listing, standing: Standing, marginable: bool) -> str:
    """The text of one instrument: they rarely change, and are listed by the thousand."""
    fields = {
        "id": asset_id(seed, listing.ticker),
        "class": "us_equity",
        "exchange": listing.exchange,
        "symbol": listing.ticker,
        "name": listing.name,
        "status": _status(standing),
        "tradable": standing is Standing.TRADING,
        "marginable": marginable,
        "shortable": False,
        "easy_to_borrow": False,
        "borrow_status": "hard_to_borrow",
        "fractionable": False,
        "attributes": [],
    }
    return dump(fields)


def activity_fields(activity: Activity) -> dict[str, Any]:
    """Return one line of the account's history: an execution, or anything else."""
    if activity.order is not None:
        return {
            "id": activity.id,
            "activity_type": activity.type,
            "transaction_time": iso(activity.at),
            "type": "partial_fill" if activity.leaves_qty else "fill",
            "price": format_price(activity.price or 0),
            "qty": str(activity.qty),
            "side": activity.side,
            "symbol": activity.symbol,
            "leaves_qty": str(activity.leaves_qty),
            "order_id": activity.order,
            "cum_qty": str(activity.cum_qty),
            "order_status": activity.order_status,
        }
    return {
        "id": activity.id,
        "activity_type": activity.type,
        "activity_sub_type": activity.sub_type,
        "date": new_york_day(activity.at).isoformat(),
        "created_at": iso(activity.at),
        "net_amount": format_price(activity.net_amount or 0),
        "symbol": activity.symbol,
        "qty": str(activity.qty),
        "price": _price(activity.price),
        "per_share_amount": _price(activity.price),
        "description": activity.description,
        "status": "executed",
        "currency": "USD",
    }
