"""An unrelated failure never costs a stop: what agrees is protected first, whatever else is unclear."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from live.sim.faults import RequestFault
from tests.cli.lab import Lab, make_lab
from tests.fault_actions import answer, call_then, change_answer
from tests.faults.ending import Rerun, State, begins, fault_ends

FILLS = "/v2/account/activities/FILL"
EVENTS = "/v2/account/activities"
STOPS = ["POST 20260105_BBB_stop_sell_2", "POST 20260105_CCC_stop_sell_2"]
HELD = dict.fromkeys(("AAA", "BBB", "CCC"), "10 at 100.00, stop 90.00")
AGREED = dict.fromkeys(("BBB", "CCC"), "10 at 100.00, stop 90.00")


@pytest.fixture(scope="module")
def split_hands_before(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    lab = make_lab(tmp_path_factory.mktemp("split"), settings=["execution.poll_timeout_s=10"]).hold("AAA", "BBB", "CCC")
    lab.go(0, "11:00")
    for order in lab.market.get("/v2/orders", status="open"):
        lab.market.cancel(order)
    lab.market.sell(symbol="AAA")
    lab.issue(1)
    return lab.go(1, "09:31")


@pytest.fixture
def split_hands(split_hands_before: Lab, tmp_path: Path) -> Lab:
    """AAA, BBB and CCC are held; AAA was sold by hand since, and the stops of BBB and CCC were canceled by hand."""
    return split_hands_before.copy_to(tmp_path)


def unreadable_row(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, "price": "much"} for row in rows]


@pytest.mark.parametrize("phase", ["protect", "poll"])
@pytest.mark.parametrize("path", [FILLS, EVENTS])
def test_f111_evidence_that_cannot_be_read_costs_no_stop(split_hands: Lab, phase: str, path: str) -> None:
    lab = split_hands
    lab.break_requests(RequestFault("GET", path, answer(503), times=None))
    if path == EVENTS:  # another source explains the difference: nothing is missing
        done = lab.run(phase)
        assert done.code == 0, done.stderr
        assert lab.writes == STOPS
        return
    fault_ends(
        "F111",
        lab,
        lambda: lab.run(phase),
        exit_code=4,
        last_line=begins("error[4] AAA: state DB has 10 shares, broker none, and no fill explains it"),
        received=STOPS,
        state=State(HELD),
        rerun=Rerun(0, state=State(AGREED, closed={"AAA": "10 manual at 98.67"}), mend=lab.mend),
    )


def test_f111_one_unreadable_row_costs_no_stop_and_both_endings_are_reported(split_hands: Lab) -> None:
    lab = split_hands
    lab.break_requests(RequestFault("GET", FILLS, change_answer(unreadable_row), times=None))
    done = fault_ends(
        "F111",
        lab,
        lambda: lab.run("protect", "--json"),
        exit_code=4,
        last_line=begins("error[4] AAA: state DB has 10 shares, broker none, and no fill explains it"),
        received=STOPS,
        state=State(HELD),
        rerun=Rerun(0, state=State(AGREED, closed={"AAA": "10 manual at 98.67"}), mend=lab.mend),
    )
    assert [ending["code"] for ending in done.json["endings"]] == [4, 8]
    assert set(lab.stops()) == {"BBB", "CCC"}


def test_f111_what_agrees_has_its_stops_before_anything_is_asked_about_the_rest(split_hands: Lab) -> None:
    lab = split_hands
    protected: list[set[str]] = []
    lab.break_requests(RequestFault("GET", FILLS, call_then(lambda: protected.append(set(lab.stops())))))
    fault_ends(
        "F111",
        lab,
        lambda: lab.run("protect"),
        exit_code=0,
        last_line="",
        received=STOPS,
        state=State(AGREED, closed={"AAA": "10 manual at 98.67"}),
        rerun=Rerun(0),
    )
    assert protected == [{"BBB", "CCC"}]


def test_f111_a_difference_that_cannot_be_looked_at_again_is_named_beside_a_naked_share(split_hands: Lab) -> None:
    """BBB's stop is refused, then the keys are: the run ends with BBB, and what it saw of AAA is not lost."""
    lab = split_hands
    refusal = answer(403, {"code": 40310000, "message": "no"})
    lab.break_requests(
        RequestFault("POST", "/v2/orders", refusal, when=lambda r: r.json()["symbol"] == "BBB", times=None),
        RequestFault("GET", "/v2/positions", answer(403), skip=1, times=None),
    )
    done = fault_ends(
        "F111",
        lab,
        lambda: lab.run("protect"),
        exit_code=12,
        last_line=begins("error[12] no live stop could be placed for BBB; kill switch on. "),
        received=[*STOPS, "POST 20260105_BBB_stop_sell_3", "POST 20260105_BBB_stop_sell_4"],
        state=State(HELD, kill_switch=True),
        rerun=Rerun(
            0,
            received=["POST 20260105_BBB_stop_sell_5"],
            state=State(AGREED, closed={"AAA": "10 manual at 98.67"}, kill_switch=True),
            mend=lab.mend,
        ),
    )
    assert "needs a hand: BBB: 10 shares without a stop; AAA: state DB has 10 shares, broker none" in done.stdout
    assert "next step:    Place the stop or sell by hand, then: python -m live.admin kill-switch off" in done.stdout


def test_f111_an_order_that_cannot_be_read_costs_no_stop_of_another_ticker(tmp_path: Path) -> None:
    """A leg that the broker lists nowhere is read by its id; that its reading fails is AAA's trouble alone."""
    lab = make_lab(tmp_path).hold("AAA", "BBB")
    legs = {order["symbol"]: order for order in lab.market.get("/v2/orders", status="open")}
    lab.market.cancel(legs["BBB"])

    def without(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**row, "legs": None} for row in rows if row["id"] != legs["AAA"]["id"]]

    lab.break_requests(
        RequestFault("GET", "/v2/orders", change_answer(without), times=None),
        RequestFault("GET", f"/v2/orders/{legs['AAA']['id']}", answer(503), times=None),
    )
    lab.go(0, "15:45")
    fault_ends(
        "F111",
        lab,
        lambda: lab.run("protect"),
        exit_code=8,
        last_line=begins("error[8] GET /v2/orders/", " failed: HTTP 503", "run the same command again in a minute."),
        received=["POST 20260105_BBB_stop_sell_2"],
        state=State(dict.fromkeys(("AAA", "BBB"), "10 at 100.00, stop 90.00")),
        rerun=Rerun(0, mend=lab.mend),
    )


def test_f111_a_dry_run_protects_nothing_meanwhile(split_hands: Lab) -> None:
    lab = split_hands
    lab.break_requests(RequestFault("GET", FILLS, answer(503), times=None))
    assert lab.run("protect", "--dry-run").code == 4
    assert lab.writes == []
