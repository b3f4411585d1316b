"""When orders fill and at what price."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from backtest.params import StopFill
from live.sim.faults import OrderFault, OrderFaultKind
from tests.live.sim.market import QUIET, at, bars, open_rest_trader, quiet_bars


def test_a_market_order_sent_before_the_open_is_accepted_and_fills_at_the_open() -> None:
    trader = open_rest_trader()
    order = trader.buy()
    assert (order["status"], order["filled_qty"]) == ("accepted", "0")
    trader.go(0, "09:30")
    filled = trader.order(order)
    assert (filled["status"], filled["filled_avg_price"]) == ("filled", "100.00")
    assert filled["filled_at"] == "2026-01-05T14:30:00.000000Z"
    assert trader.holdings() == {"AAA": "10"}
    assert trader.cash() == "99000.00"


def test_a_market_order_in_the_session_is_answered_before_it_fills_at_the_current_price() -> None:
    trader = open_rest_trader()
    trader.go(0, "16:00")
    trader.go(1, "11:43")
    trader.exchange.advance(20)  # the low is reached at one third of the time after 09:35
    order = trader.buy()
    assert order["status"] == "new"
    assert trader.order(order)["filled_avg_price"] == "98.00"


def test_slippage_is_taken_from_sells_and_added_to_buys_on_the_tick_grid() -> None:
    trader = open_rest_trader(slippage_pct=Decimal("0.5"), entry_slippage_pct=Decimal("0.25"))
    bought = trader.buy()
    trader.go(0, "09:31")
    sold = trader.sell()
    assert trader.order(bought)["filled_avg_price"] == "100.25"
    assert trader.order(sold)["filled_avg_price"] == "99.50"


def test_a_stop_reached_during_the_session_fills_at_the_stop() -> None:
    trader = open_rest_trader(slippage_pct=Decimal("0.5"))
    trader.oto(stop="98.50")
    trader.go(0, "16:00")
    leg = trader.get("/v2/orders", status="closed", side="sell")[0]
    assert (leg["status"], leg["filled_avg_price"]) == ("filled", "98.00")  # 98.50 less 0.5 %, floored to the tick
    assert trader.holdings() == {}


@pytest.mark.parametrize(("mode", "price"), [(StopFill.GAP_AWARE, "80.00"), (StopFill.STOP_PRICE, "90.00")])
def test_a_session_that_opens_below_the_stop_fills_at_the_open_or_at_the_stop(mode: StopFill, price: str) -> None:
    trader = open_rest_trader(bars("AAA", [QUIET, QUIET, (80, 85, 75, 82)]), stop_fill=mode)
    trader.oto(stop="90.00")
    trader.go(1, "09:30")
    assert trader.get("/v2/orders", status="closed", side="sell")[0]["filled_avg_price"] == price


def test_an_entry_that_opens_below_its_provisional_stop_is_bought_and_stopped_at_that_open() -> None:
    trader = open_rest_trader(bars("AAA", [QUIET, (85, 88, 84, 86)]), slippage_pct=Decimal("0.5"))
    order = trader.oto(stop="90.90")
    trader.go(0, "09:30")
    parent = trader.order(order)
    assert (parent["filled_avg_price"], parent["legs"][0]["filled_avg_price"]) == ("85.00", "84.57")
    assert trader.holdings() == {}


def test_a_stop_trued_up_after_the_fill_guards_the_rest_of_the_entry_day() -> None:
    trader = open_rest_trader(bars("AAA", [QUIET, (110, 112, 99, 105)]))
    order = trader.oto(stop="90.00")
    trader.go(0, "09:31")
    leg = trader.order(order)["legs"][0]
    status, successor = trader.ask("PATCH", f"/v2/orders/{leg['id']}", {"stop_price": "99.00"})
    assert (status, successor["replaces"]) == (200, leg["id"])
    trader.go(0, "16:00")
    assert trader.order(successor)["filled_avg_price"] == "99.00"


def test_a_ticker_without_a_bar_is_halted_all_session() -> None:
    trader = open_rest_trader(bars("AAA", [QUIET, None, (95, 99, 94, 96)]))
    day = trader.buy(client_order_id="day")
    gtc = trader.buy(client_order_id="gtc", time_in_force="gtc")
    trader.go(0, "12:00")
    assert [trader.order(o)["status"] for o in (day, gtc)] == ["new", "new"]
    assert trader.get("/v2/stocks/AAA/trades/latest")["trade"]["p"] == 101.0
    trader.go(1, "09:30")
    assert [trader.order(o)["status"] for o in (day, gtc)] == ["expired", "filled"]
    assert trader.order(gtc)["filled_avg_price"] == "95.00"


def test_a_limit_order_fills_at_its_limit_or_better() -> None:
    trader = open_rest_trader()
    resting = trader.buy(type="limit", limit_price="98.50", client_order_id="resting")
    marketable = trader.buy(type="limit", limit_price="100.70", client_order_id="marketable")
    unreached = trader.buy(type="limit", limit_price="97.99", client_order_id="unreached")
    trader.go(0, "16:00")
    assert trader.order(resting)["filled_avg_price"] == "98.50"
    assert trader.order(marketable)["filled_avg_price"] == "100.00"
    assert trader.order(unreached)["status"] == "expired"


def test_a_buy_stop_fills_when_the_price_rises_to_it() -> None:
    trader = open_rest_trader()
    order = trader.buy(type="stop", stop_price="101.50")
    trader.go(0, "16:00")
    assert trader.order(order)["filled_avg_price"] == "101.50"


def test_a_bracket_takes_its_profit_and_cancels_its_stop() -> None:
    trader = open_rest_trader()
    legs = {"take_profit": {"limit_price": "101.50"}, "stop_loss": {"stop_price": "95.00"}}
    order = trader.buy(order_class="bracket", **legs)
    assert [leg["status"] for leg in order["legs"]] == ["held", "held"]
    trader.go(0, "09:31")
    assert {leg["type"]: leg["status"] for leg in trader.order(order)["legs"]} == {"limit": "new", "stop": "held"}
    trader.go(0, "16:00")
    ends = {leg["type"]: (leg["status"], leg["filled_avg_price"]) for leg in trader.order(order)["legs"]}
    assert ends == {"limit": ("filled", "101.50"), "stop": ("canceled", None)}


def test_a_bracket_stopped_out_cancels_its_take_profit() -> None:
    trader = open_rest_trader()
    legs = {"take_profit": {"limit_price": "101.50"}, "stop_loss": {"stop_price": "99.00"}}
    order = trader.buy(order_class="bracket", **legs)
    trader.go(0, "16:00")
    ends = {leg["type"]: leg["status"] for leg in trader.order(order)["legs"]}
    assert ends == {"limit": "canceled", "stop": "filled"}


def test_one_cancels_other_protects_and_sells_shares_held() -> None:
    trader = open_rest_trader()
    trader.buy()
    trader.go(0, "09:31")
    legs = {"take_profit": {"limit_price": "103.00"}, "stop_loss": {"stop_price": "98.20"}}
    order = trader.sell(type="limit", order_class="oco", time_in_force="gtc", **legs)
    assert trader.get("/v2/positions/AAA")["qty_available"] == "0"
    trader.go(0, "16:00")
    assert trader.order(order)["status"] == "canceled"
    assert trader.order(order)["legs"][0]["filled_avg_price"] == "98.20"


def test_the_stop_leg_is_held_until_the_parent_is_completely_filled() -> None:
    trader = open_rest_trader()
    partial = OrderFault(OrderFaultKind.PARTIAL, client_order_id="entry", side="buy", shares=4)
    trader.exchange.faults.add(partial)
    order = trader.oto(client_order_id="entry")
    trader.go(0, "09:31")
    parent = trader.order(order)
    assert (parent["status"], parent["filled_qty"]) == ("partially_filled", "4")
    assert parent["legs"][0]["status"] == "held"
    assert trader.holdings() == {"AAA": "4"}
    trader.exchange.faults.clear()
    trader.exchange.advance(1)
    parent = trader.order(order)
    assert (parent["status"], parent["legs"][0]["status"]) == ("filled", "new")


def test_canceling_a_partly_filled_parent_takes_its_held_leg_with_it_and_leaves_the_shares() -> None:
    trader = open_rest_trader()
    trader.exchange.faults.add(OrderFault(OrderFaultKind.PARTIAL, side="buy", shares=4))
    order = trader.oto()
    trader.go(0, "09:31")
    assert trader.cancel(order)[0] == 204
    parent = trader.order(order)
    assert (parent["status"], parent["filled_qty"], parent["legs"][0]["status"]) == ("canceled", "4", "canceled")
    assert trader.stop("90.00", qty="4")["status"] == "new"


def test_canceling_the_leg_of_a_filled_parent_leaves_just_the_position() -> None:
    trader = open_rest_trader()
    order = trader.oto()
    trader.go(0, "09:31")
    assert trader.cancel(trader.order(order)["legs"][0])[0] == 204
    assert trader.get("/v2/orders") == []
    assert trader.holdings() == {"AAA": "10"}


def test_fills_are_told_by_activities_page_by_page() -> None:
    trader = open_rest_trader()
    for n in range(3):
        trader.buy(client_order_id=f"buy{n}", qty=str(n + 1))
    trader.go(0, "09:31")
    path = "/v2/account/activities/FILL"
    first = trader.get(path, direction="asc", page_size="2")
    rest = trader.get(path, direction="asc", page_size="2", page_token=first[-1]["id"])
    assert sorted(row["qty"] for row in first + rest) == ["1", "2", "3"]
    assert first[0]["id"].startswith("20260105093000000::")
    assert trader.get(path, after="2026-01-05T14:30:00Z") == []


def test_a_late_quote_of_the_same_moment_is_the_trade_itself() -> None:
    trader = open_rest_trader(quiet_bars("AAA"), quiet_bars("BBB"))
    quotes = trader.get("/v2/stocks/quotes/latest", symbols="AAA,BBB,NONE")["quotes"]
    assert {symbol: (quote["bp"], quote["ap"]) for symbol, quote in quotes.items()} == {
        "AAA": (101.0, 101.0),
        "BBB": (101.0, 101.0),
    }


def test_time_never_runs_backwards() -> None:
    trader = open_rest_trader()
    trader.exchange.advance_to(at(0, "08:00"))
    assert trader.exchange.now() == at(0, "09:00")
    trader.exchange.advance(1.5)
    assert trader.exchange.now() == at(0, "09:00") + timedelta(seconds=1.5)


@pytest.mark.parametrize(
    ("limit", "filled"), [("99.99", None), ("100.00", "100.00"), ("100.10", "100.10"), ("101.00", "100.25")]
)
def test_a_limit_buy_that_waits_for_the_open_is_filled_there_as_a_simulator_does(
    limit: str, filled: str | None
) -> None:
    """Slippage makes the open of 100.00 a fill of 100.25, never one above the limit."""
    trader = open_rest_trader(entry_slippage_pct=Decimal("0.25"))
    order = trader.buy(type="limit", limit_price=limit)
    trader.go(0, "09:34")
    found = trader.order(order)
    assert (found["status"], found["filled_avg_price"]) == (("filled", filled) if filled else ("new", None))
