"""How long orders live: day, good till canceled and its ageing, opg and cls, ioc and fok, statuses outside hours."""

from __future__ import annotations

from datetime import timedelta

from tests.live.sim.market import QUIET, bars, open_rest_trader, quiet_bars, session


def test_a_day_order_unfilled_at_the_close_expires_with_its_legs() -> None:
    trader = open_rest_trader(bars("AAA", [QUIET, None, QUIET]))
    order = trader.oto(time_in_force="day")
    assert order["expires_at"] == "2026-01-05T21:00:00.000000Z"
    trader.go(0, "16:00")
    ended = trader.order(order)
    assert (ended["status"], ended["legs"][0]["status"]) == ("expired", "expired")


def test_the_stop_leg_of_a_day_parent_is_gone_after_the_close_and_the_shares_are_naked() -> None:
    trader = open_rest_trader()
    order = trader.oto(time_in_force="day")
    trader.go(0, "16:00")
    ended = trader.order(order)
    assert (ended["status"], ended["legs"][0]["status"]) == ("filled", "expired")
    assert trader.holdings() == {"AAA": "10"}


def test_the_stop_leg_of_a_gtc_parent_outlives_the_day() -> None:
    trader = open_rest_trader()
    order = trader.oto()
    assert order["expires_at"] == "2026-04-05T20:00:00.000000Z"  # 90 days on, 16:00 New York
    trader.go(3, "12:00")
    assert trader.order(order)["legs"][0]["status"] == "new"


def test_an_order_sent_after_the_close_is_queued_for_the_next_session() -> None:
    trader = open_rest_trader()
    trader.go(0, "17:00")
    order = trader.buy()
    assert (order["status"], order["expires_at"]) == ("accepted", "2026-01-06T21:00:00.000000Z")
    trader.go(1, "09:29")
    assert trader.order(order)["status"] == "accepted"
    trader.go(1, "09:30")
    assert trader.order(order)["filled_at"] == "2026-01-06T14:30:00.000000Z"


def test_a_gtc_order_of_the_evening_becomes_new_early_next_morning() -> None:
    trader = open_rest_trader()
    trader.buy()
    trader.go(0, "17:00")
    order = trader.stop("90.00")
    assert order["status"] == "accepted"
    trader.go(1, "03:59")
    assert trader.order(order)["status"] == "accepted"
    trader.go(1, "04:00")
    assert trader.order(order)["status"] == "new"


def test_a_gtc_order_is_canceled_ninety_days_after_it_was_made() -> None:
    trader = open_rest_trader(now=None)
    trader.buy()
    trader.go(1, "10:00")  # a Tuesday: its expiry is Monday 2026-04-06
    order = trader.stop("50.00")
    assert order["expires_at"] == "2026-04-06T20:00:00.000000Z"
    expiry = (session(1) + timedelta(days=90) - session(0)).days
    number = next(n for n in range(120) if (session(n) - session(0)).days == expiry)
    trader.go(number, "16:14")
    assert trader.order(order)["status"] == "new"
    trader.go(number, "16:15")
    assert trader.order(order)["status"] == "canceled"
    assert trader.holdings() == {"AAA": "10"}


def test_a_gtc_order_that_ages_over_a_weekend_is_gone_before_the_next_open() -> None:
    trader = open_rest_trader()
    order = trader.oto(stop="50.00")  # made on a Monday: 90 days on is a Sunday
    number = next(n for n in range(120) if (session(n) - session(0)).days == 91)
    trader.go(number - 1, "23:00")
    assert trader.order(order)["legs"][0]["status"] == "new"
    trader.go(number, "09:00")
    assert trader.order(order)["legs"][0]["status"] == "canceled"


def test_replacing_a_gtc_order_gives_it_ninety_new_days() -> None:
    trader = open_rest_trader()
    trader.oto()
    trader.go(4, "10:00")
    leg = trader.get("/v2/orders")[0]
    _, successor = trader.ask("PATCH", f"/v2/orders/{leg['id']}", {"stop_price": "91.00"})
    assert successor["expires_at"] == "2026-04-09T20:00:00.000000Z"


def test_opening_auction_orders_have_their_window_and_fill_at_the_open_or_expire() -> None:
    trader = open_rest_trader(quiet_bars("AAA"), bars("BBB", [QUIET, None, QUIET]))
    filled = trader.buy(time_in_force="opg")
    unreached = trader.buy(time_in_force="opg", type="limit", limit_price="99.00")
    halted = trader.buy(time_in_force="opg", symbol="BBB")
    trader.go(0, "09:29")
    assert trader.post(time_in_force="opg")[0] == 422
    trader.go(0, "09:30")
    assert [trader.order(o)["status"] for o in (filled, unreached, halted)] == ["filled", "expired", "expired"]


def test_closing_auction_orders_fill_at_the_close() -> None:
    trader = open_rest_trader()
    order = trader.buy(time_in_force="cls")
    trader.go(0, "15:59")
    assert trader.order(order)["status"] == "new"
    assert trader.post(time_in_force="cls")[0] == 422
    trader.go(0, "16:00")
    assert trader.order(order)["filled_avg_price"] == "101.00"


def test_immediate_orders_fill_now_or_never() -> None:
    trader = open_rest_trader()
    assert trader.post(time_in_force="ioc")[0] == 422
    trader.go(0, "09:31")
    assert trader.order(trader.buy(time_in_force="ioc"))["status"] == "filled"
    late = trader.buy(time_in_force="fok", type="limit", limit_price="99.00")
    assert trader.order(late)["status"] == "canceled"


def test_on_a_half_day_day_orders_end_at_thirteen_hours() -> None:
    trader = open_rest_trader()
    trader.go(4, "09:00")
    order = trader.buy(type="limit", limit_price="50.00")
    trader.go(4, "13:00")
    assert trader.order(order)["status"] == "expired"
    assert trader.get("/v2/calendar", start="2026-01-09", end="2026-01-09")[0]["close"] == "13:00"
