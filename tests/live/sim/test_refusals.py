"""What the exchange refuses: HTTP status, code and words of the real one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.live.sim.market import QUIET, RestTrader, at, bars, open_rest_trader, quiet_bars

STOP = {"stop_loss": {"stop_price": "90.00"}}
PROFIT = {"take_profit": {"limit_price": "110.00"}}


def refusal(trader: RestTrader, **fields: object) -> tuple[int, int, str]:
    status, content = trader.post(**fields)
    assert status >= 400, content
    return status, content["code"], content["message"]


@pytest.fixture(name="flat")
def flat_trader() -> RestTrader:
    return open_rest_trader()


@pytest.fixture(name="holder")
def holding_trader() -> RestTrader:
    """A trader who holds 10 AAA bought by OTO, its stop live at 90.00, one minute after the open."""
    trader = open_rest_trader(quiet_bars("AAA"), quiet_bars("BBB"))
    trader.oto(client_order_id="entry")
    trader.go(0, "09:31")
    return trader


FORM: list[tuple[dict[str, Any], tuple[int, int, str]]] = [
    ({"order_class": "bracket", **STOP}, (422, 40010001, "bracket orders require take_profit.limit_price")),
    ({"order_class": "bracket", **PROFIT}, (422, 40010001, "bracket orders require stop_loss.stop_price")),
    ({"order_class": "oto"}, (422, 40010001, "oto orders require either take_profit or stop_loss")),
    ({"order_class": "oto", **STOP, **PROFIT}, (422, 40010001, "oto orders require either take_profit or stop_loss")),
    ({"order_class": "oto", "qty": "1.5", **STOP}, (422, 42210000, "fractional orders must be simple orders")),
    ({"qty": None}, (422, 40010001, "qty or notional is required")),
    ({"qty": "0"}, (422, 40010001, "qty must be > 0")),
    ({"qty": "ten"}, (422, 40010001, "invalid qty")),
    ({"qty": True}, (422, 40010001, "invalid qty")),
    ({"qty": "1.5"}, (403, 40310000, 'asset "AAA" is not fractionable')),
    ({"qty": None, "notional": "500"}, (403, 40310000, 'asset "AAA" is not fractionable')),
    ({"side": "up"}, (422, 40010001, "invalid side")),
    ({"type": None}, (422, 40010001, "type is required")),
    ({"type": "limit"}, (422, 40010001, "limit orders require limit price")),
    ({"type": "stop"}, (422, 40010001, "stop orders require stop price")),
    ({"client_order_id": "x" * 129}, (422, 40010001, "client_order_id must be no more than 128 characters")),
    ({"symbol": "ZZZZNOTREAL"}, (422, 42210000, 'asset "ZZZZNOTREAL" not found')),
    (
        {"order_class": "oto", "stop_loss": {"stop_price": "90.003"}},
        (
            422,
            42210000,
            "invalid stop_loss.stop_price 90.003. sub-penny increment does not fulfill minimum pricing criteria",
        ),
    ),
    (
        {"order_class": "oto", "stop_loss": {"stop_price": "101.00"}},
        (422, 42210000, "stop_loss.stop_price must be <= base_price - 0.01"),
    ),
    ({"side": "sell"}, (403, 40310000, "account is not allowed to short")),
    ({"order_class": "oto", "time_in_force": "opg", **STOP}, (422, 42210000, "oto orders must be day or gtc orders")),
    (
        {"type": "stop", "stop_price": "100", "time_in_force": "opg"},
        (422, 42210000, "invalid order type for opg order"),
    ),
    ({"symbol": ""}, (422, 40010001, "symbol is required")),
    ({"qty": "1e12"}, (422, 40010001, "qty is too large")),
    ({"qty": "NaN"}, (422, 40010001, "invalid qty")),
    ({"client_order_id": 7}, (422, 40010001, "client_order_id must be a string")),
    ({"extended_hours": True}, (422, 42210000, "extended hours orders are not supported by this exchange")),
    ({"type": "trailing_stop"}, (422, 42210000, "trailing_stop orders are not supported by this exchange")),
    ({"type": "limit", "limit_price": "-1"}, (422, 40010001, "invalid limit_price")),
    ({"type": "limit", "limit_price": "99999999"}, (422, 40010001, "invalid limit_price")),
    ({"limit_price": "100"}, (422, 40010001, "market orders require no limit price")),
    ({"stop_price": "100"}, (422, 40010001, "market orders require no stop price")),
    (STOP, (422, 40010001, "simple orders require no take_profit and no stop_loss")),
    ({"order_class": "oto", "stop_loss": "90.00"}, (422, 40010001, "invalid stop_loss")),
    (
        {"order_class": "oto", "stop_loss": {"stop_price": "90.00", "limit_price": "89.00"}},
        (422, 42210000, "stop_limit orders are not supported by this exchange"),
    ),
]


@pytest.mark.parametrize(("fields", "expected"), FORM)
def test_a_malformed_or_impossible_order_is_refused(
    flat: RestTrader, fields: dict[str, Any], expected: tuple[int, int, str]
) -> None:
    assert refusal(flat, **fields) == expected
    assert flat.get("/v2/orders", status="all") == []


@pytest.mark.parametrize(
    ("path", "query", "message"),
    [
        ("/v2/orders", {"after": "yesterday"}, "invalid time yesterday"),
        ("/v2/orders", {"limit": "many"}, "invalid limit"),
        ("/v2/orders", {"limit": "501"}, "limit must be between 1 and 500"),
        ("/v2/orders", {"status": "some"}, "invalid status"),
        ("/v2/calendar", {"start": "2026-13-01"}, "invalid date 2026-13-01"),
        ("/v2/account/activities", {"page_size": "all"}, "invalid page_size"),
    ],
)
def test_a_query_that_cannot_be_read_is_refused(
    flat: RestTrader, path: str, query: dict[str, str], message: str
) -> None:
    assert flat.ask("GET", path, **query) == (422, {"code": 40010001, "message": message})


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({}, "symbols is required"),
        ({"symbols": "AAA", "timeframe": "1Min"}, "only timeframe=1Day is served by this exchange"),
        ({"symbols": "AAA", "timeframe": "1Day", "limit": "0"}, "limit must be between 1 and 10000"),
        ({"symbols": "AAA", "timeframe": "1Day", "page_token": "no token"}, "invalid page_token"),
        ({"symbols": "AAA", "timeframe": "1Day", "adjustment": "guess"}, "invalid adjustment: guess"),
    ],
)
def test_a_question_for_bars_that_cannot_be_answered_is_refused(
    flat: RestTrader, query: dict[str, str], message: str
) -> None:
    assert flat.ask("GET", "/v2/stocks/bars", **query) == (400, {"code": 40010001, "message": message})


def test_a_replacement_that_the_order_does_not_allow_is_refused_and_the_order_stays(holder: RestTrader) -> None:
    order = holder.buy(symbol="BBB", type="limit", limit_price="50.00", time_in_force="gtc", qty="4")
    path = f"/v2/orders/{order['id']}"
    assert holder.ask("PATCH", path, {"stop_price": "49.00"})[1]["message"] == "limit orders have no stop_price"
    assert "cannot be replaced" in holder.ask("PATCH", path, {"time_in_force": "ioc"})[1]["message"]
    assert holder.ask("PATCH", path, {"client_order_id": "entry"})[0] == 422
    assert holder.order(order)["status"] == "new"


def test_a_body_that_is_no_json_object_is_refused(flat: RestTrader) -> None:
    assert flat.ask("POST", "/v2/orders", [1])[0] == 400


def test_a_base_price_below_the_stop_tells_the_base_price(flat: RestTrader) -> None:
    _, content = flat.post(order_class="oto", stop_loss={"stop_price": "101.00"})
    assert content["base_price"] == "101.00"


def test_a_used_client_order_id_is_refused_for_ever_canceled_orders_included(flat: RestTrader) -> None:
    order = flat.buy(client_order_id="once")
    assert refusal(flat, client_order_id="once") == (422, 40010001, "client_order_id must be unique")
    flat.cancel(order)
    assert refusal(flat, client_order_id="once") == (422, 40010001, "client_order_id must be unique")


def test_an_id_that_was_only_refused_is_not_used_up(flat: RestTrader) -> None:
    refusal(flat, client_order_id="again", qty="0")
    assert flat.buy(client_order_id="again")["status"] == "accepted"


def test_shares_held_by_a_stop_cannot_be_sold_again(holder: RestTrader) -> None:
    stop = holder.get("/v2/orders")[0]
    status, content = holder.post(side="sell", qty="10")
    assert (status, content) == (
        403,
        {
            "code": 40310000,
            "message": "insufficient qty available for order (requested: 10, available: 0)",
            "available": "0",
            "existing_qty": "10",
            "held_for_orders": "10",
            "symbol": "AAA",
            "related_orders": [stop["id"]],
        },
    )


def test_closing_a_position_does_not_cancel_its_stop_and_is_refused(holder: RestTrader) -> None:
    status, content = holder.ask("DELETE", "/v2/positions/AAA")
    assert (status, content["code"], content["held_for_orders"]) == (403, 40310000, "10")
    assert "related_orders" not in content


def test_after_its_stop_is_canceled_the_shares_can_be_sold_at_once(holder: RestTrader) -> None:
    holder.cancel(holder.get("/v2/orders")[0])
    assert holder.order(holder.sell())["status"] == "filled"


def test_more_shares_than_held_cannot_be_sold(holder: RestTrader) -> None:
    holder.cancel(holder.get("/v2/orders")[0])
    assert refusal(holder, side="sell", qty="11")[:2] == (403, 40310000)


def test_a_stop_at_or_above_the_market_is_refused_with_both_prices(holder: RestTrader) -> None:
    holder.cancel(holder.get("/v2/orders")[0])
    status, content = holder.post(side="sell", type="stop", stop_price="100.00", time_in_force="gtc")
    assert (status, content) == (
        422,
        {
            "code": 42210000,
            "message": "stop price must be less than current price",
            "market_price": "100.00",
            "stop_price": "100.00",
        },
    )


def test_a_plain_sub_penny_stop_is_refused(holder: RestTrader) -> None:
    message = "invalid stop_price 92.933. sub-penny increment does not fulfill minimum pricing criteria"
    fields = {"side": "sell", "type": "stop", "stop_price": "92.933", "time_in_force": "gtc"}
    assert refusal(holder, **fields) == (422, 42210000, message)


def test_below_a_dollar_four_decimals_are_allowed() -> None:
    trader = open_rest_trader(bars("AAA", [(0.5, 0.52, 0.48, 0.51)] * 3))
    assert trader.oto(stop="0.4567", qty="100")["legs"][0]["stop_price"] == "0.4567"
    assert refusal(trader, type="limit", limit_price="0.45678")[:2] == (422, 42210000)


def test_a_bracket_cannot_leave_a_position(holder: RestTrader) -> None:
    fields = {"side": "sell", "order_class": "bracket", **STOP, **PROFIT}
    assert refusal(holder, **fields) == (422, 42210000, "bracket orders must be entry orders")


def test_buying_power_is_reserved_by_open_buys() -> None:
    trader = open_rest_trader(cash=1_500)
    trader.buy(qty="10")
    status, content = trader.post(qty="5")
    assert (status, content) == (
        403,
        {
            "code": 40310000,
            "message": "insufficient buying power",
            "buying_power": "490.00",
            "cost_basis": "505.00",
        },
    )
    assert trader.post(qty="4")[0] == 200


def test_a_sell_frees_buying_power_only_when_it_is_filled(holder: RestTrader) -> None:
    holder.go(0, "16:30")
    before = holder.get("/v2/account")["buying_power"]
    holder.cancel(holder.get("/v2/orders")[0])
    holder.sell()
    assert holder.get("/v2/account")["buying_power"] == before
    holder.go(1, "09:30")
    assert Decimal(holder.get("/v2/account")["buying_power"]) == Decimal(before) + 1000


def test_a_margin_account_may_buy_for_twice_its_equity() -> None:
    trader = open_rest_trader(cash=1_000, multiplier=2)
    assert trader.get("/v2/account")["buying_power"] == "2000.00"
    assert trader.post(qty="15")[0] == 200
    assert trader.post(qty="5")[0] == 403


@pytest.mark.parametrize("resting", ["stop", "limit"])
@pytest.mark.parametrize("new", ["market", "stop", "limit"])
def test_opposite_plain_orders_are_a_wash_trade_unless_two_limits_cannot_meet(resting: str, new: str) -> None:
    prices = {"stop": {"stop_price": "90.00"}, "limit": {"limit_price": "105.00"}, "market": {}}
    buys = {"stop": {"stop_price": "103.00"}, "limit": {"limit_price": "99.00"}, "market": {}}
    trader = open_rest_trader()
    trader.buy(client_order_id="held")
    trader.go(0, "09:31")
    kept = trader.sell(type=resting, time_in_force="gtc", **prices[resting])
    status, content = trader.post(type=new, **buys[new])
    if (resting, new) == ("limit", "limit"):
        assert status == 200
        status, content = trader.post(type="limit", limit_price="105.00")
    word = "limit" if resting == "limit" else "market/stop"
    assert (status, content) == (
        403,
        {
            "code": 40310000,
            "message": "potential wash trade detected. use complex orders",
            "existing_order_id": kept["id"],
            "reject_reason": f"opposite side {word} order exists",
        },
    )


def test_a_plain_stop_beside_an_open_buy_is_a_wash_trade_a_complex_order_is_exempt() -> None:
    trader = open_rest_trader()
    trader.buy(client_order_id="first", qty="10")
    trader.go(0, "09:31")
    trader.buy(type="limit", limit_price="97.50", qty="1", client_order_id="resting")
    assert refusal(trader, side="sell", type="stop", stop_price="90.00")[0] == 403
    trader.ask("DELETE", "/v2/orders")
    trader.stop("90.00")
    assert trader.oto(qty="1")["status"] == "new"


def test_cancel_of_an_order_that_has_ended_is_refused_with_its_state(holder: RestTrader) -> None:
    entry = holder.get("/v2/orders:by_client_order_id", client_order_id="entry")
    assert holder.cancel(entry) == (422, {"code": 42210000, "message": 'order is already in "filled" state'})
    leg = holder.get("/v2/orders")[0]
    holder.cancel(leg)
    assert holder.cancel(leg)[1]["message"] == 'order is already in "canceled" state'


def test_what_is_not_there_is_404(flat: RestTrader) -> None:
    known = {
        "/v2/orders/nope": "order not found for nope",
        "/v2/positions/AAA": "position does not exist",
        "/v2/assets/NOPE": "asset not found for NOPE",
    }
    for path, message in known.items():
        assert flat.ask("GET", path) == (404, {"code": 40410000, "message": message})
    assert flat.ask("GET", "/v2/orders:by_client_order_id", client_order_id="mine")[1] == {
        "code": 40410000,
        "message": "order not found for mine",
    }
    assert flat.ask("DELETE", "/v2/orders/nope")[0] == 404
    assert flat.ask("GET", "/v2/nothing")[0] == 404


def test_an_accepted_or_held_order_cannot_be_replaced(flat: RestTrader) -> None:
    order = flat.oto()
    for wanted in (order, order["legs"][0]):
        status, content = flat.ask("PATCH", f"/v2/orders/{wanted['id']}", {"stop_price": "91.00"})
        message = f"cannot replace order in {wanted['status']} status"
        assert (status, content) == (422, {"code": 42210000, "message": message})


def test_a_leg_may_change_its_price_but_not_its_quantity(holder: RestTrader) -> None:
    leg = holder.get("/v2/orders")[0]
    assert holder.ask("PATCH", f"/v2/orders/{leg['id']}", {"qty": "5"})[0] == 422
    assert holder.ask("PATCH", f"/v2/orders/{leg['id']}", {"stop_price": "100.00"})[1]["market_price"] == "100.00"
    assert holder.ask("PATCH", f"/v2/orders/{leg['id']}", {"stop_price": "91.00", "client_order_id": "entry"})[0] == 422
    assert holder.ask("PATCH", f"/v2/orders/{leg['id']}", {"stop_price": "91.00", "qty": "10"})[0] == 200
    status, content = holder.ask("PATCH", f"/v2/orders/{leg['id']}", {"stop_price": "92.00"})
    assert (status, content["message"]) == (422, "cannot replace order in replaced status")


def test_an_instrument_that_is_inactive_or_not_tradable_is_refused(flat: RestTrader) -> None:
    flat.exchange.set_asset("AAA", tradable=False)
    assert refusal(flat) == (403, 40310000, "asset AAA is not tradable")
    flat.exchange.set_asset("AAA", status="inactive")
    assert refusal(flat) == (422, 42210000, "asset AAA is not active")
    assert flat.get("/v2/assets/AAA")["status"] == "inactive"


def test_a_ticker_without_bars_for_five_sessions_is_no_longer_active() -> None:
    trader = open_rest_trader(bars("AAA", [QUIET, QUIET]), now=at(5, "15:00"))
    assert trader.post()[0] == 200
    trader.go(5, "16:30")
    assert refusal(trader)[2] == "asset AAA is not active"


def test_a_blocked_account_and_one_suspended_by_its_user_take_no_orders(flat: RestTrader) -> None:
    flat.exchange.set_account(trading_blocked=True)
    assert refusal(flat)[0] == 403
    flat.exchange.set_account(trading_blocked=False)
    flat.ask("PATCH", "/v2/account/configurations", {"suspend_trade": True})
    assert refusal(flat) == (403, 40310000, "new orders are rejected by user request")
    assert flat.get("/v2/account")["trade_suspended_by_user"] is True


def test_a_refused_order_leaves_the_account_as_it_was(holder: RestTrader) -> None:
    before = (holder.get("/v2/account"), holder.get("/v2/orders", status="all"), holder.get("/v2/positions"))
    for fields in ({"side": "sell"}, {"qty": "100000"}, {"client_order_id": "entry"}, {"symbol": "NOPE"}):
        assert holder.post(**fields)[0] >= 400
    assert before == (holder.get("/v2/account"), holder.get("/v2/orders", status="all"), holder.get("/v2/positions"))
