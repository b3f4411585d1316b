"""`admin skip` and `admin entries off | on`: entries held back by a person; exits and protection go on."""

from __future__ import annotations

from pathlib import Path

import pytest

from live.admin import main as admin
from live.run.runtime import Runtime
from tests.cli.done import Done, run_command
from tests.cli.lab import DEFAULT, Lab, make_lab
from tests.faults.ending import UNTOUCHED, Rerun, State, begins, fault_ends
from tests.live.sim.market import session

HELD = "10 at 100.00, stop 90.00"
AAA, BBB = "20260105_AAA_entry_buy", "20260105_BBB_entry_buy"


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return make_lab(tmp_path)


def by_hand(lab: Lab, *args: str) -> Done:
    common = ("--config", str(DEFAULT), "--state-db", str(lab.state_db), "--broker", "sim")
    return run_command(admin, (*args, *common), Runtime(lab.broker))


def skip(lab: Lab, ticker: str, *args: str) -> Done:
    return by_hand(lab, "skip", ticker, "--reason", "guidance withdrawn", *args)


def entries(lab: Lab, word: str) -> Done:
    done = by_hand(lab, "entries", word, "--reason", "away until March")
    assert done.code == 0, done.stderr
    return done


def events(lab: Lab, kind: str) -> list[str]:
    with lab.look() as db:
        return [row.type for row in db.events.since(0) if row.kind == kind]


# one entry


def test_f143_a_vetoed_entry_is_never_sent_and_the_others_are(lab: Lab) -> None:
    lab.issue(0, buy=["AAA", "BBB"])
    lab.go(0, "09:20")
    assert skip(lab, "AAA").code == 0
    done = fault_ends(
        "F143",
        lab,
        lambda: lab.run("place"),
        exit_code=0,
        last_line="",
        received=[f"POST {BBB}"],
        state=State({}, {AAA: "abandoned 0/10", BBB: "accepted 0/10"}),
        rerun=Rerun(0),
    )
    for one in (done, lab.run("place")):
        assert "skipped:      1: AAA vetoed" in one.stdout
    assert (lab.order(AAA).status, lab.order(AAA).reject_reason) == ("abandoned", "vetoed: guidance withdrawn")
    assert lab.go(0, "09:31").run("poll").code == 0
    assert set(lab.positions()) == {"BBB"}
    assert "vetoed" in events(lab, "order")
    status = by_hand(lab, "status")
    assert "AAA is VETOED for 2026-01-05, why: guidance withdrawn" in status.stdout


def test_f143_an_entry_that_waits_is_vetoed_too(lab: Lab) -> None:
    lab.issue(0, buy=["AAA", "BBB"])
    entries(lab, "off")
    assert lab.go(0, "09:20").run("place").code == 0
    assert skip(lab, "aaa", "--date", "2026-01-05").code == 0
    entries(lab, "on")
    lab.go(0, "09:31")
    fault_ends(
        "F143",
        lab,
        lambda: lab.run("poll"),
        exit_code=0,
        last_line="",
        received=[f"POST {BBB}", "PATCH 20260105_BBB_stop_sell"],
        state=State({"BBB": HELD}, {AAA: "abandoned 0/10", BBB: "filled 10/10"}),
        rerun=Rerun(0),
    )


