"""Alpaca's JSON → the typed values of `live.broker`, and orders → the JSON that is sent.

Unknown fields are ignored and optional ones may be missing. A field we cannot do without that is
missing or of a wrong type makes the whole answer unreadable (`UnreadableAnswerError`): half a list
would be taken for a complete one. Field names and sources: docs/broker.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from live.broker import (
    UNREADABLE,
    Account,
    AccountEvent,
    Asset,
    CalendarDay,
    CorporateAction,
    FillActivity,
    LatestPrice,
    MarketClock,
    Order,
    OrderRequest,
    OrderType,
    Position,
    TimeInForce,
)
from live.clock import NEW_YORK
from live.http import UnreadableAnswerError

T = TypeVar("T")
Json = Mapping[str, Any]

_LARGEST = Decimal(10) ** 15
_BLOCKING_FLAGS = ("trading_blocked", "account_blocked", "trade_suspended_by_user")


def order_body(request: OrderRequest) -> dict[str, Any]:
    """Return the JSON of `POST /v2/orders`. Raises ValueError for an order that must never be sent."""
    if request.qty <= 0:
        raise ValueError(f"qty must be positive, is {request.qty}")
    body: dict[str, Any] = {
        "symbol": request.ticker,
        "qty": str(request.qty),
        "side": request.side.value,
        "type": request.type.value,
        "time_in_force": request.time_in_force.value,
        "client_order_id": request.client_order_id,
    }
    if (request.type is OrderType.STOP) != (request.stop_price is not None):
        raise ValueError("a stop order has a stop_price, and no other order has one")
    if request.stop_price is not None:
        body["stop_price"] = price_text(request.stop_price)
    if request.stop_loss is not None:
        if request.time_in_force is not TimeInForce.GTC:
            raise ValueError("an OTO is gtc: its stop leg would be gone at the close of a day order")
        body |= {"order_class": "oto", "stop_loss": {"stop_price": price_text(request.stop_loss)}}
    return body


def price_text(price: Decimal) -> str:
    """Return a price as sent. Raises ValueError off the tick grid (0.01 from $1, 0.0001 below)."""
    if not price.is_finite() or price <= 0:
        raise ValueError(f"price {price} is not on the tick grid")
    grid = Decimal("0.01") if price >= 1 else Decimal("0.0001")
    if price % grid:
        raise ValueError(f"price {price} is not on the tick grid")
    return format(price.quantize(grid), "f")


def parse_order(row: Any) -> Order:
    """Return one order with its legs; quantities that contradict each other make its status UNREADABLE."""
    item = as_object(row)
    qty = _optional(item, "qty", _decimal)
    filled = _optional(item, "filled_qty", _decimal)
    status = _text(item, "status")
    is_sane = filled is not None and filled >= 0 and (qty is None or filled <= qty)
    if not is_sane or (status == "filled" and (not filled or (qty is not None and filled != qty))):
        status = UNREADABLE
    price = _optional(item, "filled_avg_price", _decimal)
    return Order(
        id=_text(item, "id"),
        client_order_id=_text(item, "client_order_id"),
        ticker=_text(item, "symbol"),
        asset_id=_optional(item, "asset_id", _plain_text) or "",
        side=_text(item, "side"),
        type=_optional(item, "type", _plain_text) or _text(item, "order_type"),
        order_class=_optional(item, "order_class", _plain_text) or "simple",
        time_in_force=_optional(item, "time_in_force", _plain_text) or "",
        qty=qty,
        filled_qty=filled if is_sane and filled is not None else Decimal(0),
        filled_avg_price=price if price is not None and price > 0 else None,
        stop_price=_optional(item, "stop_price", _decimal),
        status=status,
        submitted_at=_optional(item, "submitted_at", _moment),
        filled_at=_optional(item, "filled_at", _moment),
        expires_at=_optional(item, "expires_at", _moment),
        replaced_by=_optional(item, "replaced_by", _plain_text),
        replaces=_optional(item, "replaces", _plain_text),
        legs=tuple(parse_order(leg) for leg in item.get("legs") or ()),
    )


def parse_account(row: Any) -> Account:
    """Return the account; a flag that is missing counts as blocked."""
    item = as_object(row)
    status = _text(item, "status")
    reasons = [] if status == "ACTIVE" else [f"status {status}"]
    reasons += [name for name in _BLOCKING_FLAGS if item.get(name) is not False]
    return Account(
        id=_text(item, "id"),
        number=_optional(item, "account_number", _plain_text) or "",
        status=status,
        equity=_number(item, "equity"),
        last_equity=_number(item, "last_equity"),
        cash=_number(item, "cash"),
        buying_power=_number(item, "buying_power"),
        multiplier=_optional(item, "multiplier", _decimal) or Decimal(1),
        blocked_reasons=tuple(reasons),
    )


def parse_position(row: Any) -> Position:
    """Return one position; short ones have a negative qty whatever sign the answer gives them."""
    item = as_object(row)
    qty = _number(item, "qty")
    return Position(
        ticker=_text(item, "symbol"),
        asset_id=_text(item, "asset_id"),
        qty=-abs(qty) if item.get("side") == "short" else qty,
        qty_available=_optional(item, "qty_available", _decimal),
        avg_entry_price=_number(item, "avg_entry_price"),
        current_price=_optional(item, "current_price", _decimal),
    )


def parse_clock(row: Any) -> MarketClock:
    item = as_object(row)
    is_open = item.get("is_open")
    if not isinstance(is_open, bool):
        raise UnreadableAnswerError("is_open missing")
    return MarketClock(
        _required(item, "timestamp", _moment), is_open, _required(item, "next_open", _moment),
        _required(item, "next_close", _moment),
    )  # fmt: skip


def parse_calendar_day(row: Any) -> CalendarDay:
    """Return one session; its hours are New York wall time without a zone."""
    item = as_object(row)
    day = _required(item, "date", date.fromisoformat)
    opens, closes = (
        datetime.combine(day, _required(item, name, time.fromisoformat), NEW_YORK).astimezone(UTC)
        for name in ("open", "close")
    )
    if opens >= closes:
        raise UnreadableAnswerError(f"session {day} ends before it begins")
    return CalendarDay(day, opens, closes)


def parse_asset(row: Any) -> Asset:
    item = as_object(row)
    status = _text(item, "status")
    attributes = item.get("attributes")
    return Asset(
        id=_text(item, "id"),
        ticker=_text(item, "symbol"),
        tradable=item.get("tradable") is True and status == "active",
        status=status,
        attributes=tuple(str(word) for word in attributes) if isinstance(attributes, list) else (),
    )


def parse_fill(row: Any) -> FillActivity:
    item = as_object(row)
    side = _text(item, "side")
    return FillActivity(
        id=_text(item, "id"),
        order_id=_text(item, "order_id"),
        ticker=_text(item, "symbol"),
        side="sell" if side == "sell_short" else side,
        qty=_number(item, "qty"),
        price=_number(item, "price"),
        at=_required(item, "transaction_time", _moment),
    )


def parse_account_event(row: Any) -> AccountEvent:
    item = as_object(row)
    words = (item.get("activity_type"), item.get("activity_sub_type"), item.get("description"))
    return AccountEvent(
        id=_text(item, "id"),
        type=_text(item, "activity_type"),
        day=_required(item, "date", lambda text: date.fromisoformat(text[:10])),
        ticker=_optional(item, "symbol", _plain_text),
        qty=_optional(item, "qty", _decimal),
        net_amount=_optional(item, "net_amount", _decimal),
        description=" ".join(str(word) for word in words if word)[:200],
    )


def parse_corporate_actions(found: Any) -> list[CorporateAction]:
    """Return the splits and name changes of a corporate-actions page; other kinds are not ours to explain."""
    kinds = as_object(found)
    actions = []
    for kind in ("forward_split", "reverse_split"):
        for row in kinds.get(f"{kind}s") or ():
            item = as_object(row)
            actions.append(
                CorporateAction(
                    kind,
                    _text(item, "symbol") if "symbol" in item else _text(item, "old_symbol"),
                    _required(item, "ex_date", date.fromisoformat),
                    _number(item, "new_rate"),
                    _number(item, "old_rate"),
                )
            )
    for row in kinds.get("name_changes") or ():
        item = as_object(row)
        day = _required(item, "process_date", date.fromisoformat)
        actions.append(
            CorporateAction("name_change", _text(item, "old_symbol"), day, None, None, _text(item, "new_symbol"))
        )
    return actions


def parse_latest_trade(row: Any) -> LatestPrice | None:
    """Return the trade, or None when it has no usable price."""
    item = as_object(row)
    price, at = _optional(item, "p", _decimal), _optional(item, "t", _moment)
    return None if price is None or price <= 0 or at is None else LatestPrice(price, at)


def parse_latest_quote(row: Any) -> LatestPrice | None:
    """Return the midpoint of bid and ask, or None when a side is missing or they are crossed."""
    item = as_object(row)
    bid, ask, at = _optional(item, "bp", _decimal), _optional(item, "ap", _decimal), _optional(item, "t", _moment)
    if bid is None or ask is None or at is None or not 0 < bid <= ask:
        return None
    return LatestPrice((bid + ask) / 2, at)


def rows(parse: Callable[[Any], T]) -> Callable[[Any], tuple[T, ...]]:
    """Return a parser of a JSON list whose rows `parse` reads; one bad row makes the list unreadable."""

    def parse_rows(content: Any) -> tuple[T, ...]:
        if not isinstance(content, list):
            raise UnreadableAnswerError(f"a list expected, {type(content).__name__} found")
        return tuple(parse(row) for row in content)

    return parse_rows


def page(key: str, content: Any) -> tuple[Any, str | None]:
    """Return a data page's content under `key` and its next page token."""
    item = as_object(content)
    token = item.get("next_page_token")
    if token is not None and not isinstance(token, str):
        raise UnreadableAnswerError("next_page_token of a wrong type")
    return item.get(key) or {}, token or None


