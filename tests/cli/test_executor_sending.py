"""Requests that get lost, late or wrong answers: nothing is ever sent twice. One row of the fault matrix a test."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest

from live.alpaca.client import AlpacaClient
from live.run.runtime import Runtime
from live.sim.faults import Action, RequestFault, SimRequest
from live.sim.server import SimServer
from tests.cli.lab import Lab, make_lab
from tests.fault_actions import accept_late, answer, answer_after, call_then, change_answer, lose_answer, lose_request
from tests.faults.ending import UNCHANGED, Rerun, State, begins, fault_ends
from tests.live.alpaca.orders import KEYS

ENTRY = "20260105_AAA_entry_buy"
READ_FAILED = (
    "error[8] GET /v2/positions failed: HTTP 500 (expected an answer). "
    "Nothing is lost; run the same command again in a minute."
)
PLACED = State({}, {ENTRY: "accepted 0/10"})


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return make_lab(tmp_path)


@pytest.fixture
def held(tmp_path: Path) -> Lab:
    """AAA and BBB are held since session 0, 10 shares each at 100.00 with stops at 90.00."""
    return make_lab(tmp_path, settings=["execution.poll_timeout_s=10"]).hold("AAA", "BBB")


@pytest.mark.parametrize(
    ("fault", "has_arrived"),
    [
        (lose_request(), False),
        (lose_answer(), True),
        (answer(500), False),
        (answer_after(504), True),
        (answer_after(200, b""), True),
        (answer_after(200, b"<html>"), True),
    ],
    ids=["F09", "F10", "F08", "F10-504", "F12-empty", "F12-html"],
)
def test_an_entry_whose_answer_is_unclear_is_sent_once_and_adopted(lab: Lab, fault: Action, has_arrived: bool) -> None:
    lab.go(0, "09:20").issue(0, buy=["AAA"])
    lab.break_requests(RequestFault("POST", "/v2/orders", fault))
    fault_ends(
        "F08 F09 F10 F12",
        lab,
        lambda: lab.run("place"),
        exit_code=0,
        last_line="",
        received=[f"POST {ENTRY}"] * (1 if has_arrived else 2),
        state=PLACED,
        rerun=Rerun(0, mend=lab.mend),
    )
    assert lab.go(0, "09:31").run("poll").code == 0
    assert lab.agrees()
    assert lab.positions()["AAA"].actual_shares == 10


def test_f11_an_order_accepted_late_is_adopted(lab: Lab) -> None:
    lab.go(0, "09:20").issue(0, buy=["AAA"])
    lab.break_requests(RequestFault("POST", "/v2/orders", accept_late(lab.exchange.faults, 3)))
    fault_ends(
        "F11",
        lab,
        lambda: lab.run("place"),
        exit_code=0,
        last_line="",
        received=[f"POST {ENTRY}"] * 2,
        state=PLACED,
        rerun=Rerun(0, mend=lab.mend),
    )
    assert lab.go(0, "09:31").run("poll").code == 0
    assert lab.agrees()
    assert lab.positions()["AAA"].actual_shares == 10


def test_f10_an_entry_that_stays_unclear_ends_8_and_the_same_command_finishes_it(lab: Lab) -> None:
    lab.go(0, "09:20").issue(0, buy=["AAA"])
    lab.break_requests(
        RequestFault("POST", "/v2/orders", lose_answer()),
        RequestFault("GET", "/v2/orders:by_client_order_id", answer(503), times=None),
    )
    fault_ends(
        "F10",
        lab,
        lambda: lab.run("place"),
        exit_code=8,
        last_line=re.compile(rf"error\[8\] order {ENTRY}: outcome unknown \(.*\)\. Run the same command again: .*"),
        received=[f"POST {ENTRY}"],
        state=PLACED,
        rerun=Rerun(0, mend=lab.mend),
    )
    assert lab.go(0, "09:31").run("poll").code == 0
    assert lab.agrees()


def test_f07_a_broker_that_keeps_failing_ends_8_before_anything_is_sent(lab: Lab) -> None:
    lab.go(0, "09:20").issue(0, buy=["AAA"])
    lab.break_requests(RequestFault("GET", "/v2/positions", answer(500), times=None))
    fault_ends(
        "F07",
        lab,
        lambda: lab.run("place"),
        exit_code=8,
        last_line=READ_FAILED,
        received=[],
        state=UNCHANGED,
        rerun=Rerun(0, received=[f"POST {ENTRY}"], state=PLACED, mend=lab.mend),
    )


def test_f07_a_broker_that_fails_between_two_steps_ends_8_and_keeps_what_is_committed(held: Lab) -> None:
    held.go(0, "16:30").issue(1, sell=["AAA"], buy=["CCC"])
    held.go(1, "09:31")
    held.break_requests(RequestFault("GET", "/v2/.*", answer(500), times=None, when=after_the_sale(held)))
    fault_ends(
        "F07",
        held,
        lambda: held.run("all"),
        exit_code=8,
        last_line=READ_FAILED,
        received=["DELETE 20260105_AAA_stop_sell", "POST 20260106_AAA_exit_sell"],
        state=State(
            {"BBB": "10 at 100.00, stop 90.00"},
            {"20260106_AAA_exit_sell": "filled 10/10", "20260106_CCC_entry_buy": "planned 0/10"},
            {"AAA": "10 trend_break at 100.00"},
        ),
        rerun=Rerun(
            0,
            received=["POST 20260106_CCC_entry_buy", "PATCH 20260106_CCC_stop_sell"],
            state=State(
                {"BBB": "10 at 100.00, stop 90.00", "CCC": "10 at 100.00, stop 90.00"},
                {"20260106_CCC_entry_buy": "filled 10/10"},
                {"AAA": "10 trend_break at 100.00"},
            ),
            mend=held.mend,
        ),
    )


def after_the_sale(lab: Lab) -> Callable[[SimRequest], bool]:
    """True once AAA is sold and booked."""
    return lambda _request: bool(lab.closed())


def test_f39_an_id_that_another_order_bears_leaves_the_ticker_alone(held: Lab) -> None:
    held.go(0, "16:30").issue(1, buy=["CCC", "DDD"])
    held.market.buy(symbol="CCC", qty="3", client_order_id="20260106_CCC_entry_buy")
    held.go(1, "09:20")
    fault_ends(
        "F39",
        held,
        lambda: held.run("place"),
        exit_code=9,
        last_line=re.compile(".*belongs to another order.*"),
        received=["POST 20260106_CCC_entry_buy", "POST 20260106_DDD_entry_buy"],
        state=State(
            {"AAA": "10 at 100.00, stop 90.00", "BBB": "10 at 100.00, stop 90.00"},
            {"20260106_CCC_entry_buy": "abandoned 0/10", "20260106_DDD_entry_buy": "accepted 0/10"},
        ),
        rerun=Rerun(0),
    )


def test_f39_an_equal_order_that_bears_the_id_already_is_adopted(held: Lab) -> None:
    """As after a state DB was lost and its file issued again: the order is at the broker, its row says planned."""
    held.go(0, "16:30").issue(1, buy=["CCC"])
    held.market.oto("90.90", symbol="CCC", client_order_id="20260106_CCC_entry_buy")
    held.go(1, "09:20")
    fault_ends(
        "F39",
        held,
        lambda: held.run("place"),
        exit_code=0,
        last_line="",
        received=[],
        state=State(
            {"AAA": "10 at 100.00, stop 90.00", "BBB": "10 at 100.00, stop 90.00"},
            {"20260106_CCC_entry_buy": "new 0/10"},
        ),
        rerun=Rerun(0),
    )


def test_parallel_requests_do_the_same_as_one_after_the_other(tmp_path: Path) -> None:
    lab = make_lab(tmp_path)
    lab.broker.is_in_process = False
    lab.hold("AAA", "BBB")
    lab.go(0, "16:30").issue(1, sell=["AAA", "BBB"], buy=["CCC", "DDD"])
    done = lab.go(1, "09:31").run("all")
    assert done.code == 0, done.stderr
    assert set(lab.positions()) == {"CCC", "DDD"}
    assert lab.agrees()


def test_f79_in_parallel_no_batch_leaves_after_the_kill_switch_went_on(tmp_path: Path) -> None:
    lab = make_lab(tmp_path, settings=["execution.max_workers=2"])
    lab.broker.is_in_process = False
    lab.issue(0, buy=["AAA", "BBB", "CCC", "DDD"])

    def switch_on() -> None:
        (tmp_path / "KILL").touch()

    lab.break_requests(RequestFault("POST", "/v2/orders", call_then(switch_on)))
    lab.go(0, "09:20")
    first, then = (
        [f"20260105_{ticker}_entry_buy" for ticker in tickers] for tickers in (("AAA", "BBB"), ("CCC", "DDD"))
    )
    fault_ends(
        "F79",
        lab,
        lambda: lab.run("place"),
        exit_code=3,
        last_line=begins("error[3] kill switch is ON since "),
        received=[f"{method} {name}" for name in first for method in ("POST", "DELETE")],
        state=State({}, dict.fromkeys(first, "canceled 0/10") | dict.fromkeys(then, "planned 0/10"), kill_switch=True),
        rerun=Rerun(3, begins("error[3] kill switch is ON since ")),
    )
    assert lab.open_ids() == set()


def test_f139_a_machine_that_slept_in_mid_run_buys_nothing_after_the_cutoff(lab: Lab) -> None:
    """The served exchange's day goes on for three hours behind the second entry; the run has counted none of them."""
    lab.settings = ("execution.max_workers=1", "execution.poll_interval_s=0.1")
    lab.go(0, "09:00").issue(0, buy=["AAA", "BBB", "CCC", "DDD"])
    lab.go(0, "09:31")
    lab.break_requests(
        RequestFault("POST", "/v2/orders", call_then(lambda: lab.market.exchange.advance(3 * 3600)), skip=1)
    )
    bought = {"AAA": "10 at 100.00, stop 90.00", "BBB": "10 at 99.49, stop 89.54"}
    left = ("20260105_CCC_entry_buy", "20260105_DDD_entry_buy")
    server = SimServer(lab.market.exchange, speed=0)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        client = AlpacaClient(server.address, server.address, KEYS, broker_id="sim")
        fault_ends(
            "F139",
            lab,
            lambda: lab.run("poll", runtime=Runtime(client)),
            exit_code=9,
            last_line="error[9] the run took longer than 15 minutes. Run the same command again.",
            received=[
                *(f"POST 20260105_{ticker}_entry_buy" for ticker in bought),
                *(f"PATCH 20260105_{ticker}_stop_sell" for ticker in bought),
            ],
            state=State(bought, dict.fromkeys(left, "planned 0/10")),
            rerun=Rerun(
                9,
                begins("error[9] CCC: not bought (after_cutoff", "--phase poll --skip-time-check"),
                state=State(bought, dict.fromkeys(left, "abandoned 0/10")),
                run=lambda: lab.run("poll"),
            ),
        )
    finally:
        server.shutdown()
        server.server_close()
    assert lab.run("poll").code == 0


