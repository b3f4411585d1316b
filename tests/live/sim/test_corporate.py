"""Splits before the open, delisting payouts, halts: what happens to holdings without an order."""

from __future__ import annotations

from fractions import Fraction

from backtest.model import Split
from tests.live.sim.market import QUIET, RestTrader, bars, open_rest_trader, session

AFTER_FOUR = (25.0, 25.5, 24.5, 25.25)
AFTER_TENTH = (1000.0, 1020.0, 980.0, 1010.0)


def split_trader(ratio: Fraction, after: tuple[float, float, float, float]) -> RestTrader:
    """A market with a split of AAA before the open of session 2."""
    rows = [QUIET, QUIET, QUIET, *[after] * 20]
    return open_rest_trader(bars("AAA", rows), splits=[Split("AAA", session(2), ratio)])


def test_a_split_is_booked_before_the_open_and_the_position_keeps_its_cost() -> None:
    trader = split_trader(Fraction(4), AFTER_FOUR)
    trader.buy()
    trader.go(2, "03:59")
    assert trader.holdings() == {"AAA": "10"}
    trader.go(2, "09:00")
    position = trader.get("/v2/positions/AAA")
    assert (position["qty"], position["avg_entry_price"], position["cost_basis"]) == ("40", "25.00", "1000.00")
    assert position["current_price"] == "25.25"  # the last close in new units
    assert trader.get("/v2/stocks/AAA/trades/latest")["trade"]["p"] == 101.0  # as printed, the day before


def test_a_split_is_told_as_an_activity_and_announced_for_the_trade_date_only() -> None:
    trader = split_trader(Fraction(4), AFTER_FOUR)
    trader.buy()
    wanted = {"symbols": "AAA", "start": session(0).isoformat(), "end": session(9).isoformat()}
    trader.go(1, "12:00")
    assert trader.get("/v1/corporate-actions", **wanted)["corporate_actions"] == {}
    trader.go(1, "16:00")
    action = trader.get("/v1/corporate-actions", **wanted)["corporate_actions"]["forward_splits"][0]
    assert (action["ex_date"], action["new_rate"], action["old_rate"]) == ("2026-01-07", 4, 1)
    trader.go(2, "09:00")
    booked = trader.get("/v2/account/activities", category="non_trade_activity")[0]
    assert (booked["activity_type"], booked["symbol"], booked["qty"], booked["date"]) == (
        "SPLIT",
        "AAA",
        "30",
        "2026-01-07",
    )


def test_a_fraction_of_a_share_is_dropped() -> None:
    trader = split_trader(Fraction(3, 2), AFTER_FOUR)
    trader.buy(qty="7")
    trader.go(2, "09:00")
    assert trader.holdings() == {"AAA": "10"}
    assert trader.cash() == "99300.00"


def test_the_members_of_an_oto_are_left_untouched_by_a_split_and_fire_at_the_open() -> None:
    trader = split_trader(Fraction(4), AFTER_FOUR)
    order = trader.oto(stop="90.00")
    trader.go(2, "09:00")
    leg = trader.order(order)["legs"][0]
    assert (leg["status"], leg["qty"], leg["stop_price"]) == ("new", "10", "90.00")
    trader.go(2, "09:30")
    assert trader.order(leg["id"])["filled_avg_price"] == "25.00"
    assert trader.holdings() == {"AAA": "30"}


def test_a_plain_stop_is_replaced_by_an_adjusted_one_at_a_forward_split() -> None:
    trader = split_trader(Fraction(4), AFTER_FOUR)
    trader.buy()
    trader.go(0, "09:31")
    stop = trader.stop("90.01")
    trader.go(2, "09:00")
    old = trader.order(stop)
    new = trader.order(old["replaced_by"])
    assert (old["status"], new["status"], new["qty"], new["stop_price"]) == ("replaced", "new", "40", "22.50")


def test_a_plain_stop_is_canceled_at_a_reverse_split() -> None:
    trader = split_trader(Fraction(1, 10), AFTER_TENTH)
    trader.buy()
    trader.go(0, "09:31")
    stop = trader.stop("90.00")
    trader.go(2, "09:00")
    assert trader.order(stop)["status"] == "canceled"
    assert trader.holdings() == {"AAA": "1"}


def test_after_a_reverse_split_an_untouched_leg_never_sells_more_than_is_held() -> None:
    rows = [QUIET, QUIET, QUIET, (1000.0, 1000.0, 80.0, 90.0)]
    trader = open_rest_trader(bars("AAA", rows), splits=[Split("AAA", session(2), Fraction(1, 10))])
    order = trader.oto(stop="90.00", qty="25")
    trader.go(2, "16:00")
    leg = trader.order(order)["legs"][0]
    assert (leg["status"], leg["filled_qty"]) == ("canceled", "2")
    assert trader.holdings() == {}


def test_bars_are_raw_unless_adjusted_for_splits_booked_by_now() -> None:
    trader = split_trader(Fraction(4), AFTER_FOUR)
    span = {"symbols": "AAA", "timeframe": "1Day", "start": "2026-01-06", "end": "2026-01-06"}
    trader.go(1, "16:00")
    assert trader.get("/v2/stocks/bars", adjustment="split", **span)["bars"]["AAA"][0]["c"] == 101.0
    trader.go(2, "09:00")
    assert trader.get("/v2/stocks/bars", adjustment="split", **span)["bars"]["AAA"][0]["c"] == 25.25
    assert trader.get("/v2/stocks/bars", adjustment="raw", **span)["bars"]["AAA"][0]["c"] == 101.0


def test_a_holding_without_bars_for_five_sessions_is_paid_out_at_its_last_close() -> None:
    trader = open_rest_trader(bars("AAA", [QUIET, QUIET]))
    order = trader.oto(stop="90.00")
    trader.go(5, "15:59")
    assert trader.holdings() == {"AAA": "10"}
    trader.go(5, "16:00")
    assert trader.holdings() == {}
    assert trader.cash() == "100010.00"  # bought at 100, paid out at 101
    assert trader.order(order)["legs"][0]["status"] == "canceled"
    booked = trader.get("/v2/account/activities", category="non_trade_activity")[0]
    assert (booked["activity_type"], booked["qty"], booked["net_amount"], booked["date"]) == (
        "MA",
        "-10",
        "1010.00",
        "2026-01-12",
    )
    assert trader.get("/v2/assets/AAA")["status"] == "inactive"


def test_a_hole_of_four_sessions_is_a_halt_not_a_delisting() -> None:
    trader = open_rest_trader(bars("AAA", [QUIET, QUIET, None, None, None, None, QUIET]))
    trader.oto(stop="90.00")
    trader.go(5, "16:00")
    assert trader.holdings() == {"AAA": "10"}
