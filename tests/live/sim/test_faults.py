"""Scripted misbehaviour: what clients see and what the exchange has done."""

from __future__ import annotations

import json

import pytest
import requests

from live.sim.faults import OrderFault, OrderFaultKind, RequestFault, SimRequest
from live.sim.transport import SimTransport
from tests import fault_actions
from tests.live.sim.market import RestTrader, open_rest_trader

ORDERS = "/v2/orders"


def names(trader: RestTrader) -> list[str]:
    return [row["client_order_id"] for row in trader.get(ORDERS, status="all")]


def test_a_rule_hits_only_its_method_path_and_count() -> None:
    trader = open_rest_trader()
    trader.exchange.faults.add(RequestFault("GET", "/v2/account", fault_actions.answer(503), skip=1, times=2))
    assert [trader.ask("GET", "/v2/account")[0] for _ in range(4)] == [200, 503, 503, 200]
    assert trader.ask("GET", "/v2/clock")[0] == 200


def test_a_lost_request_changes_nothing_and_a_lost_answer_has_changed_everything() -> None:
    trader = open_rest_trader()
    trader.exchange.faults.add(
        RequestFault("POST", ORDERS, fault_actions.lose_request()),
        RequestFault("POST", ORDERS, fault_actions.lose_answer()),
    )
    with pytest.raises(requests.ConnectTimeout):
        trader.post(client_order_id="lost")
    with pytest.raises(requests.ReadTimeout):
        trader.post(client_order_id="done")
    assert names(trader) == ["done"]


def test_an_order_accepted_late_is_unknown_first_and_there_later() -> None:
    trader = open_rest_trader()
    trader.exchange.faults.add(RequestFault("POST", ORDERS, fault_actions.accept_late(trader.exchange.faults, 2)))
    with pytest.raises(requests.ReadTimeout):
        trader.post(client_order_id="late")
    wanted = {"client_order_id": "late"}
    assert [trader.ask("GET", f"{ORDERS}:by_client_order_id", **wanted)[0] for _ in range(3)] == [404, 404, 200]


def test_an_answer_can_be_replaced_changed_or_delayed() -> None:
    trader = open_rest_trader()
    rules = trader.exchange.faults
    rules.add(RequestFault("POST", ORDERS, fault_actions.answer_after(504, b"<html>")))
    assert trader.exchange.handle(SimRequest("POST", ORDERS, {}, _order("gateway"))).body == b"<html>"
    assert names(trader) == ["gateway"]
    rules.add(RequestFault("GET", ORDERS, fault_actions.change_answer(lambda rows: rows[:0])))
    assert trader.get(ORDERS) == []
    rules.add(RequestFault("GET", "/v2/clock", fault_actions.call_then(lambda: trader.exchange.advance(60))))
    assert trader.get("/v2/clock")["timestamp"] == "2026-01-05T09:01:00-05:00"
    rules.add(RequestFault("GET", ORDERS, fault_actions.rate_limited(1_800_000_000)))
    answer = trader.exchange.handle(SimRequest("GET", ORDERS))
    assert (answer.status, answer.headers["X-RateLimit-Reset"]) == (429, "1800000000")


def _order(name: str) -> bytes:
    fields = {"symbol": "AAA", "qty": "1", "side": "buy", "type": "market", "time_in_force": "day"}
    return json.dumps({**fields, "client_order_id": name}).encode()


def test_a_rule_can_ask_for_more_than_the_path() -> None:
    trader = open_rest_trader()
    only_sells = RequestFault("POST", ORDERS, fault_actions.answer(500), when=lambda r: r.json().get("side") == "sell")
    trader.exchange.faults.add(only_sells)
    assert trader.post()[0] == 200
    assert trader.post(side="sell")[0] == 500


def test_faults_come_through_the_transport_as_network_errors_and_headers() -> None:
    trader = open_rest_trader()
    session = requests.Session()
    session.mount("https://", SimTransport(trader.exchange))
    trader.exchange.faults.add(RequestFault("GET", "/v2/clock", fault_actions.lose_request()))
    with pytest.raises(requests.ConnectTimeout):
        session.get("https://paper-api.alpaca.markets/v2/clock")
    answer = session.get("https://paper-api.alpaca.markets/v2/clock")
    assert answer.json()["is_open"] is False
    assert answer.headers["content-type"].startswith("application/json")


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (OrderFaultKind.LEG_HELD, "held"),
        (OrderFaultKind.LEG_REJECTED, "rejected"),
        (OrderFaultKind.LEG_CANCELED, "canceled"),
    ],
)
def test_a_stop_leg_can_fail_to_come_alive(kind: OrderFaultKind, status: str) -> None:
    trader = open_rest_trader()
    trader.exchange.faults.add(OrderFault(kind, client_order_id="entry"))
    order = trader.oto(client_order_id="entry")
    trader.go(0, "09:31")
    parent = trader.order(order)
    assert (parent["status"], parent["legs"][0]["status"]) == ("filled", status)


def test_an_accepted_order_can_be_rejected_at_the_open() -> None:
    trader = open_rest_trader()
    trader.exchange.faults.add(OrderFault(OrderFaultKind.REJECT, symbol="AAA", times=1))
    order = trader.oto()
    trader.go(0, "09:31")
    parent = trader.order(order)
    assert (parent["status"], parent["legs"][0]["status"]) == ("rejected", "canceled")
    assert parent["failed_at"] is not None


def test_a_slow_cancel_keeps_its_shares_until_it_is_through() -> None:
    trader = open_rest_trader()
    trader.oto()
    trader.go(0, "09:31")
    trader.exchange.faults.add(OrderFault(OrderFaultKind.CANCEL_SLOW, seconds=30, times=1))
    leg = trader.get(ORDERS)[0]
    assert trader.cancel(leg) == (204, None)
    assert trader.order(leg)["status"] == "pending_cancel"
    assert trader.cancel(leg) == (422, {"code": 42210000, "message": "order pending cancel"})
    assert trader.post(side="sell")[0] == 403
    trader.exchange.advance(30)
    assert trader.order(leg)["status"] == "canceled"
    assert trader.post(side="sell")[0] == 200


def test_an_order_can_fill_while_it_is_being_canceled() -> None:
    trader = open_rest_trader()
    rules = trader.exchange.faults
    rules.add(OrderFault(OrderFaultKind.NO_FILL, side="buy"))
    order = trader.oto()
    trader.go(0, "09:31")
    assert trader.order(order)["status"] == "new"
    rules.clear()
    rules.add(
        OrderFault(OrderFaultKind.CANCEL_FILLS, side="buy"), OrderFault(OrderFaultKind.PARTIAL, side="buy", shares=3)
    )
    assert trader.cancel(order)[0] in (204, 422)
    parent = trader.order(order)
    assert (parent["status"], parent["filled_qty"]) == ("canceled", "3")


def test_an_order_held_back_goes_on_when_the_rules_are_cleared() -> None:
    trader = open_rest_trader()
    trader.exchange.faults.add(OrderFault(OrderFaultKind.NO_FILL))
    order = trader.buy()
    trader.go(0, "09:32")
    assert trader.order(order)["status"] == "new"
    trader.exchange.faults.clear()
    trader.exchange.advance(1)
    assert trader.order(order)["filled_avg_price"] == "100.00"
