"""What may go wrong with an entry, from its refusal to its last fill. One row of the fault matrix a test."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from live.sim.faults import OrderFaultKind, RequestFault
from tests.cli.lab import Lab, make_lab
from tests.fault_actions import answer, call_then, change_answer
from tests.faults.ending import Rerun, State, begins, fault_ends
from tests.live.sim.market import QUIET, bars, quiet_bars

AAA = "20260105_AAA_entry_buy"
STOP = "20260105_AAA_stop_sell"
TEN = "10 at 100.00, stop 90.00"


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return make_lab(tmp_path)


def test_f22_an_entry_unfilled_at_the_timeout_is_canceled_and_called_no_price_data(tmp_path: Path) -> None:
    """F55: the ticker is halted all session."""
    halted = bars("AAA", [QUIET, None, None])
    lab = make_lab(tmp_path, halted, quiet_bars("BBB"))
    lab.issue(0, buy=["AAA", "BBB"])
    assert lab.go(0, "09:20").run("place").code == 0
    lab.go(0, "09:31")
    fault_ends(
        "F22 F55",
        lab,
        lambda: lab.run("poll"),
        exit_code=9,
        last_line="error[9] AAA: not bought (no_price_data). Nothing to do: the entry is over.",
        received=[f"DELETE {AAA}", "PATCH 20260105_BBB_stop_sell"],
        state=State({"BBB": TEN}, {AAA: "canceled 0/10"}),
        rerun=Rerun(0),
    )


def test_f21_a_partial_fill_is_kept_and_protected_and_its_rest_canceled(lab: Lab) -> None:
    lab.issue(0, buy=["AAA"])
    lab.break_orders(OrderFaultKind.PARTIAL, "AAA", side="buy", shares=4)
    assert lab.go(0, "09:20").run("place").code == 0
    lab.go(0, "09:31")
    fault_ends(
        "F21",
        lab,
        lambda: lab.run("poll"),
        exit_code=9,
        last_line="error[9] AAA: bought 4 of 10 shares. Nothing to do: the entry is over.",
        received=[f"DELETE {AAA}", f"POST {STOP}"],
        state=State({"AAA": "4 at 100.00, stop 90.00"}, {AAA: "canceled 4/10"}),
        rerun=Rerun(0, mend=lab.mend),
    )


def test_f21_what_a_dead_run_left_half_bought_is_cut_short_by_protect_once_the_cutoff_has_passed(lab: Lab) -> None:
    """`poll` died, or was never started: before the cutoff the next one may still come."""
    lab.issue(0, buy=["AAA"])
    lab.break_orders(OrderFaultKind.PARTIAL, "AAA", side="buy", shares=4)
    assert lab.go(0, "09:20").run("place").code == 0
    waiting = lab.go(0, "09:32").run("protect")
    assert (waiting.code, lab.writes) == (9, [])
    assert "4 shares are bought and the rest is still working" in waiting.last_line
    lab.go(0, "15:45")
    fault_ends(
        "F21 F67",
        lab,
        lambda: lab.run("protect"),
        exit_code=9,
        last_line="error[9] AAA: 4 of 10 shares were bought, the rest was canceled. Nothing to do: the entry is over.",
        received=[f"DELETE {AAA}", f"POST {STOP}"],
        state=State({"AAA": "4 at 100.00, stop 90.00"}, {AAA: "canceled 4/10"}),
        rerun=Rerun(0, mend=lab.mend),
    )


@pytest.mark.parametrize(
    ("shares", "line", "ends"),
    [
        (10, "", "filled 10/10"),
        (6, "error[9] AAA: bought 6 of 10 shares. Nothing to do: the entry is over.", "canceled 6/10"),
    ],
)
def test_f23_an_entry_that_fills_while_it_is_canceled_is_booked_and_protected(
    lab: Lab, shares: int, line: str, ends: str
) -> None:
    def fills_now() -> None:
        lab.exchange.faults.orders.clear()
        lab.break_orders(OrderFaultKind.PARTIAL, "AAA", side="buy", shares=shares)
        lab.break_orders(OrderFaultKind.CANCEL_FILLS, "AAA", side="buy")

    lab.issue(0, buy=["AAA"])
    lab.break_orders(OrderFaultKind.NO_FILL, "AAA", side="buy")
    lab.break_requests(RequestFault("DELETE", ".*", call_then(fills_now)))
    assert lab.go(0, "09:20").run("place").code == 0
    lab.go(0, "09:31")
    fault_ends(
        "F23",
        lab,
        lambda: lab.run("poll"),
        exit_code=9 if shares < 10 else 0,
        last_line=line,
        received=[f"DELETE {AAA}", f"{'POST' if shares < 10 else 'PATCH'} {STOP}"],
        state=State({"AAA": f"{shares} at 100.00, stop 90.00"}, {AAA: ends}),
        rerun=Rerun(0, mend=lab.mend),
    )


def test_f24_an_entry_rejected_after_its_acceptance_is_over(lab: Lab) -> None:
    lab.issue(0, buy=["AAA"])
    lab.break_orders(OrderFaultKind.REJECT, "AAA", side="buy")
    assert lab.go(0, "09:20").run("place").code == 0
    lab.go(0, "09:31")
    fault_ends(
        "F24",
        lab,
        lambda: lab.run("poll"),
        exit_code=9,
        last_line="error[9] AAA: not bought (rejected). Nothing to do: the entry is over.",
        received=[],
        state=State({}, {AAA: "rejected 0/10"}),
        rerun=Rerun(0, mend=lab.mend),
    )
    assert lab.positions() == {}  # I1: an entry never gets a second generation


def test_f25_a_refused_order_form_is_bought_plainly_and_then_protected(lab: Lab) -> None:
    lab.issue(0, buy=["AAA"])
    refusal = answer(422, {"code": 40010001, "message": "oto orders are not supported"})
    lab.break_requests(
        RequestFault("POST", "/v2/orders", refusal, times=None, when=lambda r: r.json().get("order_class") == "oto")
    )
    lab.go(0, "09:20")
    fault_ends(
        "F25",
        lab,
        lambda: lab.run("place"),
        exit_code=9,
        last_line="error[9] AAA: its entry was refused: oto orders are not supported. "
        "Run --phase poll: it sends it again without the stop leg.",
        received=[f"POST {AAA}"],
        state=State({}, {AAA: "planned 0/10"}),
        rerun=Rerun(
            0,
            run=lambda: lab.run("poll"),
            received=[f"POST {AAA}", f"POST {AAA}", f"POST {STOP}"],  # refused; then the plain buy, and its stop
            state=State({"AAA": TEN}, {AAA: "filled 10/10"}),
            mend=lambda: lab.go(0, "09:31"),
        ),
    )


def test_f25_a_market_below_the_provisional_stop_ends_the_entry(tmp_path: Path) -> None:
    fallen = bars("AAA", [QUIET, (85.0, 86.0, 84.0, 85.0), QUIET])
    lab = make_lab(tmp_path, fallen)
    lab.issue(0, buy=["AAA"])
    lab.go(0, "09:31")
    fault_ends(
        "F25",
        lab,
        lambda: lab.run("all"),
        exit_code=9,
        last_line="error[9] AAA: not bought (below_stop: the market is at 85.00, the provisional stop at 90.90). "
        "Nothing to do: the entry is over.",
        received=[],
        state=State({}, {AAA: "abandoned 0/10"}),
        rerun=Rerun(0),
    )
    assert (lab.order(AAA).reject_reason or "").startswith("below_stop")


def test_f25_f54_an_asset_that_may_not_be_traded_ends_the_entry(lab: Lab) -> None:
    lab.issue(0, buy=["AAA", "ZZZ"])
    lab.go(0, "09:20")
    fault_ends(
        "F25 F54",
        lab,
        lambda: lab.run("place"),
        exit_code=9,
        last_line='error[9] ZZZ: its entry was refused: asset "ZZZ" not found. Nothing to do: the entry is over.',
        received=[f"POST {AAA}", "POST 20260105_ZZZ_entry_buy"],
        state=State({}, {AAA: "accepted 0/10", "20260105_ZZZ_entry_buy": "abandoned 0/10"}),
        rerun=Rerun(0),
    )
    assert (lab.order("20260105_ZZZ_entry_buy").reject_reason or "").startswith("not_tradable")


def test_f26_an_unknown_oto_never_falls_back_and_the_next_run_sends_it(lab: Lab) -> None:
    lab.issue(0, buy=["AAA"])
    lab.break_requests(RequestFault("POST", "/v2/orders", answer(500), times=None))
    lab.go(0, "09:31")
    fault_ends(
        "F26",
        lab,
        lambda: lab.run("all"),
        exit_code=8,
        last_line=f"error[8] order {AAA}: outcome unknown after 4 tries (HTTP 500). "
        "Run the same command again: it looks the order up first.",
        received=[f"POST {AAA}"] * 4,
        state=State({}, {AAA: "planned 0/10"}),
        rerun=Rerun(
            0,
            received=[f"POST {AAA}", f"PATCH {STOP}"],
            state=State({"AAA": "10 at 100.00, stop 90.00"}, {AAA: "filled 10/10"}),
            mend=lambda: (lab.mend(), lab.go(0, "09:33")),
        ),
    )


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
    took: list[float] = []
    fault_ends(
        "F25 F40",
        lab,
        lambda: lab.run("all"),
        exit_code=9,
        last_line="error[9] AAA: bought 4 of 10 shares. Nothing to do: the entry is over.",
        received=[f"POST {AAA}", f"POST {AAA}", f"DELETE {AAA}", f"POST {STOP}"],
        state=State({"AAA": "4 at 100.00, stop 90.00"}, {AAA: "canceled 4/10"}),
        rerun=Rerun(0, mend=lambda: took.append((lab.exchange.now() - started).total_seconds())),
    )
    assert took[0] <= 10  # I2


def test_f51_f52_a_margin_refusal_ends_the_entry_and_those_behind_it(tmp_path: Path) -> None:
    lab = make_lab(tmp_path, settings=["execution.max_workers=1"])
    lab.issue(0, buy=["AAA", "BBB", "CCC"])
    refusal = answer(403, {"code": 40310000, "message": "insufficient buying power"})
    lab.break_requests(RequestFault("POST", "/v2/orders", refusal, when=lambda r: r.json()["symbol"] == "BBB"))
    lab.go(0, "09:20")
    fault_ends(
        "F51 F52",
        lab,
        lambda: lab.run("place"),
        exit_code=9,
        last_line="error[9] BBB: its entry was refused: insufficient buying power. Nothing to do: the entry is over.",
        received=[f"POST {AAA}", "POST 20260105_BBB_entry_buy"],
        state=State(
            {},
            {
                AAA: "accepted 0/10",
                "20260105_BBB_entry_buy": "abandoned 0/10",
                "20260105_CCC_entry_buy": "abandoned 0/10",
            },
        ),
        rerun=Rerun(0),
    )
    for ticker in ("BBB", "CCC"):
        reason = lab.order(f"20260105_{ticker}_entry_buy").reject_reason or ""
        assert reason.startswith("insufficient_funds"), reason


def test_f52_entries_that_funds_do_not_cover_end_in_rank_order(tmp_path: Path) -> None:
    lab = make_lab(tmp_path, cash=7_200)  # 1,060.50 each, 5,000 must be left
    lab.issue(0, buy=["AAA", "BBB", "CCC"])
    lab.go(0, "09:20")
    fault_ends(
        "F52",
        lab,
        lambda: lab.run("place"),
        exit_code=9,
        last_line=begins(
            "error[9] CCC: not bought (insufficient_funds: needs 1,060.50 USD; 5,079.00 are left, of which 5,000.00 "
            "must stay untouched). python -m live.executor --phase poll ",
            " after 09:30.",
        ),
        received=[f"POST {AAA}", "POST 20260105_BBB_entry_buy"],
        state=State(
            {},
            {
                AAA: "accepted 0/10",
                "20260105_BBB_entry_buy": "accepted 0/10",
                "20260105_CCC_entry_buy": "abandoned 0/10",
            },
        ),
        rerun=Rerun(0),
    )
    assert (lab.order("20260105_CCC_entry_buy").reject_reason or "").startswith("insufficient_funds")


def test_f46_a_ticker_with_a_foreign_open_sell_is_not_bought(tmp_path: Path) -> None:
    lab = make_lab(tmp_path, settings=["execution.ignore_tickers=AAA"])
    lab.market.buy(symbol="AAA", qty="5")
    lab.go(0, "10:00").market.stop("80.00", symbol="AAA", qty="5")
    lab.issue(1, buy=["AAA", "BBB"])
    lab.go(1, "09:20")
    entries = {"20260106_AAA_entry_buy": "abandoned 0/10", "20260106_BBB_entry_buy": "accepted 0/10"}
    fault_ends(
        "F46",
        lab,
        lambda: lab.run("place"),
        exit_code=9,
        last_line=begins(
            "error[9] AAA: not bought (foreign_sell: an open sell order at the broker is not ours). "
            "python -m live.executor --phase poll ",
            " after 09:30.",
        ),
        received=["POST 20260106_BBB_entry_buy"],
        state=State({}, entries),
        rerun=Rerun(0),
    )
    assert (lab.order("20260106_AAA_entry_buy").reject_reason or "").startswith("foreign_sell")


def test_f47_a_fill_that_comes_after_everything_is_booked_and_protected(lab: Lab) -> None:
    lab.issue(0, buy=["AAA"])
    lab.break_orders(OrderFaultKind.NO_FILL, "AAA", side="buy")
    lab.break_orders(OrderFaultKind.CANCEL_SLOW, "AAA", side="buy", seconds=600)
    assert lab.go(0, "09:20").run("place").code == 0
    assert lab.go(0, "09:31").run("poll").code == 9
    lab.mend()  # it fills although its cancel was asked for
    lab.go(0, "15:45")
    fault_ends(
        "F47",
        lab,
        lambda: lab.run("protect"),
        exit_code=0,
        last_line="",
        received=[f"PATCH {STOP}"],
        state=State({"AAA": TEN}, {AAA: "filled 10/10"}),
        rerun=Rerun(0),
    )
    assert lab.agrees()


@pytest.mark.parametrize("price", [None, "soon", {}, "-1"])
def test_f13_a_fill_without_a_price_is_not_yet_known(lab: Lab, price: object) -> None:
    def nameless(content: Any) -> Any:
        rows = content if isinstance(content, list) else [content]
        for row in rows:
            row["filled_avg_price"] = price
        return content

    lab.issue(0, buy=["AAA"])
    assert lab.go(0, "09:20").run("place").code == 0
    lab.break_requests(RequestFault("GET", "/v2/orders.*", change_answer(nameless), times=None))
    lab.go(0, "09:31")
    fault_ends(
        "F13",
        lab,
        lambda: lab.run("poll"),
        exit_code=9,
        last_line=f"error[9] AAA: {AAA} is 'filled' at the broker, not clear yet. Run the same command again.",
        received=[f"DELETE {AAA}"],
        state=State({}, {AAA: "unknown 0/10"}),
        rerun=Rerun(0, received=[f"PATCH {STOP}"], state=State({"AAA": TEN}, {AAA: "filled 10/10"}), mend=lab.mend),
    )


def test_f13_shares_of_a_plain_buy_without_a_price_are_said_to_be_without_a_stop(lab: Lab) -> None:
    def nameless(content: Any) -> Any:
        for row in content if isinstance(content, list) else [content]:
            row["filled_avg_price"] = None
        return content

    lab.issue(0, buy=["AAA"])
    refusal = answer(422, {"code": 40010001, "message": "oto orders are not supported"})
    lab.break_requests(
        RequestFault("POST", "/v2/orders", refusal, times=None, when=lambda r: r.json().get("order_class") == "oto"),
        RequestFault("GET", "/v2/orders.*", change_answer(nameless), times=None),
    )
    lab.go(0, "09:31").run("poll")
    lab.go(0, "09:40")
    done = fault_ends(
        "F13",
        lab,
        lambda: lab.run("protect"),
        exit_code=9,
        last_line=f"error[9] AAA: {AAA} is 'filled' at the broker, not clear yet. Run the same command again.",
        received=[],
        state=State({}, {AAA: "unknown 0/10"}),
        rerun=Rerun(0, received=[f"POST {STOP}"], state=State({"AAA": TEN}, {AAA: "filled 10/10"}), mend=lab.mend),
    )
    assert "needs a hand: 1 position may be without a stop: AAA" in done.stdout


def test_f49_a_corrected_fill_price_moves_entry_and_stop(lab: Lab) -> None:
    def dearer(content: Any) -> Any:
        for row in content if isinstance(content, list) else [content]:
            if row["side"] == "buy" and row["filled_avg_price"] is not None:
                row["filled_avg_price"] = "100.50"
        return content

    lab.hold("AAA")
    lab.break_requests(RequestFault("GET", "/v2/orders.*", change_answer(dearer), times=None))
    lab.go(0, "15:45")
    fault_ends(
        "F49",
        lab,
        lambda: lab.run("protect"),
        exit_code=0,
        last_line="",
        received=[f"PATCH {STOP}_2"],
        state=State({"AAA": "10 at 100.50, stop 90.45"}, {AAA: "filled 10/10"}),
        rerun=Rerun(0),
    )
    assert lab.stops()["AAA"] == [("10", "90.45", "new")]


def test_i1_a_stale_entry_of_yesterday_is_canceled_first_thing(tmp_path: Path) -> None:
    halted = bars("AAA", [QUIET, None, None, QUIET, QUIET])
    lab = make_lab(tmp_path, halted)
    lab.issue(0, buy=["AAA"])
    assert lab.go(0, "09:20").run("place").code == 0
    lab.issue(1)
    lab.go(1, "09:00")
    fault_ends(
        "F22",
        lab,
        lambda: lab.run("place"),
        exit_code=9,
        last_line="error[9] AAA: its entry of 2026-01-05 did not fill and was canceled. "
        "Nothing to do: the entry is over.",
        received=[f"DELETE {AAA}"],
        state=State({}, {AAA: "canceled 0/10"}),
        rerun=Rerun(0),
    )
    assert lab.order(AAA).reject_reason == "no_price_data"
