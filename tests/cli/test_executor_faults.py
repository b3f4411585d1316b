"""What may go wrong with orders, fills and stops, one row of the fault matrix a test."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from live.sim.faults import (
    OrderFaultKind,
    RequestFault,
    accept_late,
    answer,
    answer_after,
    call_then,
    change_answer,
    lose_answer,
    lose_request,
)
from tests.cli.lab import Lab, make_lab
from tests.live.sim.market import QUIET, bars, quiet_bars


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return make_lab(tmp_path)


@pytest.fixture
def held(tmp_path: Path) -> Lab:
    """AAA and BBB are held since session 0, 10 shares each at 100.00 with stops at 90.00."""
    return make_lab(tmp_path, settings=["execution.poll_timeout_s=10"]).hold("AAA", "BBB")


def a_sale(held: Lab) -> Lab:
    held.go(0, "16:30").issue(1, sell=["AAA"])
    return held.go(1, "09:31")


# sending


@pytest.mark.parametrize(
    "fault",
    [
        lose_request(),
        lose_answer(),
        answer(500),
        answer_after(504),
        answer_after(200, b""),
        answer_after(200, b"<html>"),
    ],
    ids=["F09", "F10", "F08", "F10-504", "F12-empty", "F12-html"],
)
def test_an_entry_whose_answer_is_unclear_is_sent_once_and_adopted(lab: Lab, fault: object) -> None:
    lab.issue(0, buy=["AAA"])
    lab.break_requests(RequestFault("POST", "/v2/orders", fault))  # type: ignore[arg-type]
    assert lab.go(0, "09:20").run("place").code == 0
    lab.mend()
    assert lab.go(0, "09:31").run("poll").code == 0
    assert lab.agrees()
    assert lab.positions()["AAA"].actual_shares == 10


def test_f11_an_order_accepted_late_is_adopted(lab: Lab) -> None:
    lab.issue(0, buy=["AAA"])
    faults = lab.market.exchange.faults
    lab.break_requests(RequestFault("POST", "/v2/orders", accept_late(faults, 3)))
    lab.go(0, "09:20").run("place")
    lab.mend()
    assert lab.go(0, "09:31").run("poll").code == 0
    assert lab.agrees()
    assert lab.positions()["AAA"].actual_shares == 10


def test_f10_an_entry_that_stays_unclear_ends_8_and_the_same_command_finishes_it(lab: Lab) -> None:
    lab.issue(0, buy=["AAA"])
    lab.break_requests(
        RequestFault("POST", "/v2/orders", lose_answer()),
        RequestFault("GET", "/v2/orders:by_client_order_id", answer(503), times=None),
    )
    done = lab.go(0, "09:20").run("place")
    assert done.code == 8, done.stderr
    lab.mend()
    assert lab.run("place").code == 0
    assert lab.writes == []
    assert lab.go(0, "09:31").run("poll").code == 0
    assert lab.agrees()


def test_f07_a_broker_that_keeps_failing_ends_8_before_anything_is_sent(lab: Lab) -> None:
    lab.issue(0, buy=["AAA"])
    lab.break_requests(RequestFault("GET", "/v2/positions", answer(500), times=None))
    done = lab.go(0, "09:20").run("place")
    assert (done.code, lab.writes) == (8, [])


def test_f39_an_id_that_another_order_bears_leaves_the_ticker_alone(held: Lab) -> None:
    held.go(0, "16:30").issue(1, buy=["CCC", "DDD"])
    held.market.buy(symbol="CCC", qty="3", client_order_id="20260106_CCC_entry_buy")
    done = held.go(1, "09:20").run("place")
    assert done.code == 9
    assert held.order("20260106_DDD_entry_buy").is_working
    assert "belongs to another order" in done.last_line
    assert held.order("20260106_CCC_entry_buy").status == "abandoned"


# buying


def test_f22_an_entry_unfilled_at_the_timeout_is_canceled_and_called_no_price_data(tmp_path: Path) -> None:
    halted = bars("AAA", [QUIET, None, None])
    lab = make_lab(tmp_path, halted, quiet_bars("BBB"))
    lab.issue(0, buy=["AAA", "BBB"])
    assert lab.go(0, "09:20").run("place").code == 0
    done = lab.go(0, "09:31").run("poll")
    assert done.code == 9
    assert "AAA: not bought (no_price_data)" in done.last_line
    assert set(lab.positions()) == {"BBB"}
    assert lab.agrees()
    assert lab.run("poll").code == 0


def test_f21_a_partial_fill_is_kept_and_protected_and_its_rest_canceled(lab: Lab) -> None:
    lab.issue(0, buy=["AAA"])
    lab.break_orders(OrderFaultKind.PARTIAL, "AAA", side="buy", shares=4)
    assert lab.go(0, "09:20").run("place").code == 0
    done = lab.go(0, "09:31").run("poll")
    assert done.code == 9
    assert "AAA: bought 4 of 10 shares" in done.last_line
    assert lab.positions()["AAA"].actual_shares == 4
    assert lab.agrees()


def test_f23_an_entry_that_fills_while_it_is_canceled_is_booked_and_protected(lab: Lab) -> None:
    lab.issue(0, buy=["AAA"])
    lab.break_orders(OrderFaultKind.NO_FILL, "AAA", side="buy")
    lab.break_orders(OrderFaultKind.CANCEL_FILLS, "AAA")
    assert lab.go(0, "09:20").run("place").code == 0
    lab.go(0, "09:31").run("poll")
    assert lab.agrees()


def test_f24_an_entry_rejected_after_its_acceptance_is_over(lab: Lab) -> None:
    lab.issue(0, buy=["AAA"])
    lab.break_orders(OrderFaultKind.REJECT, "AAA", side="buy")
    assert lab.go(0, "09:20").run("place").code == 0
    done = lab.go(0, "09:31").run("poll")
    assert done.code == 9
    assert lab.positions() == {}
    lab.mend()
    assert lab.run("poll").code == 0
    assert lab.positions() == {}  # I1: an entry never gets a second generation


def test_f25_a_refused_order_form_is_bought_plainly_and_then_protected(lab: Lab) -> None:
    lab.issue(0, buy=["AAA"])
    refusal = answer(422, {"code": 40010001, "message": "oto orders are not supported"})
    lab.break_requests(
        RequestFault("POST", "/v2/orders", refusal, times=None, when=lambda r: r.json().get("order_class") == "oto")
    )
    place = lab.go(0, "09:20").run("place")
    assert place.code == 9  # never before the open
    assert lab.positions() == {}
    done = lab.go(0, "09:31").run("poll")
    assert set(lab.positions()) == {"AAA"}
    assert lab.agrees()
    assert done.code == 0, done.stderr


def test_f25_a_market_below_the_provisional_stop_ends_the_entry(tmp_path: Path) -> None:
    fallen = bars("AAA", [QUIET, (85.0, 86.0, 84.0, 85.0), QUIET])
    lab = make_lab(tmp_path, fallen)
    lab.issue(0, buy=["AAA"])
    done = lab.go(0, "09:31").run("all")
    assert done.code == 9
    assert (lab.order("20260105_AAA_entry_buy").reject_reason or "").startswith("below_stop")
    assert lab.run("all").code == 0


def test_f25_f54_an_asset_that_may_not_be_traded_ends_the_entry(lab: Lab) -> None:
    lab.issue(0, buy=["AAA", "ZZZ"])
    done = lab.go(0, "09:20").run("place")
    assert done.code == 9
    assert (lab.order("20260105_ZZZ_entry_buy").reject_reason or "").startswith("not_tradable")
    assert lab.order("20260105_AAA_entry_buy").is_working


def test_f26_an_unknown_oto_never_falls_back_and_the_next_run_sends_it(lab: Lab) -> None:
    lab.issue(0, buy=["AAA"])
    lab.break_requests(RequestFault("POST", "/v2/orders", answer(500), times=None))
    done = lab.go(0, "09:31").run("all")
    assert done.code == 8
    assert lab.market.get("/v2/orders", status="all") == []
    assert lab.order("20260105_AAA_entry_buy").status == "planned"  # proven: it never arrived
    lab.mend()
    assert lab.go(0, "09:33").run("all").code == 0
    assert lab.agrees()
    assert lab.positions()["AAA"].actual_shares == 10


def test_i14_the_row_is_committed_as_sent_before_the_order_leaves(lab: Lab) -> None:
    lab.issue(0, buy=["AAA"])
    seen = []

    def look() -> None:
        with sqlite3.connect(lab.state_db) as other:
            seen.append(other.execute("SELECT status, sent_at IS NOT NULL FROM orders").fetchall())

    lab.break_requests(RequestFault("POST", "/v2/orders", call_then(look)))
    assert lab.go(0, "09:20").run("place").code == 0
    assert seen == [[("unknown", 1)]]


def test_f25_a_plain_buy_that_fills_partly_is_cut_short_so_that_its_stop_can_come(lab: Lab) -> None:
    lab.issue(0, buy=["AAA"])
    refusal = answer(422, {"code": 40010001, "message": "oto orders are not supported"})
    lab.break_requests(
        RequestFault("POST", "/v2/orders", refusal, times=None, when=lambda r: r.json().get("order_class") == "oto")
    )
    lab.break_orders(OrderFaultKind.PARTIAL, "AAA", side="buy", shares=4)
    started = lab.go(0, "09:31").market.exchange.now()
    done = lab.run("all")
    assert done.code == 9
    assert lab.positions()["AAA"].actual_shares == 4
    assert lab.agrees()
    assert lab.writes == [
        "POST 20260105_AAA_entry_buy",
        "DELETE",
        "POST 20260105_AAA_stop_sell",
    ]
    assert (lab.market.exchange.now() - started).total_seconds() <= 10  # I2


def test_f51_f52_a_margin_refusal_ends_the_entry_and_those_behind_it(tmp_path: Path) -> None:
    lab = make_lab(tmp_path, settings=["execution.max_workers=1"])
    lab.issue(0, buy=["AAA", "BBB", "CCC"])
    refusal = answer(403, {"code": 40310000, "message": "insufficient buying power"})
    lab.break_requests(RequestFault("POST", "/v2/orders", refusal, when=lambda r: r.json()["symbol"] == "BBB"))
    done = lab.go(0, "09:20").run("place")
    assert done.code == 9
    assert lab.order("20260105_AAA_entry_buy").is_working
    for ticker in ("BBB", "CCC"):
        reason = lab.order(f"20260105_{ticker}_entry_buy").reject_reason or ""
        assert reason.startswith("insufficient_funds"), reason


def test_f52_entries_that_funds_do_not_cover_end_in_rank_order(tmp_path: Path) -> None:
    lab = make_lab(tmp_path, cash=7_200)  # 1,060.50 each, 5,000 must be left
    lab.issue(0, buy=["AAA", "BBB", "CCC"])
    done = lab.go(0, "09:20").run("place")
    assert done.code == 9
    assert lab.order("20260105_BBB_entry_buy").is_working
    assert (lab.order("20260105_CCC_entry_buy").reject_reason or "").startswith("insufficient_funds")


def test_f46_a_ticker_with_a_foreign_open_sell_is_not_bought(tmp_path: Path) -> None:
    lab = make_lab(tmp_path, settings=["execution.ignore_tickers=AAA"])
    lab.market.buy(symbol="AAA", qty="5")
    lab.go(0, "10:00").market.stop("80.00", symbol="AAA", qty="5")
    lab.issue(1, buy=["AAA", "BBB"])
    done = lab.go(1, "09:20").run("place")
    assert done.code == 9
    assert lab.order("20260106_BBB_entry_buy").is_working
    assert (lab.order("20260106_AAA_entry_buy").reject_reason or "").startswith("foreign_sell")


# stops


@pytest.mark.parametrize("kind", [OrderFaultKind.LEG_REJECTED, OrderFaultKind.LEG_CANCELED, OrderFaultKind.LEG_HELD])
def test_f27_a_leg_that_does_not_live_is_replaced_by_a_stop_of_our_own(lab: Lab, kind: OrderFaultKind) -> None:
    lab.issue(0, buy=["AAA"])
    lab.break_orders(kind, "AAA")
    assert lab.go(0, "09:20").run("place").code == 0
    done = lab.go(0, "09:31").run("poll")
    assert done.code == 0, done.stderr
    assert lab.agrees()


def test_f43_a_stop_canceled_by_hand_is_restored(held: Lab) -> None:
    (order,) = [o for o in held.market.get("/v2/orders", status="open") if o["symbol"] == "AAA"]
    held.market.cancel(order)
    done = held.go(0, "15:45").run("protect")
    assert done.code == 0, done.stderr
    assert held.agrees()
    assert held.writes == ["POST 20260105_AAA_stop_sell_2"]


def test_f44_f45_two_stops_become_one_of_the_right_quantity(held: Lab) -> None:
    (order,) = [o for o in held.market.get("/v2/orders", status="open") if o["symbol"] == "AAA"]
    held.market.ask("PATCH", f"/v2/orders/{order['id']}", {"qty": "6"})
    done = held.go(0, "15:45").run("protect")
    assert done.code == 0, done.stderr
    assert held.agrees()


def test_f28_a_stop_refused_below_the_market_becomes_a_sale(tmp_path: Path) -> None:
    fallen = bars("AAA", [QUIET, QUIET, (85.0, 86.0, 84.0, 85.0), QUIET])
    lab = make_lab(tmp_path, fallen).hold("AAA")
    (order,) = lab.market.get("/v2/orders", status="open")
    lab.market.cancel(order)
    done = lab.go(1, "09:32").run("protect")
    assert done.code == 0, done.stderr
    (sold,) = lab.closed()
    assert (sold.exit_reason, sold.exit_price) == ("stop_loss", 850_000)
    assert "STOPPED OUT  AAA" in done.stdout


def test_f28_hold_keeps_the_shares_and_turns_the_kill_switch_on(tmp_path: Path) -> None:
    fallen = bars("AAA", [QUIET, QUIET, (85.0, 86.0, 84.0, 85.0), QUIET])
    lab = make_lab(tmp_path, fallen, settings=["execution.on_stop_refused=hold"]).hold("AAA")
    (order,) = lab.market.get("/v2/orders", status="open")
    lab.market.cancel(order)
    done = lab.go(1, "09:32").run("protect")
    assert done.code == 12
    with lab.db() as db:
        assert db.config.kill_switch().on


def test_f29_a_stop_that_cannot_be_placed_turns_the_kill_switch_on_and_others_are_protected(held: Lab) -> None:
    for order in held.market.get("/v2/orders", status="open"):
        held.market.cancel(order)
    refusal = answer(403, {"code": 40310000, "message": "something new"})
    held.break_requests(
        RequestFault("POST", "/v2/orders", refusal, times=None, when=lambda r: r.json()["symbol"] == "AAA")
    )
    done = held.go(0, "15:45").run("protect")
    assert done.code == 12
    assert done.last_line.startswith("error[12] no live stop could be placed for AAA")
    assert set(held.stops()) == {"BBB"}


def test_f20_f58_positions_that_vanish_from_the_list_keep_their_stops(held: Lab) -> None:
    held.break_requests(RequestFault("GET", "/v2/positions", answer(200, []), times=None))
    done = held.go(0, "15:45").run("protect")
    assert (done.code, held.writes) == (4, [])
    assert set(held.stops()) == {"AAA", "BBB"}


def test_f61_shares_that_are_ours_for_certain_keep_a_stop_of_their_number(held: Lab) -> None:
    def fewer(rows: list[dict[str, str]]) -> list[dict[str, str]]:
        return [row | {"qty": "6"} if row["symbol"] == "AAA" else row for row in rows]

    held.break_requests(RequestFault("GET", "/v2/positions", change_answer(fewer), times=None))
    done = held.go(0, "15:45").run("protect")
    assert done.code == 4
    assert [shares for shares, _, _ in held.stops()["AAA"]] == ["6"]


# selling


def test_f30_a_stop_that_fills_before_its_cancel_sells_nothing_more(held: Lab) -> None:
    a_sale(held)

    held.break_orders(OrderFaultKind.CANCEL_FILLS, "AAA", side="sell")
    done = held.run("all")
    assert done.code == 0, done.stderr
    (sold,) = held.closed()
    assert sold.exit_reason == "stop_loss"
    assert held.writes == ["DELETE"]
    assert "BBB" in held.positions()


def test_f31_a_stop_that_fills_partly_during_its_cancel_leaves_the_rest_to_sell(held: Lab) -> None:
    a_sale(held)
    held.break_orders(OrderFaultKind.PARTIAL, "AAA", client_order_id="*stop*", shares=4)
    held.break_orders(OrderFaultKind.CANCEL_FILLS, "AAA", client_order_id="*stop*", times=1)
    done = held.run("all")
    assert done.code == 0, done.stderr
    assert set(held.positions()) == {"BBB"}
    assert held.market.holdings() == {"BBB": "10"}


def test_f33_a_cancel_that_hangs_sells_nothing(held: Lab) -> None:
    a_sale(held)
    held.break_orders(OrderFaultKind.CANCEL_SLOW, "AAA", seconds=3600)
    done = held.run("all")
    assert done.code == 9, done.stderr
    assert held.market.holdings()["AAA"] == "10"
    assert [write for write in held.writes if "exit" in write] == []


def test_f34_a_cancel_whose_answer_is_lost_is_read_back(held: Lab) -> None:
    a_sale(held)
    held.break_requests(RequestFault("DELETE", ".*", lose_answer()))
    assert held.run("all").code == 0
    assert set(held.positions()) == {"BBB"}


def test_f08_a_sell_that_never_arrives_gives_the_stop_back_and_the_next_run_sells(held: Lab) -> None:
    a_sale(held)
    held.break_requests(
        RequestFault(
            "POST", "/v2/orders", answer(500), times=None, when=lambda r: "exit" in r.json()["client_order_id"]
        )
    )
    done = held.run("all")
    assert done.code == 8
    assert held.agrees()
    held.mend()
    assert held.go(1, "09:40").run("all").code == 0
    assert set(held.positions()) == {"BBB"}


def test_f10_no_stop_is_placed_beside_a_sell_that_may_have_arrived(held: Lab) -> None:
    a_sale(held)
    held.break_requests(
        RequestFault("POST", "/v2/orders", lose_answer(), when=lambda r: "exit" in r.json()["client_order_id"]),
        RequestFault("GET", "/v2/orders:by_client_order_id", answer(503), times=None),
        RequestFault("GET", "/v2/orders", answer(503), times=None, when=lambda r: "after" in r.query),
    )
    held.break_orders(OrderFaultKind.NO_FILL, "AAA", side="sell")
    # the opening listing must pass: break the later ones only
    held.market.exchange.faults.requests[-1].skip = 1
    done = held.run("all")
    assert done.code == 8
    assert [write for write in held.writes if "stop" in write] == []
    held.mend()
    assert held.go(1, "09:40").run("all").code == 0
    assert set(held.positions()) == {"BBB"}


def test_f35_a_refused_sell_gives_the_stop_back(held: Lab) -> None:
    a_sale(held)
    refusal = answer(403, {"code": 40310000, "message": "insufficient qty available for order"})
    held.break_requests(
        RequestFault("POST", "/v2/orders", refusal, when=lambda r: "exit" in r.json()["client_order_id"])
    )
    done = held.run("all")
    assert done.code == 9
    assert held.agrees()


def test_f36_a_sell_open_at_the_timeout_is_left_working(tmp_path: Path) -> None:
    halted = bars("AAA", [QUIET, QUIET, None, QUIET, QUIET])
    lab = make_lab(tmp_path, halted, quiet_bars("BBB")).hold("AAA", "BBB")
    lab.go(0, "16:30").issue(1, sell=["AAA"])
    assert lab.go(1, "09:20").run("place").code == 0
    done = lab.go(1, "09:31").run("poll")
    assert done.code == 9
    assert "20260106_AAA_exit_sell" in lab.open_ids()
    assert lab.run("protect").code == 0  # a working sell protects


def test_f38_a_sell_that_expired_overnight_is_protected_again_and_sold_by_the_next_file(tmp_path: Path) -> None:
    halted = bars("AAA", [QUIET, QUIET, None, QUIET, QUIET])
    lab = make_lab(tmp_path, halted, quiet_bars("BBB")).hold("AAA", "BBB")
    lab.go(0, "16:30").issue(1, sell=["AAA"])
    lab.go(1, "09:20").run("place")
    lab.go(1, "09:31").run("poll")
    assert lab.go(1, "16:30").run("protect").code == 0
    assert lab.agrees()
    lab.issue(2, sell=["AAA"])
    assert lab.go(2, "09:20").run("place").code == 0
    assert lab.go(2, "09:31").run("poll").code == 0
    (sold,) = lab.closed()
    assert (sold.ticker, sold.exit_reason) == ("AAA", "trend_break")


def test_f24_a_rejected_sell_is_sent_once_more_as_the_next_generation(held: Lab) -> None:
    a_sale(held)
    held.break_orders(OrderFaultKind.REJECT, "AAA", side="sell", times=1)
    done = held.run("all")
    assert held.order("20260106_AAA_exit_sell").status == "rejected"
    assert held.order("20260106_AAA_exit_sell_2").status == "filled"
    assert done.code == 0, done.stderr
