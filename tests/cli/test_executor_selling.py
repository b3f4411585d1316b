"""What may go wrong between canceling a stop and a sold position. One row of the fault matrix a test."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from live.sim.faults import OrderFaultKind, RequestFault
from tests.cli.lab import Lab, make_lab
from tests.fault_actions import answer, call_then, lose_answer
from tests.faults.ending import Rerun, State, fault_ends
from tests.live.sim.market import QUIET, at, bars, quiet_bars

STOP = "20260105_AAA_stop_sell"
EXIT = "20260106_AAA_exit_sell"
HELD = {"AAA": "10 at 100.00, stop 90.00", "BBB": "10 at 100.00, stop 90.00"}
SOLD = State({"BBB": HELD["BBB"]}, {EXIT: "filled 10/10"}, {"AAA": "10 trend_break at 100.00"})


@pytest.fixture(scope="module")
def held_before(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return make_lab(tmp_path_factory.mktemp("held"), settings=["execution.poll_timeout_s=10"]).hold("AAA", "BBB")


@pytest.fixture
def held(held_before: Lab, tmp_path: Path) -> Lab:
    """AAA and BBB are held since session 0, 10 shares each at 100.00 with stops at 90.00."""
    return held_before.copy_to(tmp_path)


def a_sale(held: Lab) -> Lab:
    held.go(0, "16:30").issue(1, sell=["AAA"])
    return held.go(1, "09:31")


def test_f30_a_stop_that_fills_before_its_cancel_sells_nothing_more(held: Lab) -> None:
    a_sale(held)

    held.break_orders(OrderFaultKind.CANCEL_FILLS, "AAA", side="sell")
    fault_ends(
        "F30",
        held,
        lambda: held.run("all"),
        exit_code=0,
        last_line="",
        received=[f"DELETE {STOP}"],
        state=State({"BBB": HELD["BBB"]}, closed={"AAA": "10 stop_loss at 90.00"}),
        rerun=Rerun(0),
    )


def test_f31_a_stop_that_fills_partly_during_its_cancel_leaves_the_rest_to_sell(held: Lab) -> None:
    a_sale(held)
    held.break_orders(OrderFaultKind.PARTIAL, "AAA", client_order_id="*stop*", shares=4)
    held.break_orders(OrderFaultKind.CANCEL_FILLS, "AAA", client_order_id="*stop*", times=1)
    fault_ends(
        "F31",
        held,
        lambda: held.run("all"),
        exit_code=0,
        last_line="",
        received=[f"DELETE {STOP}", f"POST {EXIT}"],
        state=State({"BBB": HELD["BBB"]}, {EXIT: "filled 6/6"}, {"AAA": "10 trend_break at 96.00"}),
        rerun=Rerun(0),
    )
    assert held.market.holdings() == {"BBB": "10"}


def test_f33_a_cancel_that_hangs_sells_nothing(held: Lab) -> None:
    a_sale(held)
    held.break_orders(OrderFaultKind.CANCEL_SLOW, "AAA", seconds=3600)
    fault_ends(
        "F33",
        held,
        lambda: held.run("all"),
        exit_code=9,
        last_line="error[9] AAA: the cancel of its stop has not ended. Run the same command again.",
        received=[f"DELETE {STOP}"] * 2,
        state=State(HELD, {EXIT: "planned 0/10"}),
        rerun=Rerun(
            0,
            received=[f"POST {EXIT}"],
            state=replace(SOLD, closed={"AAA": "10 trend_break at 98.98"}),
            mend=lambda: held.go(1, "10:40"),
        ),
    )


def test_f34_a_cancel_whose_answer_is_lost_is_read_back(held: Lab) -> None:
    a_sale(held)
    held.break_requests(RequestFault("DELETE", ".*", lose_answer()))
    fault_ends(
        "F34",
        held,
        lambda: held.run("all"),
        exit_code=0,
        last_line="",
        received=[f"DELETE {STOP}", f"POST {EXIT}"],
        state=SOLD,
        rerun=Rerun(0),
    )


def test_f08_a_sell_that_never_arrives_gives_the_stop_back_and_the_next_run_sells(held: Lab) -> None:
    a_sale(held)
    held.break_requests(
        RequestFault(
            "POST", "/v2/orders", answer(500), times=None, when=lambda r: "exit" in r.json()["client_order_id"]
        )
    )
    fault_ends(
        "F08",
        held,
        lambda: held.run("all"),
        exit_code=8,
        last_line=f"error[8] order {EXIT}: outcome unknown after 4 tries (HTTP 500). "
        "Run the same command again: it looks the order up first.",
        received=[f"DELETE {STOP}", *[f"POST {EXIT}"] * 4, f"POST {STOP}_2"],
        state=State(HELD, {EXIT: "planned 0/10"}),
        rerun=Rerun(
            0,
            received=[f"DELETE {STOP}_2", f"POST {EXIT}"],
            state=replace(SOLD, closed={"AAA": "10 trend_break at 99.92"}),  # nine minutes later
            mend=lambda: (held.mend(), held.go(1, "09:40")),
        ),
    )


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
    fault_ends(
        "F10",
        held,
        lambda: held.run("all"),
        exit_code=8,
        last_line="error[8] 1 position may be without a stop: AAA. Run the same command again at once.",
        received=[f"DELETE {STOP}", f"POST {EXIT}"],
        state=State(HELD, {EXIT: "unknown 0/10"}),
        rerun=Rerun(0, state=SOLD, mend=lambda: (held.mend(), held.go(1, "09:40"))),
    )


def test_f35_a_refused_sell_gives_the_stop_back(held: Lab) -> None:
    a_sale(held)
    refusal = answer(403, {"code": 40310000, "message": "insufficient qty available for order"})
    held.break_requests(
        RequestFault("POST", "/v2/orders", refusal, when=lambda r: "exit" in r.json()["client_order_id"])
    )
    fault_ends(
        "F35",
        held,
        lambda: held.run("all"),
        exit_code=9,
        last_line="error[9] AAA: its sell was refused (another order holds the shares): "
        "insufficient qty available for order. The next signal file lists it again.",
        received=[f"DELETE {STOP}", f"POST {EXIT}", f"POST {STOP}_2"],
        state=State(HELD, {EXIT: "abandoned 0/10"}),
        rerun=Rerun(0),
    )


def test_f36_a_sell_open_at_the_timeout_is_left_working(tmp_path: Path) -> None:
    """F55: the ticker is halted all session."""
    halted = bars("AAA", [QUIET, QUIET, None, QUIET, QUIET])
    lab = make_lab(tmp_path, halted, quiet_bars("BBB")).hold("AAA", "BBB")
    lab.go(0, "16:30").issue(1, sell=["AAA"])
    assert lab.go(1, "09:20").run("place").code == 0
    lab.go(1, "09:31")
    fault_ends(
        "F36 F55",
        lab,
        lambda: lab.run("poll"),
        exit_code=9,
        last_line="error[9] AAA: its sell is still working. Run --phase poll again.",
        received=[],
        state=State(HELD, {EXIT: "new 0/10"}),
        rerun=Rerun(0, run=lambda: lab.run("protect")),  # a working sell protects
    )
    assert EXIT in lab.open_ids()


def test_f38_a_sell_that_expired_overnight_is_protected_again_and_sold_by_the_next_file(tmp_path: Path) -> None:
    halted = bars("AAA", [QUIET, QUIET, None, QUIET, QUIET])
    lab = make_lab(tmp_path, halted, quiet_bars("BBB")).hold("AAA", "BBB")
    lab.go(0, "16:30").issue(1, sell=["AAA"])
    lab.go(1, "09:20").run("place")
    lab.go(1, "09:31").run("poll")
    lab.go(1, "16:30")
    fault_ends(
        "F38",
        lab,
        lambda: lab.run("protect"),
        exit_code=9,
        last_line="error[9] AAA: not sold today (expired). The next signal file lists it again.",
        received=[f"POST {STOP}_2"],
        state=State(HELD, {EXIT: "expired 0/10"}),
        rerun=Rerun(0),
    )
    lab.issue(2, sell=["AAA"])
    assert lab.go(2, "09:20").run("place").code == 0
    assert lab.go(2, "09:31").run("poll").code == 0
    (sold,) = lab.closed()
    assert (sold.ticker, sold.exit_reason) == ("AAA", "trend_break")


def test_f24_a_rejected_sell_is_sent_once_more_as_the_next_generation(held: Lab) -> None:
    a_sale(held)
    held.break_orders(OrderFaultKind.REJECT, "AAA", side="sell", times=1)
    fault_ends(
        "F24",
        held,
        lambda: held.run("all"),
        exit_code=0,
        last_line="",
        received=[f"DELETE {STOP}", f"POST {EXIT}", f"POST {EXIT}_2"],
        state=State({"BBB": HELD["BBB"]}, {EXIT: "rejected 0/10", f"{EXIT}_2": "filled 10/10"}, SOLD.closed),
        rerun=Rerun(0),
    )


def test_f37_a_sell_that_fills_partly_is_left_working_and_covers_the_rest(held: Lab) -> None:
    a_sale(held)
    held.break_orders(OrderFaultKind.PARTIAL, "AAA", client_order_id="*exit*", shares=4)
    fault_ends(
        "F37",
        held,
        lambda: held.run("all"),
        exit_code=9,
        last_line="error[9] AAA: its sell is still working. Run --phase poll again.",
        received=[f"DELETE {STOP}", f"POST {EXIT}"],
        state=State({"AAA": "6 at 100.00, stop 90.00", "BBB": HELD["BBB"]}, {EXIT: "partially_filled 4/10"}),
        rerun=Rerun(0, state=SOLD, mend=held.mend),
    )
    assert "AAA" not in held.stops()


def test_no_stop_is_canceled_when_its_sell_might_miss_the_session(held: Lab) -> None:
    """Rule 8 of docs/faults.md#how-requests-are-repeated."""
    held.go(0, "16:30").issue(1, sell=["AAA"])
    held.market.exchange.advance_to(at(1, "16:00") - timedelta(seconds=30))
    done = held.run("all")
    assert (done.code, held.writes) == (9, [])
    assert held.agrees()