def test_f143_a_veto_in_the_midst_of_a_run_counts_up_to_the_order_itself(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.issue(0, buy=["AAA", "BBB"])
    ask = lab.broker.get_latest_trades

    def veto_then_ask(*args: object, **named: object) -> object:
        skip(lab, "BBB")
        return ask(*args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(lab.broker, "get_latest_trades", veto_then_ask)
    lab.go(0, "09:20")
    fault_ends(
        "F143",
        lab,
        lambda: lab.run("place"),
        exit_code=0,
        last_line="",
        received=[f"POST {AAA}"],
        state=State({}, {AAA: "accepted 0/10", BBB: "abandoned 0/10"}),
        rerun=Rerun(0),
    )
    assert lab.order(BBB).end_reason == "vetoed"


def test_f143_an_entry_at_the_broker_is_too_late_and_the_command_named_takes_it_back(lab: Lab) -> None:
    lab.issue(0, buy=["AAA"])
    assert lab.go(0, "09:20").run("place").code == 0
    fault_ends(
        "F143",
        lab,
        lambda: skip(lab, "AAA"),
        exit_code=2,
        last_line=begins(
            "error[2] AAA: its entry of 2026-01-05 is at the broker already (accepted). Take it back: ",
            "live.admin close AAA",
        ),
        received=[],
        state=UNTOUCHED,
        rerun=Rerun(
            0,
            received=[f"DELETE {AAA}"],
            state=State({}, {AAA: "canceled 0/10"}),
            run=lambda: by_hand(lab, "close", "AAA", "--yes"),
        ),
    )
    assert lab.open_ids() == set()
    assert skip(lab, "AAA").code == 2


def test_on_a_day_without_entries_another_day_is_asked_for(lab: Lab) -> None:
    lab.issue(0)
    said = skip(lab, "AAA").last_line
    assert "(decided: none). Name another day with --date." in said


def test_f143_what_was_not_decided_is_not_vetoed_and_what_was_is_named(lab: Lab) -> None:
    with lab.db():
        pass
    assert "no signal file was issued" in skip(lab, "AAA").last_line
    lab.issue(0, buy=["AAA"])
    assert "BBB is no entry of 2026-01-05 (decided: AAA)" in skip(lab, "BBB").last_line
    assert "no signal file for 2026-01-06" in skip(lab, "AAA", "--date", "2026-01-06").last_line
    assert {skip(lab, "BBB").code, skip(lab, "../x").code} == {2}
    assert by_hand(lab, "skip", "AAA", "--reason", " \x07").code == 2


def test_a_second_veto_keeps_the_first_reason(lab: Lab) -> None:
    lab.issue(0, buy=["AAA"])
    assert skip(lab, "AAA").code == 0
    again = by_hand(lab, "skip", "AAA", "--reason", "another")
    assert again.code == 0
    assert "the first reason stays" in again.stdout
    assert "guidance withdrawn" in again.stdout


# one entry that replaces a holding


CCC, OUT = "20260106_CCC_entry_buy", "20260106_AAA_exit_sell"


@pytest.fixture
def full(tmp_path: Path) -> Lab:
    """A full book of AAA and BBB; 09:20 of session 1: CCC is to replace AAA, and waits for the money of its sell."""
    lab = make_lab(tmp_path, settings=["strategy.max_positions=2"], cash=7_132).hold("AAA", "BBB")
    lab.go(0, "16:30").issue(1, rotate={"CCC": "AAA"}, reference="103.00")
    return lab.go(1, "09:20")


@pytest.mark.parametrize("how", ["vetoed", "entries_off"])
def test_f143_f144_a_holding_stays_whose_replacement_is_held_back(full: Lab, how: str) -> None:
    if how == "vetoed":
        assert "AAA, which it was to replace, stays" in skip(full, "CCC").stdout
    else:
        entries(full, "off")
    done = fault_ends(
        "F143 F144",
        full,
        lambda: full.run("place"),
        exit_code=0,
        last_line="",
        received=[],
        state=State({"AAA": HELD, "BBB": HELD}, {CCC: "abandoned 0/10", OUT: "abandoned 0/10"}),
        rerun=Rerun(0),
    )
    assert "CCC is not bought and AAA is kept" in done.stdout
    assert f"skipped:      2: CCC {how}, AAA kept" in done.stdout
    assert [full.order(one).end_reason for one in (CCC, OUT)] == [how, how]
    assert full.go(1, "09:31").run("poll").code == 0
    assert full.positions()["AAA"].pending_exit_reason is None
    assert full.agrees()


def test_f143_after_the_plan_is_accepted_the_holding_is_sold_all_the_same(full: Lab) -> None:
    assert full.run("place").code == 0
    assert "AAA, which it was to replace, is sold all the same" in skip(full, "CCC").stdout
    full.go(1, "09:31")
    fault_ends(
        "F143",
        full,
        lambda: full.run("poll"),
        exit_code=0,
        last_line="",
        received=[],
        state=State({"BBB": HELD}, {CCC: "abandoned 0/10"}, {"AAA": "10 rotated_out at 100.00"}),
        rerun=Rerun(0),
    )
    assert full.order(CCC).end_reason == "vetoed"


# all of them


def test_f144_with_entries_off_exits_and_stops_go_on_and_every_run_says_so(lab: Lab) -> None:
    lab.hold("AAA", "BBB").issue(1, sell=["AAA"], buy=["CCC"])
    entries(lab, "off")
    lab.go(1, "09:20")
    fault_ends(
        "F144",
        lab,
        lambda: lab.run("place"),
        exit_code=0,
        last_line="",
        received=["DELETE 20260105_AAA_stop_sell", "POST 20260106_AAA_exit_sell"],
        state=State(
            {"AAA": HELD, "BBB": HELD},
            {"20260106_AAA_exit_sell": "accepted 0/10", "20260106_CCC_entry_buy": "planned 0/10"},
        ),
        rerun=Rerun(0),
    )
    for clock, phase in (("09:20", "place"), ("09:31", "poll"), ("09:40", "poll"), ("15:45", "protect")):
        done = lab.go(1, clock).run(phase)
        assert done.code == 0, (phase, done.stderr)
        assert "entries are OFF since" in done.stdout
        assert "entries:      OFF (away until March)" in done.stdout
    assert set(lab.positions()) == {"BBB"}
    assert lab.agrees()
    row = lab.order("20260106_CCC_entry_buy")
    assert (row.status, row.reject_reason) == ("abandoned", "entries_off: away until March")
    quiet = lab.run("protect", "-q")
    assert "OFF (away until March)" in quiet.stdout
    assert "entries are OFF since" in by_hand(lab, "status", "--offline").stdout


def test_f144_turned_on_again_what_waits_goes_out(lab: Lab) -> None:
    lab.issue(0, buy=["AAA"])
    entries(lab, "off")
    assert lab.go(0, "09:20").run("place").code == 0
    assert lab.open_ids() == set()
    assert "was: entries are OFF since" in entries(lab, "on").stdout
    lab.go(0, "09:31")
    fault_ends(
        "F144",
        lab,
        lambda: lab.run("poll"),
        exit_code=0,
        last_line="",
        received=[f"POST {AAA}", "PATCH 20260105_AAA_stop_sell"],
        state=State({"AAA": HELD}),
        rerun=Rerun(0),
    )
    assert [name for name in events(lab, "config") if name.startswith("entries")] == ["entries_off", "entries_on"]


def test_f144_turned_off_in_the_midst_of_a_run_no_further_entry_leaves(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.issue(0, buy=["AAA", "BBB"])
    ask = lab.broker.get_latest_trades

    def off_then_ask(*args: object, **named: object) -> object:
        entries(lab, "off")
        return ask(*args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(lab.broker, "get_latest_trades", off_then_ask)
    lab.go(0, "09:20")
    fault_ends(
        "F144",
        lab,
        lambda: lab.run("place"),
        exit_code=0,
        last_line="",
        received=[],
        state=State({}, {AAA: "planned 0/10", BBB: "planned 0/10"}),
        rerun=Rerun(0),
    )


def test_f144_what_is_at_the_broker_already_is_named(lab: Lab) -> None:
    lab.issue(0, buy=["AAA"])
    assert lab.go(0, "09:20").run("place").code == 0
    done = entries(lab, "off")
    assert "at the broker already, and may still be bought: AAA; python -m live.admin close TICKER" in done.stdout


def test_f144_a_day_that_nobody_finished_ends_by_the_same_word(lab: Lab) -> None:
    lab.issue(0, buy=["AAA", "BBB"])
    entries(lab, "off")
    assert lab.go(0, "09:20").run("place").code == 0
    assert skip(lab, "AAA").code == 0
    done = lab.go(1, "09:31").run("protect")
    assert done.code == 0
    lab.issue(1)
    fault_ends(
        "F144",
        lab,
        lambda: lab.run("poll"),
        exit_code=0,
        last_line="",
        received=[],
        state=State({}, {AAA: "abandoned 0/10", BBB: "abandoned 0/10"}),
        rerun=Rerun(0),
    )
    assert [lab.order(one).end_reason for one in (AAA, BBB)] == ["vetoed", "entries_off"]


def test_f144_a_restored_state_db_keeps_what_was_said(lab: Lab) -> None:
    lab.issue(0, buy=["AAA", "BBB"])
    lab.go(0, "09:20")
    copy = lab.folder / "copy.db"
    assert by_hand(lab, "backup", str(copy)).code == 0
    assert skip(lab, "AAA").code == 0
    entries(lab, "off")
    fault_ends(
        "F144",
        lab,
        lambda: by_hand(lab, "restore", str(copy), "--yes"),
        exit_code=0,
        last_line="",
        received=[],
        state=State({}),
        rerun=Rerun(0, run=lambda: lab.run("place"), state=State({}, {AAA: "abandoned 0/10", BBB: "planned 0/10"})),
    )
    with lab.look() as db:
        off, vetoes = db.entry_controls.off(), db.entry_controls.vetoes(session(0))
    assert off is not None
    assert off.why == "away until March"
    assert {ticker: said.why for ticker, said in vetoes.items()} == {"AAA": "guidance withdrawn"}


def test_f144_a_word_needs_the_state_db_that_the_runs_use(lab: Lab) -> None:
    fault_ends(
        "F144",
        lab,
        lambda: by_hand(lab, "entries", "off", "--reason", "x"),
        exit_code=13,
        last_line=begins("error[13] no state DB at"),
        received=[],
        state=UNTOUCHED,
        rerun=Rerun(0, state=State({}), mend=lambda: lab.run("protect")),
    )


def test_f144_a_garbled_row_counts_as_off(lab: Lab) -> None:
    lab.issue(0, buy=["AAA"])
    with lab.db() as db, db.transaction():
        db.system_config.put("entries", {"on": "yes"}, "somebody")
    lab.go(0, "09:20")
    fault_ends(
        "F144",
        lab,
        lambda: lab.run("place"),
        exit_code=0,
        last_line="",
        received=[],
        state=State({}, {AAA: "planned 0/10"}),
        rerun=Rerun(
            0, received=[f"POST {AAA}"], state=State({}, {AAA: "accepted 0/10"}), mend=lambda: entries(lab, "on")
        ),
    )
