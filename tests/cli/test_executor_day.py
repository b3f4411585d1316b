"""A day through the executor, on the embedded exchange."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.lab import Lab, make_lab
from tests.faults.ending import Rerun, State, begins, fault_ends
from tests.live.sim.market import at, session

HELD = "10 at 100.00, stop 90.00"
NOT_OPEN = begins("error[9] the market opens 09:30 New York. ", "python -m live.executor --phase poll", " after 09:30.")
OVER = "error[9] AAA: its entry of {} was never sent, and its session is over. Nothing to do: the entry is over."
SOLD = {"AAA": "10 trend_break at 100.00"}


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return make_lab(tmp_path)


def test_place_before_the_open_queues_each_entry_with_its_stop(lab: Lab) -> None:
    """F85"""
    lab.issue(0, buy=["AAA", "BBB"])
    lab.go(0, "09:20")
    entries = ["20260105_AAA_entry_buy", "20260105_BBB_entry_buy"]
    fault_ends(
        "F85",
        lab,
        lambda: lab.run("place"),
        exit_code=0,
        last_line="",
        received=[f"POST {one}" for one in entries],
        state=State({}, dict.fromkeys(entries, "accepted 0/10")),
        rerun=Rerun(0),
    )


def test_poll_after_the_open_books_the_fills_and_trues_each_stop_up(lab: Lab) -> None:
    lab.hold("AAA")
    position = lab.positions()["AAA"]
    assert (position.actual_shares, position.entry_price, position.stop_price) == (10, 1_000_000, 900_000)
    assert lab.stops() == {"AAA": [("10", "90.00", "new")]}


def test_a_day_sells_at_the_open_and_buys_into_the_freed_slot(tmp_path: Path) -> None:
    lab = make_lab(tmp_path, settings=["strategy.max_positions=2"]).hold("AAA", "BBB")
    lab.go(0, "16:30").issue(1, buy=["CCC"], sell=["AAA"])
    assert lab.go(1, "09:20").run("place").code == 0
    assert lab.writes == ["DELETE", "POST 20260106_AAA_exit_sell", "POST 20260106_CCC_entry_buy"]
    done = lab.go(1, "09:31").run("poll")
    assert done.code == 0, done.stderr
    assert set(lab.positions()) == {"BBB", "CCC"}
    assert lab.agrees()
    (sold,) = lab.closed()
    assert (sold.ticker, sold.exit_reason, sold.exit_price) == ("AAA", "trend_break", 1_000_000)


def test_one_run_of_all_after_the_open_does_the_whole_day(tmp_path: Path) -> None:
    lab = make_lab(tmp_path).hold("AAA")
    lab.go(0, "16:30").issue(1, buy=["BBB", "CCC"], sell=["AAA"])
    done = lab.go(1, "09:31").run("all")
    assert done.code == 0, done.stderr
    assert set(lab.positions()) == {"BBB", "CCC"}
    assert lab.agrees()


def test_all_before_the_open_places_and_says_when_to_come_back(lab: Lab) -> None:
    """F85"""
    lab.issue(0, buy=["AAA"])
    lab.go(0, "09:00")
    done = fault_ends(
        "F85",
        lab,
        lambda: lab.run("all"),
        exit_code=9,
        last_line=begins(
            "error[9] the market opens 09:30 New York. ", "python -m live.executor --phase poll", " after 09:30."
        ),
        received=["POST 20260105_AAA_entry_buy"],
        state=State({}, {"20260105_AAA_entry_buy": "accepted 0/10"}),
        rerun=Rerun(
            0,
            received=["PATCH 20260105_AAA_stop_sell"],
            state=State({"AAA": HELD}),
            mend=lambda: lab.go(0, "09:31"),
            run=lambda: lab.run("poll"),
        ),
    )
    assert done.last_line.endswith(" after 09:30.")


def test_all_with_wait_for_open_waits_and_goes_on(lab: Lab) -> None:
    """F85"""
    lab.issue(0, buy=["AAA"])
    lab.go(0, "09:00")
    fault_ends(
        "F85",
        lab,
        lambda: lab.run("all", "--wait-for-open", "60"),
        exit_code=0,
        last_line="",
        received=["POST 20260105_AAA_entry_buy", "PATCH 20260105_AAA_stop_sell"],
        state=State({"AAA": HELD}),
        rerun=Rerun(0),
    )


def test_poll_before_the_open_says_when_it_opens(lab: Lab) -> None:
    """F85"""
    lab.issue(0, buy=["AAA"])
    lab.go(0, "09:00")
    fault_ends(
        "F85",
        lab,
        lambda: lab.run("poll"),
        exit_code=9,
        last_line=begins(
            "error[9] the market opens 09:30 New York. ", "python -m live.executor --phase poll", " after 09:30."
        ),
        received=[],
        state=State({}),
        rerun=Rerun(
            0,
            received=["POST 20260105_AAA_entry_buy", "PATCH 20260105_AAA_stop_sell"],
            state=State({"AAA": HELD}),
            mend=lambda: lab.go(0, "09:31"),
        ),
    )


def test_all_after_the_cutoff_sells_and_ends_the_entries(tmp_path: Path) -> None:
    """F86"""
    lab = make_lab(tmp_path).hold("AAA")
    lab.go(0, "16:30").issue(1, buy=["BBB"], sell=["AAA"])
    lab.go(1, "11:00")
    fault_ends(
        "F86",
        lab,
        lambda: lab.run("all"),
        exit_code=9,
        last_line=begins(
            "error[9] BBB: not bought (after_cutoff: the entry cutoff has passed). To buy it today all the same: ",
            "--phase poll --skip-time-check",
        ),
        received=["DELETE 20260105_AAA_stop_sell", "POST 20260106_AAA_exit_sell"],
        state=State({}, {"20260106_BBB_entry_buy": "abandoned 0/10"}, {"AAA": "10 trend_break at 98.67"}),
        rerun=Rerun(0),  # every line is over: a retry on 9 ends
    )


def test_entries_may_go_out_late_with_skip_time_check(lab: Lab) -> None:
    lab.issue(0, buy=["AAA"])
    assert lab.go(0, "11:00").run("all", "--skip-time-check").code == 0
    assert set(lab.positions()) == {"AAA"}


def test_after_the_close_a_file_nobody_executed_ends_the_run_with_9_once(lab: Lab) -> None:
    """F87"""
    lab.issue(0, buy=["AAA"])
    lab.go(0, "16:30")
    fault_ends(
        "F87",
        lab,
        lambda: lab.run("all"),
        exit_code=9,
        last_line=OVER.format("2026-01-05"),
        received=[],
        state=State({}, {"20260105_AAA_entry_buy": "abandoned 0/10"}),
        rerun=Rerun(0),
    )


def test_a_line_never_sent_ends_at_the_close(tmp_path: Path) -> None:
    lab = make_lab(tmp_path, cash=2_000, settings=["execution.min_buying_power=0"])
    lab.hold("AAA")
    lab.go(0, "16:30").issue(1, buy=["BBB"], sell=["AAA"])
    place = lab.go(1, "09:20").run("place")
    assert place.code == 0, place.stderr  # BBB waits for the money of AAA, whose sell is queued
    assert lab.order("20260106_BBB_entry_buy").status == "planned"
    lab.go(1, "16:30")
    fault_ends(
        "F87",
        lab,
        lambda: lab.run("poll"),
        exit_code=9,
        last_line=begins("error[9] BBB: "),
        received=[],
        state=State({}, {"20260106_BBB_entry_buy": "abandoned 0/10"}, SOLD),
        rerun=Rerun(0),
    )


def test_no_session_today_only_protects_and_names_the_next_one(lab: Lab) -> None:
    """F83"""
    lab.hold("AAA").go(4, "09:00").issue(5, buy=["BBB"])
    lab.market.exchange.advance_to(at(4, "12:00") + timedelta(days=1))
    lab.market.cancel(lab.market.get("/v2/orders", status="open")[0])
    done = fault_ends(
        "F83",
        lab,
        lambda: lab.run("all"),
        exit_code=0,
        last_line="",
        received=["POST 20260105_AAA_stop_sell_2"],
        state=State({"AAA": HELD}),
        rerun=Rerun(0),
    )
    assert "next session 2026-01-12" in done.stdout


def test_the_same_command_twice_sends_nothing_the_second_time(tmp_path: Path) -> None:
    """F88"""
    lab = make_lab(tmp_path).hold("AAA")
    lab.go(0, "16:30").issue(1, buy=["BBB"], sell=["AAA"])
    bought, sold = "20260106_BBB_entry_buy", "20260106_AAA_exit_sell"
    placed = State({"AAA": HELD}, {bought: "accepted 0/10", sold: "accepted 0/10"})
    traded = State({"BBB": HELD}, {bought: "filled 10/10", sold: "filled 10/10"}, SOLD)
    for clock, phase, received, state in (
        ("09:20", "place", ["DELETE 20260105_AAA_stop_sell", f"POST {sold}", f"POST {bought}"], placed),
        ("09:31", "poll", ["PATCH 20260106_BBB_stop_sell"], traded),
        ("15:45", "protect", [], traded),
    ):
        lab.go(1, clock)
        fault_ends(
            "F88",
            lab,
            lambda phase=phase: lab.run(phase),
            exit_code=0,
            last_line="",
            received=received,
            state=state,
            rerun=Rerun(0),
        )


def test_a_stop_that_filled_is_told_first_with_price_and_pnl(tmp_path: Path) -> None:
    from tests.live.sim.market import QUIET, bars

    crash = bars("AAA", [QUIET, QUIET, (95.0, 96.0, 80.0, 85.0), QUIET])
    lab = make_lab(tmp_path, crash).hold("AAA")
    done = lab.go(1, "15:45").run("protect")
    assert done.code == 0
    assert "STOPPED OUT  AAA 10 at 90.00 on 2026-01-06, P&L -100.00 (-10.0 %)" in done.stdout


def test_half_days_end_at_their_own_close(lab: Lab) -> None:
    """F84"""
    lab.hold("BBB").go(4, "08:30").issue(4, buy=["AAA"], sell=["BBB"])
    lab.go(4, "13:05")
    fault_ends(
        "F84",
        lab,
        lambda: lab.run("protect"),
        exit_code=0,
        last_line="",
        received=[],
        state=State({"BBB": HELD}),
        rerun=Rerun(
            9,
            OVER.format("2026-01-09"),
            state=State({"BBB": HELD}, {"20260109_AAA_entry_buy": "abandoned 0/10"}),
            run=lambda: lab.run("all"),
        ),
    )
    assert (lab.order("20260109_AAA_entry_buy").reject_reason or "").startswith("after_cutoff")


def test_f92_on_the_day_after_the_clocks_changed_the_open_is_at_half_past_nine(lab: Lab) -> None:
    monday = 45
    assert str(session(monday)) == "2026-03-09"
    lab.hold("AAA").go(monday, "09:00").issue(monday, buy=["BBB"], sell=["AAA"])
    lab.go(monday, "09:31")
    fault_ends(
        "F92",
        lab,
        lambda: lab.run("all"),
        exit_code=0,
        last_line="",
        received=[
            "DELETE 20260105_AAA_stop_sell",
            "POST 20260309_AAA_exit_sell",
            "POST 20260309_BBB_entry_buy",
            "PATCH 20260309_BBB_stop_sell",
        ],
        state=State({"BBB": HELD}, closed=SOLD),
        rerun=Rerun(0),
    )