def by_ticker(content: Any, parse: Callable[[Any], LatestPrice | None], asked: Iterable[str]) -> dict[str, LatestPrice]:
    """Return the latest prices of the tickers asked that have one."""
    item = as_object(content)
    found = {ticker: parse(item[ticker]) for ticker in asked if item.get(ticker) is not None}
    return {ticker: price for ticker, price in found.items() if price is not None}


def count_rows(orders: Sequence[Order]) -> int:
    """Return how many orders there are with their legs: what a listing's limit may count."""
    return sum(1 + len(order.legs) for order in orders)


def as_object(row: Any) -> Json:
    """Return a JSON object as it is. Raises UnreadableAnswerError for anything else."""
    if not isinstance(row, dict):
        raise UnreadableAnswerError(f"an object expected, {type(row).__name__} found")
    return row


def _required(item: Json, name: str, read: Callable[[str], T]) -> T:
    try:
        return read(item[name])
    except (KeyError, TypeError, ValueError, ArithmeticError):
        raise UnreadableAnswerError(f"{name} missing or of a wrong type") from None


def _optional(item: Json, name: str, read: Callable[[Any], T]) -> T | None:
    value = item.get(name)
    if value is None:
        return None
    try:
        return read(value)
    except (TypeError, ValueError, ArithmeticError):
        return None


def _text(item: Json, name: str) -> str:
    return _required(item, name, _plain_text)


def _number(item: Json, name: str) -> Decimal:
    return _required(item, name, _decimal)


def _plain_text(value: Any) -> str:
    if not isinstance(value, str) or not value or len(value) > 200:
        raise ValueError("no text")
    return value


def _decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError("no number")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise ValueError("no number") from None
    if not number.is_finite() or abs(number) > _LARGEST:
        raise ValueError("no usable number")
    return number


def _moment(value: Any) -> datetime:
    if not isinstance(value, str):
        raise ValueError("no text")
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("no time zone")
    return moment.astimezone(UTC)
