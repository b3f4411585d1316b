"""Exits that do not sell: what is left gets its stop back, the exit stays pending, and every run says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from live.sim.faults import OrderFaultKind, RequestFault
from tests.cli.account import TradingAccount, day, offer
from tests.cli.account import bars as steady_bars
from tests.cli.lab import Lab, make_lab
from tests.fault_actions import change_answer
from tests.faults.ending import Rerun, State, begins, fault_ends
from tests.live.sim.market import QUIET, bars, quiet_bars

EXIT = "20260106_AAA_exit_sell"
HELD = dict.fromkeys(("AAA", "BBB"), "10 at 100.00, stop 90.00")


@pytest.fixture(scope="module")
def held_before(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return make_lab(tmp_path_factory.mktemp("held"), settings=["execution.poll_timeout_s=10"]).hold("AAA", "BBB")


@pytest.fixture
def held(held_before: Lab, tmp_path: Path) -> Lab:
    """AAA and BBB are held since session 0, 10 shares each at 100.00 with stops at 90.00."""
    return held_before.copy_to(tmp_path)


def halted_lab(folder: Path) -> Lab:
    """AAA is halted all session 1, in which it is to be sold."""
    lab = make_lab(folder, bars("AAA", [QUIET, QUIET, None, QUIET, QUIET]), quiet_bars("BBB")).hold("AAA", "BBB")
    lab.go(0, "16:30").issue(1, sell=["AAA"])
    return lab


def test_f113_a_sell_that_never_filled_gives_its_stop_back_after_the_close(tmp_path: Path) -> None:
    lab = halted_lab(tmp_path)
    assert lab.go(1, "09:20").run("place").code == 0
    assert lab.go(1, "09:31").run("poll").code == 9
    assert lab.go(1, "15:45").run("protect").code == 0  # the sell still works
    lab.go(1, "16:05")
    fault_ends(
        "F113",
        lab,
        lambda: lab.run("protect"),
        exit_code=9,
        last_line="error[9] AAA: not sold today (expired). The next signal file lists it again.",
        received=["POST 20260105_AAA_stop_sell_2"],
        state=State(HELD, {EXIT: "expired 0/10"}),
        rerun=Rerun(0),
    )
    assert lab.positions()["AAA"].pending_exit_reason == "trend_break"
    assert "needs a hand: AAA: not sold today (expired)" in lab.run("protect").stdout


def test_f113_the_rest_of_a_sell_that_filled_partly_gets_a_stop_of_its_number(held: Lab) -> None:
    held.go(0, "16:30").issue(1, sell=["AAA"])
    held.break_orders(OrderFaultKind.PARTIAL, "AAA", client_order_id="*exit*", shares=4)
    assert held.go(1, "09:31").run("all").code == 9
    held.go(1, "16:05")
    fault_ends(
        "F113",
        held,
        lambda: held.run("protect"),
        exit_code=9,
        last_line="error[9] AAA: 4 of 10 shares sold today (expired). The next signal file lists it again.",
        received=["POST 20260105_AAA_stop_sell_2"],
        state=State({**HELD, "AAA": "6 at 100.00, stop 90.00"}, {EXIT: "expired 4/10"}),
        rerun=Rerun(0),
    )
    assert [shares for shares, _, _ in held.stops()["AAA"]] == ["6"]


def test_f113_a_sell_that_the_broker_has_not_ended_after_the_close_is_canceled_first(held: Lab) -> None:
    held.go(0, "16:30").issue(1, sell=["AAA"])
    held.break_orders(OrderFaultKind.NO_FILL, "AAA", side="sell")
    (stop,) = [one for one in held.market.get("/v2/orders", status="open") if one["symbol"] == "AAA"]
    held.go(1, "09:20").market.cancel(stop)
    held.market.sell(symbol="AAA", qty="10", time_in_force="gtc", client_order_id=EXIT)  # outlives the close
    assert held.run("place").code == 0  # adopted
    seen = held.go(1, "16:05").run("protect", "--dry-run")
    assert "cancel sell    AAA of 2026-01-06, 10 shares unsold" in seen.stdout
    fault_ends(
        "F113",
        held,
        lambda: held.run("protect"),
        exit_code=9,
        last_line="error[9] AAA: not sold today (canceled). The next signal file lists it again.",
        received=[f"DELETE {EXIT}", "POST 20260105_AAA_stop_sell_2"],
        state=State(HELD, {EXIT: "canceled 0/10"}),
        rerun=Rerun(0),
    )


def test_f113_a_sell_that_does_not_end_is_named_and_never_doubled_by_a_stop(tmp_path: Path) -> None:
    def not_over(content: Any) -> Any:
        for row in content if isinstance(content, list) else [content]:
            if row["client_order_id"] == EXIT:
                row |= {"status": "done_for_day", "expired_at": None}
        return content

    lab = halted_lab(tmp_path)
    assert lab.go(1, "09:20").run("place").code == 0
    lab.break_requests(RequestFault("GET", "/v2/orders.*", change_answer(not_over), times=None))
    lab.go(1, "16:05")
    fault_ends(
        "F113",
        lab,
        lambda: lab.run("protect"),
        exit_code=9,
        last_line=begins("error[9] AAA: its sell is still done_for_day after the close, so its shares have no stop"),
        received=[f"DELETE {EXIT}"] * 3,
        state=State(HELD, {EXIT: "done_for_day 0/10"}),
        rerun=Rerun(  # now over: the stop is back, the exit is left
            9,
            "error[9] AAA: not sold today (expired). The next signal file lists it again.",
            received=["POST 20260105_AAA_stop_sell_2"],
            state=State(HELD, {EXIT: "expired 0/10"}),
            mend=lab.mend,
        ),
    )
    assert lab.agrees()


def test_f112_an_exit_rejected_in_both_generations_is_9_once_and_named_for_the_rest_of_the_day(held: Lab) -> None:
    held.go(0, "16:30").issue(1, sell=["AAA"])
    held.break_orders(OrderFaultKind.REJECT, "AAA", client_order_id="*exit*")
    held.go(1, "09:31")
    fault_ends(
        "F112",
        held,
        lambda: held.run("all"),
        exit_code=9,
        last_line="error[9] AAA: not sold today (rejected). The next signal file lists it again.",
        received=["DELETE 20260105_AAA_stop_sell", f"POST {EXIT}", f"POST {EXIT}_2", "POST 20260105_AAA_stop_sell_2"],
        state=State(HELD, {EXIT: "rejected 0/10", f"{EXIT}_2": "rejected 0/10"}),
        rerun=Rerun(0),
    )
    for phase, clock in (("poll", "09:40"), ("protect", "15:45"), ("protect", "16:05")):
        later = held.go(1, clock).run(phase)
        assert (later.code, held.writes) == (0, []), phase
        assert "needs a hand: AAA: not sold today (rejected)" in later.stdout
    held.mend()
    held.issue(2, sell=["AAA"])
    assert held.go(2, "09:20").run("place").code == 0
    done = held.go(2, "09:31").run("poll")
    assert done.code == 0
    assert "needs a hand: nothing" in done.stdout


def test_f112_a_protect_run_that_meets_the_rejection_says_so_and_poll_sells_once_more(held: Lab) -> None:
    held.go(0, "16:30").issue(1, sell=["AAA"])
    assert held.go(1, "09:20").run("place").code == 0
    held.break_orders(OrderFaultKind.REJECT, "AAA", client_order_id=EXIT)
    held.go(1, "15:45")
    fault_ends(
        "F112",
        held,
        lambda: held.run("protect"),
        exit_code=9,
        last_line=begins("error[9] AAA: not sold today (rejected). Run "),
        received=["POST 20260105_AAA_stop_sell_2"],
        state=State(HELD, {EXIT: "rejected 0/10"}),
        rerun=Rerun(
            0,
            received=["DELETE 20260105_AAA_stop_sell_2", f"POST {EXIT}_2"],
            state=State({"BBB": HELD["BBB"]}, {f"{EXIT}_2": "filled 10/10"}, {"AAA": "10 trend_break at 101.11"}),
            run=lambda: held.run("poll"),
        ),
    )


@pytest.mark.parametrize("phase", ["place", "protect"])
def test_f113_a_stop_is_given_back_whenever_no_exit_goes_out_for_its_shares(tmp_path: Path, phase: str) -> None:
    lab = halted_lab(tmp_path)
    assert lab.go(1, "09:20").run("place").code == 0
    lab.go(1, "16:30").issue(2)  # the exit is not listed again
    lab.go(2, "09:20")
    fault_ends(
        "F113",
        lab,
        lambda: lab.run(phase),
        exit_code=0,
        last_line="",
        received=["POST 20260105_AAA_stop_sell_2"],
        state=State(HELD, {EXIT: "expired 0/10"}),
        rerun=Rerun(0),
    )


def test_f113_the_generator_names_positions_without_a_stop_and_sends_nothing(tmp_path: Path) -> None:
    account = TradingAccount(tmp_path, steady_bars("AAA"))
    account.trade(day(0), offer("AAA", day(0)))
    (stop,) = account.broker.list_orders(status="open")
    account.broker.cancel_order(stop.id)
    account.go(day(1), "09:00")
    done = fault_ends(
        "F113",
        account,
        lambda: account.generate("--no-report"),
        exit_code=9,
        last_line=begins("error[9] AAA: 100 shares without a stop. python -m live.executor --phase protect"),
        received=[],
        state=State({"AAA": "100 at 100.00, stop 90.00"}),
        rerun=Rerun(0, mend=lambda: account.execute("protect"), state=State({"AAA": "100 at 100.00, stop 90.00"})),
    )
    assert "needs a hand: AAA: 100 shares without a stop" in done.stdout