def test_f32_a_cancel_refused_because_the_stop_is_gone_is_read_back(held: Lab) -> None:
    a_sale(held)
    refusal = answer(422, {"code": 42210000, "message": 'order is already in "canceled" state'})
    (order,) = [o for o in held.market.get("/v2/orders", status="open") if o["symbol"] == "AAA"]
    held.break_requests(RequestFault("DELETE", ".*", call_then(lambda: (held.market.cancel(order), None)[1], refusal)))
    fault_ends(
        "F32",
        held,
        lambda: held.run("all"),
        exit_code=0,
        last_line="",
        received=[f"DELETE {STOP}", f"DELETE {STOP}", f"POST {EXIT}"],
        state=SOLD,
        rerun=Rerun(0),
    )


def test_f32_a_cancel_that_stays_refused_sells_nothing(held: Lab) -> None:
    a_sale(held)
    refusal = answer(422, {"code": 42210000, "message": "order is pending replacement"})
    held.break_requests(RequestFault("DELETE", ".*", refusal, times=None))
    fault_ends(
        "F32",
        held,
        lambda: held.run("all"),
        exit_code=9,
        last_line="error[9] AAA: the cancel of its stop is not confirmed; not sold. Run the same command again.",
        received=[f"DELETE {STOP}"] * 2,
        state=State(HELD, {EXIT: "planned 0/10"}),
        rerun=Rerun(0, received=[f"DELETE {STOP}", f"POST {EXIT}"], state=SOLD, mend=held.mend),
    )


