"""Reads the body of an order request, and refuses what can be refused without the account and the market."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from backtest.money import UNITS_PER_USD, is_on_tick
from live.sim.model import OrderClass
from live.sim.refusals import Refusal, forbidden, malformed, sub_penny, unprocessable

_SIDES = ("buy", "sell")
_TYPES = ("market", "limit", "stop", "stop_limit", "trailing_stop")
_TIFS = ("day", "gtc", "opg", "cls", "ioc", "fok")
_MAX_ID = 128
_MAX_PRICE = 10_000_000 * UNITS_PER_USD


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """An order as the client asks for it. Prices in 1/10,000 USD; take_profit and stop_loss are those of the legs."""

    symbol: str
    side: str
    type: str
    time_in_force: str
    order_class: OrderClass
    qty: int
    client_order_id: str | None = None
    limit_price: int | None = None
    stop_price: int | None = None
    take_profit: int | None = None
    stop_loss: int | None = None
    position_intent: str | None = None


def parse_body(body: bytes) -> dict[str, Any]:
    """Return a JSON object with exact numbers; anything else is refused."""
    try:
        content = json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise Refusal(400, 40010000, "request body format is invalid")
    return content


def read_order_request(content: Mapping[str, Any]) -> OrderRequest:
    """Return the order a POST body asks for. Raises Refusal in the broker's words."""
    symbol = content.get("symbol")
    if not isinstance(symbol, str) or not symbol:
        raise malformed("symbol is required")
    order_class = _word(content, "order_class", tuple(OrderClass), "simple")
    kind = _word(content, "type", _TYPES)
    tif = _word(content, "time_in_force", _TIFS)
    if content.get("extended_hours") is True:
        raise unprocessable("extended hours orders are not supported by this exchange")
    if kind in ("stop_limit", "trailing_stop"):
        raise unprocessable(f"{kind} orders are not supported by this exchange")
    intent = content.get("position_intent")
    request = OrderRequest(
        symbol=symbol,
        side=_word(content, "side", _SIDES),
        type=kind,
        time_in_force=tif,
        order_class=OrderClass(order_class),
        qty=read_qty(content, simple=order_class == "simple", symbol=symbol),
        client_order_id=read_client_order_id(content),
        limit_price=read_price(content, "limit_price"),
        stop_price=read_price(content, "stop_price"),
        take_profit=_leg_price(content, "take_profit", "limit_price"),
        stop_loss=_leg_price(content, "stop_loss", "stop_price"),
        position_intent=intent if isinstance(intent, str) and intent else None,
    )
    _check_type(request)
    _check_class(request)
    return request


def _word(content: Mapping[str, Any], field: str, known: tuple[str, ...], default: str | None = None) -> str:
    value = content.get(field) or default
    if value is None:
        raise malformed(f"{field} is required")
    if value not in known:
        raise malformed(f"invalid {field}")
    return str(value)


def read_client_order_id(content: Mapping[str, Any]) -> str | None:
    value = content.get("client_order_id")
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise malformed("client_order_id must be a string")
    if len(value) > _MAX_ID:
        raise malformed(f"client_order_id must be no more than {_MAX_ID} characters")
    return value


def _decimal(content: Mapping[str, Any], field: str) -> tuple[Decimal, str] | None:
    value = content.get(field)
    if value is None or value == "":
        return None
    try:
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            raise InvalidOperation
        number = Decimal(value)
    except InvalidOperation:
        raise malformed(f"invalid {field}") from None
    if not number.is_finite():
        raise malformed(f"invalid {field}")
    return number, str(value)


def read_qty(content: Mapping[str, Any], *, simple: bool, symbol: str) -> int:
    """Return the whole shares asked for; fractions and amounts in dollars are refused."""
    found = _decimal(content, "qty")
    if found is None:
        if content.get("notional") not in (None, ""):
            raise _fractional(simple, symbol)
        raise malformed("qty or notional is required")
    number, _ = found
    if number <= 0:
        raise malformed("qty must be > 0")
    if number != number.to_integral_value():
        raise _fractional(simple, symbol)
    if number > 10**9:
        raise malformed("qty is too large")
    return int(number)


def _fractional(simple: bool, symbol: str) -> Refusal:
    if not simple:
        return unprocessable("fractional orders must be simple orders")
    return forbidden(f'asset "{symbol}" is not fractionable')


def read_price(content: Mapping[str, Any], field: str, name: str | None = None) -> int | None:
    """Return a price in 1/10,000 USD, None when it is not given; off the tick grid it is refused."""
    found = _decimal(content, field)
    if found is None:
        return None
    number, text = found
    name = name or field
    units = number * UNITS_PER_USD
    if number <= 0 or units > _MAX_PRICE:
        raise malformed(f"invalid {name}")
    if units != units.to_integral_value() or not is_on_tick(int(units)):
        raise sub_penny(name, text)
    return int(units)


def _leg_price(content: Mapping[str, Any], leg: str, field: str) -> int | None:
    part = content.get(leg)
    if part is None:
        return None
    if not isinstance(part, Mapping):
        raise malformed(f"invalid {leg}")
    if leg == "stop_loss" and part.get("limit_price") not in (None, ""):
        raise unprocessable("stop_limit orders are not supported by this exchange")
    return read_price(part, field, f"{leg}.{field}")


def _check_type(request: OrderRequest) -> None:
    wants_limit, wants_stop = request.type == "limit", request.type == "stop"
    if wants_limit and request.limit_price is None and request.order_class is not OrderClass.OCO:
        raise malformed("limit orders require limit price")
    if wants_stop and request.stop_price is None:
        raise malformed("stop orders require stop price")
    if not wants_limit and request.limit_price is not None:
        raise malformed(f"{request.type} orders require no limit price")
    if not wants_stop and request.stop_price is not None:
        raise malformed(f"{request.type} orders require no stop price")
    if wants_stop and request.time_in_force not in ("day", "gtc"):
        raise unprocessable(f"invalid order type for {request.time_in_force} order")


def _check_class(request: OrderRequest) -> None:
    has_profit, has_stop = request.take_profit is not None, request.stop_loss is not None
    name = request.order_class.value
    if request.order_class is OrderClass.SIMPLE:
        if has_profit or has_stop:
            raise malformed("simple orders require no take_profit and no stop_loss")
        return
    if request.time_in_force not in ("day", "gtc"):
        raise unprocessable(f"{name} orders must be day or gtc orders")
    if request.order_class is OrderClass.OTO:
        if has_profit == has_stop:
            raise malformed("oto orders require either take_profit or stop_loss")
    elif not has_profit:
        raise malformed(f"{name} orders require take_profit.limit_price")
    elif not has_stop:
        raise malformed(f"{name} orders require stop_loss.stop_price")
    if request.order_class is OrderClass.OCO:
        if request.type != "limit":
            raise unprocessable("oco orders must be limit orders")
    elif request.type == "stop":
        raise unprocessable(f"{name} orders must be market or limit orders")
    if has_profit and has_stop and (request.take_profit or 0) <= (request.stop_loss or 0):
        raise unprocessable("take_profit.limit_price must be > stop_loss.stop_price")
