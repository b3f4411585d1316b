"""Order listings, flat and nested, and the filters."""

from __future__ import annotations

from tests.live.sim.market import RestTrader, at, open_rest_trader, quiet_bars


def trader_with_history() -> RestTrader:
    """A filled OTO of AAA from session 0, its leg replaced in session 1, and a queued buy of BBB."""
    trader = open_rest_trader(quiet_bars("AAA"), quiet_bars("BBB"))
    trader.oto(client_order_id="entry")
    trader.go(1, "10:00")
    leg = trader.get("/v2/orders")[0]
    trader.ask("PATCH", f"/v2/orders/{leg['id']}", {"stop_price": "91.00", "client_order_id": "stop"})
    trader.go(1, "17:00")
    trader.buy(symbol="BBB", client_order_id="other")
    return trader


def test_flat_open_orders_show_a_live_leg_as_its_own_row() -> None:
    rows = trader_with_history().get("/v2/orders", direction="asc")
    assert [(row["client_order_id"], row["legs"]) for row in rows] == [("stop", None), ("other", None)]


def test_a_held_leg_is_open_and_inside_its_parent_when_nested() -> None:
    trader = open_rest_trader()
    trader.oto(client_order_id="entry")
    assert len(trader.get("/v2/orders")) == 2
    nested = trader.get("/v2/orders", nested="true")
    assert [(row["client_order_id"], len(row["legs"])) for row in nested] == [("entry", 1)]


def test_nested_open_orders_keep_a_live_leg_whose_parent_is_not_listed() -> None:
    rows = trader_with_history().get("/v2/orders", nested="true", direction="asc")
    assert [row["client_order_id"] for row in rows] == ["stop", "other"]


def test_a_parent_shows_the_current_leg_and_the_replaced_one_names_its_successor() -> None:
    trader = trader_with_history()
    parent = trader.get("/v2/orders:by_client_order_id", client_order_id="entry")
    legs = trader.order(parent)["legs"]
    assert [(leg["client_order_id"], leg["status"]) for leg in legs] == [("stop", "new")]
    replaced = trader.order(legs[0]["replaces"])
    assert (replaced["status"], replaced["replaced_by"]) == ("replaced", legs[0]["id"])


def test_after_and_until_are_exclusive_and_direction_is_newest_first_by_default() -> None:
    trader = trader_with_history()
    names = [row["client_order_id"] for row in trader.get("/v2/orders", status="all", nested="true")]
    assert names[0] == "other"
    assert names[-1] == "entry"
    submitted = at(1, "10:00").isoformat()
    later = trader.get("/v2/orders", status="all", after=submitted)
    assert [row["client_order_id"] for row in later] == ["other"]
    earlier = trader.get("/v2/orders", status="all", until=submitted, direction="asc")
    assert earlier[0]["client_order_id"] == "entry"
    assert [row["status"] for row in earlier] == ["filled", "replaced"]


def test_status_symbols_side_and_limit_narrow_the_list() -> None:
    trader = trader_with_history()
    assert {row["symbol"] for row in trader.get("/v2/orders", status="all", symbols="BBB")} == {"BBB"}
    assert {row["side"] for row in trader.get("/v2/orders", status="all", side="sell")} == {"sell"}
    assert {row["status"] for row in trader.get("/v2/orders", status="closed")} == {"filled", "replaced"}
    assert len(trader.get("/v2/orders", status="all", limit="2")) == 2
    assert trader.ask("GET", "/v2/orders", limit="501")[0] == 422


def test_cancel_all_tells_each_order() -> None:
    trader = trader_with_history()
    status, rows = trader.ask("DELETE", "/v2/orders")
    assert (status, [row["status"] for row in rows]) == (207, [200, 200])
    assert trader.get("/v2/orders") == []


def test_close_all_sells_everything_that_no_order_holds() -> None:
    trader = trader_with_history()
    trader.go(2, "09:31")
    status, rows = trader.ask("DELETE", "/v2/positions")
    assert status == 207
    assert {row["symbol"]: row["status"] for row in rows} == {"AAA": 403, "BBB": 200}
    trader.ask("DELETE", "/v2/positions", cancel_orders="true")
    assert trader.holdings() == {}


def test_equity_history_and_last_equity_are_taken_at_the_closes() -> None:
    trader = trader_with_history()
    trader.go(2, "12:00")
    account = trader.get("/v2/account")
    assert (account["last_equity"], account["balance_asof"]) == ("100010.00", "2026-01-06")
    history = trader.get("/v2/account/portfolio/history", period="1M", timeframe="1D")
    assert history["equity"] == [100010.0, 100010.0]
    assert history["profit_loss"] == [10.0, 10.0]