@pytest.mark.parametrize(("clock", "is_repeated"), [("09:34", True), ("09:35", False)])
def test_an_entry_whose_request_was_lost_is_not_repeated_after_the_cutoff(
    lab: Lab, clock: str, *, is_repeated: bool
) -> None:
    lab.issue(0, buy=["AAA"])
    lost_until = call_then(lambda: lab.go(0, clock), lose_request())
    lab.break_requests(RequestFault("POST", "/v2/orders", lost_until))
    done = lab.go(0, "09:34").run("poll")
    assert lab.writes.count("POST 20260105_AAA_entry_buy") == 1 + is_repeated
    assert (done.code, lab.positions().keys()) == ((0, {"AAA"}) if is_repeated else (8, set()))


@pytest.mark.parametrize(
    ("workers", "said"), [(1, "BBB: its entry has not gone out"), (4, "the entry cutoff has passed")]
)
def test_an_entry_behind_one_that_took_until_the_cutoff_does_not_leave(lab: Lab, workers: int, said: str) -> None:
    """Whether it is of a later batch or of the same one."""
    lab.settings = (f"execution.max_workers={workers}",)
    lab.issue(0, buy=["AAA", "BBB"])
    lab.break_requests(RequestFault("POST", "/v2/orders", call_then(lambda: lab.go(0, "09:35"))))
    done = lab.go(0, "09:31").run("poll")
    assert lab.writes == ["POST 20260105_AAA_entry_buy", "PATCH 20260105_AAA_stop_sell"]
    assert (done.code, done.last_line) == (9, f"error[9] {said}. Run the same command again.")


def test_an_entry_that_the_broker_took_under_another_id_is_ours(lab: Lab) -> None:
    lab.issue(0, buy=["AAA"])
    renamed = change_answer(lambda order: order | {"client_order_id": "theirs"})
    lab.break_requests(RequestFault("POST", "/v2/orders", renamed))
    assert lab.go(0, "09:20").run("place").code == 0
    assert lab.order(ENTRY).status == "accepted"
    assert lab.go(0, "09:31").run("poll").code == 0
    assert lab.agrees()


def test_the_broker_refuses_an_order_and_the_log_says_which_and_why(lab: Lab, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "live.execute.send")
    lab.issue(0, buy=["AAA"])
    refusal = answer(403, {"code": 40310000, "message": "insufficient buying power"})
    lab.break_requests(RequestFault("POST", "/v2/orders", refusal))
    assert lab.go(0, "09:20").run("place").code == 9
    assert f"{ENTRY} refused as funds: insufficient buying power" in caplog.messages
