"""What an answer says: one word of `questions`, or UnclearError; pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from live.administer.probe.questions import (
    ACCEPTED,
    AT_ONCE,
    DELAYED,
    NEW_ID,
    NO,
    OURS,
    REFUSED,
    REFUSED_OTHERWISE,
    SAME_ID,
    THEIRS,
    YES,
)
from live.administer.probe.wire import Json, Sent, UnclearError
from live.orders import OrderStatus
from live.refusals import RefusalKind


def yes_no(is_so: bool) -> str:
    return YES if is_so else NO


def taken(sent: Sent) -> str:
    """Was it accepted or refused, for whatever reason?"""
    return ACCEPTED if sent.is_success else REFUSED


def refused_as(sent: Sent, kind: RefusalKind) -> str:
    """Was it refused, and for this reason? `refused otherwise`: the code reads another one in the broker's words."""
    if sent.is_success:
        return ACCEPTED
    return REFUSED if sent.kind is kind else REFUSED_OTHERWISE


def status_of(order: Json) -> str:
    """Return the broker's word for an order."""
    word = order.get("status")
    if not isinstance(word, str) or not word.isidentifier():
        raise UnclearError("an order without a status")
    return word


def is_over(order: Json) -> bool:
    return OrderStatus.parse(status_of(order)).is_final


def legs_of(order: Json) -> list[Json]:
    """Return the legs that an answer shows; null is none."""
    legs = order.get("legs")
    return [leg for leg in legs if isinstance(leg, dict)] if isinstance(legs, list) else []


def ids_of(orders: Iterable[Json]) -> set[str]:
    """Return the ids of orders and of the legs inside them."""
    return {str(one.get("id")) for order in orders for one in (order, *legs_of(order))}


def when(tries: int) -> str:
    """Say when something was seen: with the first read, or with a later one."""
    return AT_ONCE if tries <= 1 else DELAYED


def whose_id(order: Json, ours: str) -> str:
    return OURS if order.get("client_order_id") == ours else THEIRS


def id_word(new: Json, old: Json) -> str:
    return SAME_ID if new.get("id") == old.get("id") else NEW_ID


def names_order(sent: Sent, order_id: str) -> str:
    """Does a refusal name this order among those that are in the way?"""
    content = sent.content if isinstance(sent.content, dict) else {}
    related = content.get("related_orders")
    named = [*(related if isinstance(related, list) else ()), content.get("existing_order_id")]
    return yes_no(order_id in named)


def days_until_expiry(order: Json) -> str:
    """Return `90 days` from an order's own moments."""
    try:
        begin, end = (datetime.fromisoformat(str(order[name])) for name in ("submitted_at", "expires_at"))
        return f"{(end.date() - begin.date()).days} days"
    except (KeyError, ValueError):
        raise UnclearError("an order without expires_at") from None
