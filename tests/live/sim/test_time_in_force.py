"""How long orders live: day, good till canceled and its ageing, opg and cls, ioc and fok, statuses outside hours."""

from __future__ import annotations

from datetime import timedelta

from tests.live.sim.market import QUIET, bars, open_desk, quiet_bars, session


def test_a_day_order_unfilled_at_the_close_expires_with_its_legs() -> None:
    desk = open_desk(bars("AAA", [QUIET, None, QUIET]))
    order = desk.oto(time_in_force="day")
    assert order["expires_at"] == "2026-01-05T21:00:00.000000Z"
    desk.go(0, "16:00")
    ended = desk.order(order)
    assert (ended["status"], ended["legs"][0]["status"]) == ("expired", "expired")


def test_the_stop_leg_of_a_day_parent_is_gone_after_the_close_and_the_shares_are_naked() -> None:
    desk = open_desk()
    order = desk.oto(time_in_force="day")
    desk.go(0, "16:00")
    ended = desk.order(order)
    assert (ended["status"], ended["legs"][0]["status"]) == ("filled", "expired")
    assert desk.holdings() == {"AAA": "10"}


def test_the_stop_leg_of_a_gtc_parent_outlives_the_day() -> None:
    desk = open_desk()
    order = desk.oto()
    assert order["expires_at"] == "2026-04-05T20:00:00.000000Z"  # 90 days on, 16:00 New York
    desk.go(3, "12:00")
    assert desk.order(order)["legs"][0]["status"] == "new"


def test_an_order_sent_after_the_close_is_queued_for_the_next_session() -> None:
    desk = open_desk()
    desk.go(0, "17:00")
    order = desk.buy()
    assert (order["status"], order["expires_at"]) == ("accepted", "2026-01-06T21:00:00.000000Z")
    desk.go(1, "09:29")
    assert desk.order(order)["status"] == "accepted"
    desk.go(1, "09:30")
    assert desk.order(order)["filled_at"] == "2026-01-06T14:30:00.000000Z"


def test_a_gtc_order_of_the_evening_becomes_new_early_next_morning() -> None:
    desk = open_desk()
    desk.buy()
    desk.go(0, "17:00")
    order = desk.stop("90.00")
    assert order["status"] == "accepted"
    desk.go(1, "03:59")
    assert desk.order(order)["status"] == "accepted"
    desk.go(1, "04:00")
    assert desk.order(order)["status"] == "new"


def test_a_gtc_order_is_canceled_ninety_days_after_it_was_made() -> None:
    desk = open_desk(now=None)
    desk.buy()
    desk.go(1, "10:00")  # a Tuesday: its expiry is Monday 2026-04-06
    order = desk.stop("50.00")
    assert order["expires_at"] == "2026-04-06T20:00:00.000000Z"
    expiry = (session(1) + timedelta(days=90) - session(0)).days
    number = next(n for n in range(120) if (session(n) - session(0)).days == expiry)
    desk.go(number, "16:14")
    assert desk.order(order)["status"] == "new"
    desk.go(number, "16:15")
    assert desk.order(order)["status"] == "canceled"
    assert desk.holdings() == {"AAA": "10"}


def test_a_gtc_order_that_ages_over_a_weekend_is_gone_before_the_next_open() -> None:
    desk = open_desk()
    order = desk.oto(stop="50.00")  # made on a Monday: 90 days on is a Sunday
    number = next(n for n in range(120) if (session(n) - session(0)).days == 91)
    desk.go(number - 1, "23:00")
    assert desk.order(order)["legs"][0]["status"] == "new"
    desk.go(number, "09:00")
    assert desk.order(order)["legs"][0]["status"] == "canceled"


def test_replacing_a_gtc_order_gives_it_ninety_new_days() -> None:
    desk = open_desk()
    desk.oto()
    desk.go(4, "10:00")
    leg = desk.get("/v2/orders")[0]
    _, successor = desk.ask("PATCH", f"/v2/orders/{leg['id']}", {"stop_price": "91.00"})
    assert successor["expires_at"] == "2026-04-09T20:00:00.000000Z"


def test_opening_auction_orders_have_their_window_and_fill_at_the_open_or_expire() -> None:
    desk = open_desk(quiet_bars("AAA"), bars("BBB", [QUIET, None, QUIET]))
    filled = desk.buy(time_in_force="opg")
    unreached = desk.buy(time_in_force="opg", type="limit", limit_price="99.00")
    halted = desk.buy(time_in_force="opg", symbol="BBB")
    desk.go(0, "09:29")
    assert desk.post(time_in_force="opg")[0] == 422
    desk.go(0, "09:30")
    assert [desk.order(o)["status"] for o in (filled, unreached, halted)] == ["filled", "expired", "expired"]


def test_closing_auction_orders_fill_at_the_close() -> None:
    desk = open_desk()
    order = desk.buy(time_in_force="cls")
    desk.go(0, "15:59")
    assert desk.order(order)["status"] == "new"
    assert desk.post(time_in_force="cls")[0] == 422
    desk.go(0, "16:00")
    assert desk.order(order)["filled_avg_price"] == "101.00"


def test_immediate_orders_fill_now_or_never() -> None:
    desk = open_desk()
    assert desk.post(time_in_force="ioc")[0] == 422
    desk.go(0, "09:31")
    assert desk.order(desk.buy(time_in_force="ioc"))["status"] == "filled"
    late = desk.buy(time_in_force="fok", type="limit", limit_price="99.00")
    assert desk.order(late)["status"] == "canceled"


def test_on_a_half_day_day_orders_end_at_thirteen_hours() -> None:
    desk = open_desk()
    desk.go(4, "09:00")
    order = desk.buy(type="limit", limit_price="50.00")
    desk.go(4, "13:00")
    assert desk.order(order)["status"] == "expired"
    assert desk.get("/v2/calendar", start="2026-01-09", end="2026-01-09")[0]["close"] == "13:00"
