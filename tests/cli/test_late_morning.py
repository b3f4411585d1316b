"""A late morning: what is too late, what still goes, and what `--skip-time-check` takes up again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.account import TradingAccount, bars, day, offer
from tests.cli.lab import Lab, make_lab
from tests.faults.ending import UNCHANGED, Rerun, State, begins, fault_ends

AAA = "20260105_AAA_entry_buy"


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return make_lab(tmp_path)


def given_up(lab: Lab) -> Lab:
    """11:00: a run has given up today's entries for lateness."""
    done = lab.go(0, "11:00").run("all")
    assert done.code == 9, done.stderr
    assert lab.order(AAA).end_reason in ("after_cutoff", "insufficient_funds")
    return lab


def test_f145_skip_time_check_takes_up_what_was_given_up_for_lateness(lab: Lab) -> None:
    lab.issue(0, buy=["AAA"])
    given_up(lab)
    dry = lab.run("all", "--skip-time-check", "--dry-run")
    assert "buy            AAA 10" in dry.stdout
    assert lab.order(AAA).end_reason == "after_cutoff"
    done = fault_ends(
        "F145",
        lab,
        lambda: lab.run("all", "--skip-time-check"),
        exit_code=0,
        last_line="",
        received=[f"POST {AAA}", "PATCH 20260105_AAA_stop_sell"],
        state=State({"AAA": "10 at 98.68, stop 88.81"}, {AAA: "filled 10/10"}),
        rerun=Rerun(0),
    )
    assert "AAA: given up for lateness today, now taken up again" in done.stdout
    for args in (("--skip-time-check",), ()):
        assert lab.run("all", *args).code == 0
        assert lab.writes == []
    with lab.look() as db:
        assert [one.type for one in db.events.newest(corr_id=AAA)][-3:] == ["revived", "abandoned", "planned"]


def test_f145_a_price_that_has_moved_away_keeps_it_given_up(lab: Lab) -> None:
    lab.issue(0, buy=["AAA"], reference="140.00")
    given_up(lab)
    done = fault_ends(
        "F145",
        lab,
        lambda: lab.run("all", "--skip-time-check"),
        exit_code=0,
        last_line="",
        received=[],
        state=UNCHANGED,
        rerun=Rerun(0),
    )
    assert "AAA: stays given up for lateness: the market is at 9" in done.stdout
    assert lab.order(AAA).end_reason == "after_cutoff"


def test_f145_what_ended_for_another_reason_is_not_taken_up(tmp_path: Path) -> None:
    lab = make_lab(tmp_path, cash=500, settings=["execution.min_buying_power=0"])
    lab.issue(0, buy=["AAA"])
    given_up(lab)
    assert lab.order(AAA).end_reason == "insufficient_funds"
    fault_ends(
        "F145",
        lab,
        lambda: lab.run("all", "--skip-time-check"),
        exit_code=0,
        last_line="",
        received=[],
        state=UNCHANGED,
        rerun=Rerun(0),
    )


def test_f145_another_day_is_too_late_for_good(lab: Lab) -> None:
    lab.issue(0, buy=["AAA"])
    given_up(lab)
    lab.go(0, "16:30").issue(1)
    lab.go(1, "11:00")
    fault_ends(
        "F145",
        lab,
        lambda: lab.run("all", "--skip-time-check"),
        exit_code=0,
        last_line="",
        received=[],
        state=State({}, {AAA: "abandoned 0/10"}),
        rerun=Rerun(0),
    )
    assert lab.order(AAA).end_reason == "after_cutoff"


def test_f145_the_generator_says_what_is_too_late_and_what_still_goes(tmp_path: Path) -> None:
    account = TradingAccount(tmp_path, bars("AAA")).go(day(0), "11:00")
    report = ("--report-file", account.report(day(0), offer("AAA", day(0))))
    done = account.generate(*report)
    assert done.code == 0, done.stderr
    assert "too late for 1 entry: the cutoff was 09:35 New York; no exit is decided" in done.stdout
    assert "entries:      1 decided: AAA 100; too late since 09:35" in done.stdout
    assert "next step:    python -m live.executor --phase poll --skip-time-check" in done.stdout
    entry = "20260202_AAA_entry_buy"

    def again() -> None:
        assert "too late for 1 entry" in account.generate(*report).stdout  # of the accepted plan

    fault_ends(
        "F145",
        account,
        lambda: account.execute("poll"),
        exit_code=9,
        last_line=begins("error[9] AAA: not bought (after_cutoff", "--phase poll --skip-time-check"),
        received=[],
        state=State({}, {entry: "abandoned 0/100"}),
        rerun=Rerun(
            0,
            received=[f"POST {entry}"],
            state=State({"AAA": "100 at 99.34, stop 89.40"}),
            mend=again,
            run=lambda: account.execute("poll", "--skip-time-check"),
        ),
    )
    assert "too late" not in account.generate(*report).stdout