def test_f24_a_sell_rejected_twice_gives_the_stop_back_and_ends_9(held: Lab) -> None:
    a_sale(held)
    held.break_orders(OrderFaultKind.REJECT, "AAA", side="sell", client_order_id="*exit*")
    fault_ends(
        "F24",
        held,
        lambda: held.run("all"),
        exit_code=9,
        last_line="error[9] AAA: not sold today (rejected). The next signal file lists it again.",
        received=[f"DELETE {STOP}", f"POST {EXIT}", f"POST {EXIT}_2", f"POST {STOP}_2"],
        state=State(HELD, {EXIT: "rejected 0/10", f"{EXIT}_2": "rejected 0/10"}),
        rerun=Rerun(0),
    )


def test_a_refused_sell_is_said_though_those_behind_it_are_sold(held: Lab) -> None:
    held.settings += ("execution.max_workers=1",)
    held.go(0, "16:30").issue(1, sell=["AAA", "BBB"])
    refusal = answer(403, {"code": 40310000, "message": "something new"})
    held.break_requests(RequestFault("POST", "/v2/orders", refusal))
    done = held.go(1, "09:31").run("all")
    words = "error[9] AAA: its sell was refused: something new. The next signal file lists it again."
    assert (done.code, done.last_line) == (9, words)
    assert set(held.positions()) == {"AAA"}
