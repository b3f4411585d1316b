"""What each of the broker's refusals means, and that words nobody knows mean nothing."""

from __future__ import annotations

import json

import pytest

from backtest.web.answers import Answer
from live.alpaca.answers import refusal_in
from live.alpaca.refusals import classify_refusal
from live.refusals import (
    RefusalKind,
)

K = RefusalKind
CASES = [
    ("POST", 422, 40010001, "client_order_id must be unique", K.DUPLICATE_ID),
    ("POST", 400, 40010001, "Client_Order_ID must be UNIQUE", K.DUPLICATE_ID),
    ("PATCH", 422, 40010001, "client_order_id must be unique", K.DUPLICATE_ID),
    ("POST", 422, 40010001, "bracket orders require take_profit.limit_price", K.ORDER_FORM),
    ("POST", 422, 42210000, "bracket orders must be entry orders", K.ORDER_FORM),
    ("POST", 422, 42210000, "oto orders are not supported for this account", K.ORDER_FORM),
    ("POST", 422, 40010001, "invalid order_class", K.ORDER_FORM),
    ("POST", 422, 42210000, "stop_loss.stop_price must be <= base_price - 0.01", K.BASE_PRICE),
    ("POST", 422, 42210000, "stop price must be less than current price", K.STOP_ABOVE_MARKET),
    ("PATCH", 422, 42210000, "stop price must be less than current price", K.STOP_ABOVE_MARKET),
    ("POST", 422, 42210000, "invalid stop_price 192.933. sub-penny increment does not fulfill …", K.SUB_PENNY),
    ("POST", 403, 40310000, "insufficient qty available for order (requested: 41, available: 0)", K.HELD_SHARES),
    ("DELETE", 403, 40310000, "insufficient qty available for order (requested: 41, available: 0)", K.HELD_SHARES),
    ("POST", 403, 40310000, "insufficient buying power", K.FUNDS),
    ("POST", 403, 40310000, "potential wash trade detected. use complex orders", K.WASH_TRADE),
    ("POST", 422, 42210000, "potential wash trade detected. use complex orders", K.WASH_TRADE),
    ("POST", 403, 40310000, "account is not allowed to short", K.ACCOUNT),
    ("POST", 403, 40310000, "new orders are rejected by user request", K.RESTRICTED),
    ("POST", 403, 40310000, "account is restricted to liquidation only", K.RESTRICTED),
    ("POST", 403, 40310000, "opg orders are not accepted at this time", K.UNKNOWN),
    ("POST", 403, 40310100, "trade denied due to pattern day trading protection", K.ACCOUNT),
    ("POST", 422, 42210000, 'asset "ZZZZ" not found', K.ASSET),
    ("POST", 422, 40010001, "asset MTZ is not active", K.ASSET),
    ("POST", 403, 40310000, "asset MTZ is not tradable", K.ASSET),
    ("POST", 422, 42210000, 'asset "MTZ" cannot be sold short', K.ASSET),
    ("POST", 422, 40010001, "qty or notional is required", K.MALFORMED),
    ("DELETE", 422, 42210000, 'order is already in "filled" state', K.NOT_CANCELABLE),
    ("DELETE", 422, 42210000, "order pending cancel", K.NOT_CANCELABLE),
    ("PATCH", 422, 42210000, "cannot replace order in accepted status", K.NOT_REPLACEABLE),
    ("PATCH", 422, 42210000, "order already replaced", K.NOT_REPLACEABLE),
    ("DELETE", 404, 40410000, "order not found", K.NOT_FOUND),
    ("POST", 422, 42210000, "the moon is in the wrong house", K.UNKNOWN),
    ("POST", 403, 40310000, "", K.UNKNOWN),
    ("DELETE", 422, 42210000, "client_order_id must be unique", K.UNKNOWN),
    ("POST", 418, None, "client_order_id must be unique", K.UNKNOWN),
]


@pytest.mark.parametrize(("method", "status", "code", "message", "kind"), CASES)
def test_a_refusal_is_classified_by_method_status_and_words(
    method: str, status: int, code: int | None, message: str, kind: RefusalKind
) -> None:
    assert classify_refusal(method, status, message, {"code": code}) is kind


def test_the_reject_reason_in_the_body_counts_as_words() -> None:
    body = {"reject_reason": "opposite side market/stop order exists"}
    assert classify_refusal("POST", 403, "refused", body) is K.WASH_TRADE


def test_the_code_alone_never_decides() -> None:
    kinds = {kind for _, _, code, _, kind in CASES if code == 42210000}
    assert len(kinds) > 5


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ({"related_orders": ["a", "b"]}, ("a", "b")),
        ({"existing_order_id": "c"}, ("c",)),
        ({}, ()),
        ({"related_orders": 5, "existing_order_id": None}, ()),
        ({"related_orders": [5, "", "x" * 200, {"id": "y"}, "a"]}, ("a",)),
        ({"related_orders": [f"o{n}" for n in range(50)]}, tuple(f"o{n}" for n in range(10))),
    ],
)
def test_f115_a_refusal_names_the_orders_in_the_way_as_far_as_they_can_be_read(
    named: dict[str, object], expected: tuple[str, ...]
) -> None:
    body = json.dumps({"code": 40310000, "message": "insufficient qty available for order", **named})
    assert refusal_in(Answer(403, {}, body.encode()), "POST").related == expected
