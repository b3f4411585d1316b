"""What may go wrong with an entry, from its refusal to its last fill. One row of the fault matrix a test."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from live.sim.faults import OrderFaultKind, RequestFault
from tests.cli.lab import Lab, make_lab
from tests.fault_actions import answer, call_then, change_answer
from tests.live.sim.market import QUIET, bars, quiet_bars


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return make_lab(tmp_path)


def test_f22_an_entry_unfilled_at_the_timeout_is_canceled_and_called_no_price_data(tmp_path: Path) -> None:
    """F55: the ticker is halted all session."""
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
        "POST 20260105_AAA_entry_buy",  # the OTO, refused
        "POST 20260105_AAA_entry_buy",  # the plain buy
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


def test_f47_a_fill_that_comes_after_everything_is_booked_and_protected(lab: Lab) -> None:
    lab.issue(0, buy=["AAA"])
    lab.break_orders(OrderFaultKind.NO_FILL, "AAA", side="buy")
    lab.break_orders(OrderFaultKind.CANCEL_SLOW, "AAA", side="buy", seconds=600)
    assert lab.go(0, "09:20").run("place").code == 0
    assert lab.go(0, "09:31").run("poll").code == 9
    lab.mend()  # it fills although its cancel was asked for
    done = lab.go(0, "15:45").run("protect")
    assert done.code == 0, done.stderr
    assert lab.agrees()


def test_f13_a_fill_without_a_price_is_not_yet_known(lab: Lab) -> None:
    def nameless(content: Any) -> Any:
        rows = content if isinstance(content, list) else [content]
        for row in rows:
            row["filled_avg_price"] = None
        return content

    lab.issue(0, buy=["AAA"])
    assert lab.go(0, "09:20").run("place").code == 0
    lab.break_requests(RequestFault("GET", "/v2/orders.*", change_answer(nameless), times=None))
    done = lab.go(0, "09:31").run("poll")
    assert done.code in (4, 9)
    assert lab.positions() == {}
    lab.mend()
    assert lab.run("poll").code == 0
    assert lab.agrees()


def test_f49_a_corrected_fill_price_moves_entry_and_stop(lab: Lab) -> None:
    def dearer(content: Any) -> Any:
        for row in content if isinstance(content, list) else [content]:
            if row["side"] == "buy" and row["filled_avg_price"] is not None:
                row["filled_avg_price"] = "100.50"
        return content

    lab.hold("AAA")
    lab.break_requests(RequestFault("GET", "/v2/orders.*", change_answer(dearer), times=None))
    done = lab.go(0, "15:45").run("protect")
    assert done.code == 0, done.stderr
    position = lab.positions()["AAA"]
    assert (position.entry_price, position.stop_price) == (1_005_000, 904_500)
    assert lab.stops()["AAA"] == [("10", "90.45", "new")]


def test_i1_a_stale_entry_of_yesterday_is_canceled_first_thing(tmp_path: Path) -> None:
    halted = bars("AAA", [QUIET, None, None, QUIET, QUIET])
    lab = make_lab(tmp_path, halted)
    lab.issue(0, buy=["AAA"])
    assert lab.go(0, "09:20").run("place").code == 0
    lab.issue(1)
    done = lab.go(1, "09:00").run("place")
    assert done.code == 9
    assert lab.open_ids() == set()
    assert lab.order("20260105_AAA_entry_buy").reject_reason == "no_price_data"
    assert lab.run("place").code == 0
