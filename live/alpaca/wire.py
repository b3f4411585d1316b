"""Alpaca's JSON → the typed values of `live.broker`, and orders → the JSON that is sent.

Unknown fields are ignored and optional ones may be missing. A field we cannot do without that is
missing or of a wrong type makes the whole answer unreadable (`UnreadableAnswerError`): half a list
would be taken for a complete one. Field names and sources: docs/broker.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, time
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any, TypeVar

from backtest.model import Split
from backtest.web.answers import UnreadableAnswerError, as_object, short_text
from live.activities import AccountEvent, EventKind, FillActivity
from live.alpaca.fields import (
    day,
    decimal,
    moment,
    number,
    objects,
    optional,
    optional_text,
    positive,
    required,
    text,
)
from live.broker import UNREADABLE, Account, CalendarDay, LatestPrice, MarketClock, Order, Position
from live.clock import NEW_YORK
from live.orders import OrderRequest, OrderStatus, OrderType, TimeInForce

T = TypeVar("T")

_PAYOUTS = frozenset({"MA", "CMA", "SMA", "SCMA", "REORG", "WRM"})
"""Activity types under which shares are taken and paid for."""
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
    if (request.type is OrderType.LIMIT) != (request.limit_price is not None):
        raise ValueError("a limit order has a limit_price, and no other order has one")
    if request.limit_price is not None:
        body["limit_price"] = price_text(request.limit_price)
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
    """Return one order with its legs; quantities that contradict each other make it UNREADABLE."""
    item = as_object(row)
    qty = optional(item, "qty", decimal)
    filled = optional(item, "filled_qty", decimal)
    broker_status = text(item, "status")
    is_sane = filled is not None and filled >= 0 and (qty is None or filled <= qty)
    if not is_sane or (broker_status == OrderStatus.FILLED and (not filled or (qty is not None and filled != qty))):
        broker_status = UNREADABLE
    return Order(
        id=text(item, "id"),
        client_order_id=text(item, "client_order_id"),
        ticker=text(item, "symbol"),
        asset_id=optional_text(item, "asset_id") or "",
        side=text(item, "side"),
        type=optional_text(item, "type") or text(item, "order_type"),
        order_class=optional_text(item, "order_class") or "simple",
        time_in_force=optional_text(item, "time_in_force") or "",
        qty=qty,
        filled_qty=filled if is_sane and filled is not None else Decimal(0),
        filled_avg_price=optional(item, "filled_avg_price", positive),
        stop_price=optional(item, "stop_price", positive),
        broker_status=broker_status,
        submitted_at=optional(item, "submitted_at", moment),
        filled_at=optional(item, "filled_at", moment),
        expires_at=optional(item, "expires_at", moment),
        replaced_by=optional_text(item, "replaced_by"),
        replaces=optional_text(item, "replaces"),
        legs=tuple(map(parse_order, objects(item, "legs"))),
        limit_price=optional(item, "limit_price", positive),
    )


def parse_order_of(name: str, asked: str) -> Callable[[Any], Order]:
    """Return a parser of the one order that was asked for: an answer about another one is unreadable (I15)."""

    def parse(row: Any) -> Order:
        found = parse_order(row)
        if getattr(found, name) != asked:
            raise UnreadableAnswerError(f"another order than the one with the {name} asked for")
        return found

    return parse


def parse_account(row: Any) -> Account:
    """Return the account; a flag that is missing counts as blocked."""
    item = as_object(row)
    status = text(item, "status")
    reasons = [] if status == "ACTIVE" else [f"status {status}"]
    reasons += [name for name in _BLOCKING_FLAGS if item.get(name) is not False]
    shorting = item.get("shorting_enabled")
    return Account(
        id=text(item, "id"),
        number=optional_text(item, "account_number") or "",
        status=status,
        equity=number(item, "equity"),
        last_equity=number(item, "last_equity"),
        cash=number(item, "cash"),
        buying_power=number(item, "buying_power"),
        multiplier=optional(item, "multiplier", decimal) or Decimal(1),
        blocked_reasons=tuple(reasons),
        shorting_enabled=shorting if isinstance(shorting, bool) else None,
    )


def parse_position(row: Any) -> Position:
    """Return one position; short ones have a negative qty whatever sign the answer gives them."""
    item = as_object(row)
    qty = number(item, "qty")
    return Position(
        ticker=text(item, "symbol"),
        asset_id=text(item, "asset_id"),
        qty=-abs(qty) if item.get("side") == "short" else qty,
        qty_available=optional(item, "qty_available", decimal),
        avg_entry_price=number(item, "avg_entry_price"),
        current_price=optional(item, "current_price", decimal),
    )


def parse_clock(row: Any) -> MarketClock:
    item = as_object(row)
    is_open = item.get("is_open")
    if not isinstance(is_open, bool):
        raise UnreadableAnswerError("is_open missing")
    return MarketClock(
        required(item, "timestamp", moment), is_open, required(item, "next_open", moment),
        required(item, "next_close", moment),
    )  # fmt: skip


def parse_calendar_day(row: Any) -> CalendarDay:
    """Return one session; its hours are New York wall time without a zone."""
    item = as_object(row)
    return _calendar_day(text(item, "date"), text(item, "open"), text(item, "close"))


@lru_cache(maxsize=256)
def _calendar_day(date_text: str, open_text: str, close_text: str) -> CalendarDay:
    try:
        session = day(date_text)
        opens, closes = (
            datetime.combine(session, time.fromisoformat(one), NEW_YORK).astimezone(UTC)
            for one in (open_text, close_text)
        )
    except (ValueError, ArithmeticError):
        raise UnreadableAnswerError(f"session {date_text} {open_text} {close_text} unreadable") from None
    if opens >= closes:
        raise UnreadableAnswerError(f"session {session} ends before it begins")
    return CalendarDay(session, opens, closes)


def parse_fill(row: Any) -> FillActivity:
    item = as_object(row)
    side = text(item, "side")
    return FillActivity(
        id=text(item, "id"),
        order_id=text(item, "order_id"),
        ticker=text(item, "symbol"),
        side="sell" if side == "sell_short" else side,
        qty=number(item, "qty"),
        price=number(item, "price"),
        at=required(item, "transaction_time", moment),
    )


def parse_account_event(row: Any) -> AccountEvent:
    item = as_object(row)
    words = (item.get("activity_type"), item.get("activity_sub_type"), item.get("description"))
    return AccountEvent(
        id=text(item, "id"),
        kind=_event_kind(text(item, "activity_type"), item.get("status")),
        day=required(item, "date", day),
        ticker=optional_text(item, "symbol"),
        qty=optional(item, "qty", decimal),
        net_amount=optional(item, "net_amount", decimal),
        description=short_text(" ".join(str(word) for word in words if word), 200),
    )


def _event_kind(word: str, status: object) -> EventKind:
    if word in _PAYOUTS:
        return EventKind.PAYOUT
    return EventKind.FEE if word == "FEE" and status != "canceled" else EventKind.OTHER


def parse_splits(found: Any) -> list[Split]:
    """Return the splits of a corporate-actions page; one without positive rates says nothing and is left out."""
    kinds = as_object(found)
    splits = []
    for row in (*objects(kinds, "forward_splits"), *objects(kinds, "reverse_splits")):
        item = as_object(row)
        ticker = text(item, "symbol") if "symbol" in item else text(item, "old_symbol")
        ex_date = required(item, "ex_date", day)
        new_rate, old_rate = number(item, "new_rate"), number(item, "old_rate")
        if new_rate > 0 and old_rate > 0:
            splits.append(Split(ticker, ex_date, Fraction(new_rate) / Fraction(old_rate)))
    return splits


def parse_latest_trade(row: Any) -> LatestPrice | None:
    """Return the trade, or None when it has no usable price."""
    item = as_object(row)
    price, at = optional(item, "p", decimal), optional(item, "t", moment)
    return None if price is None or price <= 0 or at is None else LatestPrice(price, at)


def parse_latest_quote(row: Any) -> LatestPrice | None:
    """Return the midpoint of bid and ask with their spread, or None when a side is missing or they are crossed."""
    item = as_object(row)
    bid, ask, at = optional(item, "bp", decimal), optional(item, "ap", decimal), optional(item, "t", moment)
    if bid is None or ask is None or at is None or not 0 < bid <= ask:
        return None
    return LatestPrice((bid + ask) / 2, at, (ask - bid) * 200 / (ask + bid))


def rows(parse: Callable[[Any], T]) -> Callable[[Any], tuple[T, ...]]:
    """Return a parser of a JSON list whose rows `parse` reads; one bad row makes the list unreadable."""

    def parse_rows(content: Any) -> tuple[T, ...]:
        if not isinstance(content, list):
            raise UnreadableAnswerError(f"a list expected, {type(content).__name__} found")
        return tuple(map(parse, content))

    return parse_rows


parse_orders, parse_positions, parse_calendar = rows(parse_order), rows(parse_position), rows(parse_calendar_day)


def page(key: str, content: Any) -> tuple[Any, str | None]:
    """Return a data page's content under `key` and its next page token."""
    item = as_object(content)
    token = item.get("next_page_token")
    if token is not None and not (isinstance(token, str) and token.isprintable()):
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
