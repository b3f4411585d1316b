"""F122: what the run after a killed one says; that all ends as if nothing had happened: `tests/proofs/crash/`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from live.sim.faults import RequestFault
from tests.cli.done import Done
from tests.cli.lab import Lab, make_lab
from tests.faults.ending import Rerun, State, fault_ends
from tests.live.sim.market import QUIET, bars, quiet_bars, session
from tests.proofs.dying import Killed

ENTRY = "20260105_AAA_entry_buy"


SALE, BUYS = "20260106_AAA_exit_sell", ("20260106_CCC_entry_buy", "20260106_DDD_entry_buy")
HELD = dict.fromkeys(("AAA", "BBB"), "10 at 100.00, stop 90.00")


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """AAA and BBB are held; AAA is to be sold, CCC and DDD to be bought."""
    settings = ["strategy.max_positions=3", "execution.max_workers=1"]
    lab = make_lab(tmp_path_factory.mktemp("morning"), settings=settings, in_file=True).hold("AAA", "BBB")
    lab.go(0, "16:30").issue(1, buy=["CCC", "DDD"], sell=["AAA"])
    lab.go(1, "09:20").market.exchange.close()
    return lab


def kill_at(lab: Lab, method: str, phase: str) -> None:
    """Start a run and kill it right after its first such request was carried out."""

    def act(request: object, proceed: Callable[[], Any]) -> Any:
        proceed()
        raise Killed

    lab.break_requests(RequestFault(method, ".*/orders.*", act))
    with pytest.raises(Killed):
        lab.run(phase)
    lab.mend()


def lines_about_killed_runs(done: Done) -> list[str]:
    return [line for line in done.stdout.splitlines() if "was killed" in line]


def test_f122_the_next_run_ends_a_killed_one_and_says_which_of_its_orders_arrived(tmp_path: Path, morning: Lab) -> None:
    lab = morning.copy_to(tmp_path / "lab")
    kill_at(lab, "POST", "place")
    again = fault_ends(
        "F67 F122",
        lab,
        lambda: lab.run("place"),
        exit_code=0,
        last_line="",
        received=[f"POST {one}" for one in BUYS],
        state=State(HELD, dict.fromkeys((SALE, *BUYS), "accepted 0/10")),
        rerun=Rerun(0),
    )
    (line,) = lines_about_killed_runs(again)
    assert line == (
        f"executor place, started {session(1)} 09:20 New York, was killed; its row is ended as abandoned; "
        f"orders adopted: {SALE}; stops placed again: none"
    )
    with lab.look() as db:
        *_, killed = db.runs.last(3)
        assert (killed.exit_code, killed.last_line, killed.finished_at is None) == (None, "abandoned", False)
        (event,) = (event for event in db.events.newest(kind="run") if event.type == "abandoned")
        assert (event.corr_id, event.payload["adopted"]) == (killed.run_id, [SALE])
    assert lines_about_killed_runs(lab.run("place")) == []


def test_f122_protect_says_which_stops_it_placed_again_for_a_killed_run(tmp_path: Path, morning: Lab) -> None:
    lab = morning.copy_to(tmp_path / "lab")
    kill_at(lab, "DELETE", "place")
    assert set(lab.stops()) == {"BBB"}
    again = fault_ends(
        "F67 F122",
        lab,
        lambda: lab.run("protect"),
        exit_code=0,
        last_line="",
        received=["POST 20260105_AAA_stop_sell_2"],
        state=State(HELD, dict.fromkeys((SALE, *BUYS), "planned 0/10")),
        rerun=Rerun(0),
    )
    (line,) = lines_about_killed_runs(again)
    assert line.endswith("orders adopted: none; stops placed again: AAA")


def test_f122_an_order_of_a_killed_run_that_never_arrived_is_said_and_sent_once(tmp_path: Path, morning: Lab) -> None:
    lab = morning.copy_to(tmp_path / "lab")

    def act(request: object, proceed: Callable[[], Any]) -> Any:
        raise Killed

    lab.break_requests(RequestFault("POST", ".*/orders.*", act))
    with pytest.raises(Killed):
        lab.run("place")
    lab.mend()
    again = fault_ends(
        "F67 F122",
        lab,
        lambda: lab.run("place"),
        exit_code=0,
        last_line="",
        received=[f"POST {one}" for one in (SALE, *BUYS)],
        state=State(HELD, dict.fromkeys((SALE, *BUYS), "accepted 0/10")),
        rerun=Rerun(0),
    )
    (line,) = lines_about_killed_runs(again)
    assert f"orders adopted: none; never arrived: {SALE}; " in line


@pytest.mark.parametrize(("limit", "reason"), [(None, "no_price_data"), ("99.99", "above_limit")])
def test_why_an_entry_bought_nothing_is_known_though_the_run_that_canceled_it_was_killed(
    tmp_path: Path, limit: str | None, reason: str
) -> None:
    """F22, F67"""
    halted = bars("AAA", [QUIET, None, None]) if limit is None else quiet_bars("AAA")
    lab = make_lab(tmp_path, halted, quiet_bars("BBB"))
    lab.issue(0, buy=["AAA"], limit=limit)
    assert lab.go(0, "09:20").run("place").code == 0
    lab.go(0, "09:31")
    kill_at(lab, "DELETE", "poll")
    assert lab.order(ENTRY).reject_reason is None
    lab.run("poll")
    assert lab.order(ENTRY).reject_reason == reason
    assert lab.run("poll").code == 0
    assert lab.agrees()


def test_an_entry_that_a_person_canceled_before_the_open_gets_no_reason_of_the_market(tmp_path: Path) -> None:
    lab = make_lab(tmp_path)
    lab.issue(0, buy=["AAA"])
    assert lab.go(0, "09:20").run("place").code == 0
    (order,) = (one for one in lab.market.get("/v2/orders", status="open") if one["side"] == "buy")
    lab.market.cancel(order)
    done = lab.go(0, "09:31").run("poll")
    assert (done.code, lab.order(ENTRY).reject_reason) == (9, None)
    assert "AAA: not bought (canceled)" in done.last_line


def test_f67_a_poll_killed_after_it_exchanged_a_stop_is_finished_by_the_same_command(
    tmp_path: Path, morning: Lab
) -> None:
    lab = morning.copy_to(tmp_path / "lab")
    assert lab.run("place").code == 0
    kill_at(lab.go(1, "09:31"), "PATCH", "poll")
    ten = "10 at 100.00, stop 90.00"
    fault_ends(
        "F67 F122",
        lab,
        lambda: lab.run("poll"),
        exit_code=0,
        last_line="",
        received=["PATCH 20260106_DDD_stop_sell"],
        state=State(
            dict.fromkeys(("BBB", "CCC", "DDD"), ten),
            dict.fromkeys(BUYS, "filled 10/10"),
            {"AAA": "10 trend_break at 100.00"},
        ),
        rerun=Rerun(0),
    )
    assert lab.agrees()


def test_f122_what_a_killed_poll_did_not_buy_is_said_by_the_next_one(tmp_path: Path) -> None:
    lab = make_lab(tmp_path, bars("AAA", [QUIET, None, None]))
    lab.issue(1, buy=["AAA"], limit="101.00")
    assert lab.go(1, "09:20").run("place").code == 0

    def kill(request: object, proceed: Callable[[], Any]) -> Any:
        raise Killed

    lab.go(1, "09:31").break_requests(RequestFault("GET", ".*/trades/latest.*", kill))
    with pytest.raises(Killed):
        lab.run("poll")  # AAA is canceled by then
    lab.mend()
    fault_ends(
        "F122",
        lab,
        lambda: lab.run("poll"),
        exit_code=9,
        last_line="error[9] AAA: not bought (no_price_data). Nothing to do: the entry is over.",
        received=[],
        state=State({}, {"20260106_AAA_entry_buy": "canceled 0/10"}),
        rerun=Rerun(0),
    )
