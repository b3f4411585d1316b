"""I11: a run that died anywhere is finished by the same command, to the same end as the undisturbed run.

The run is killed before and after every request and around every commit, then started again. What the
exchange and the state DB then say must be what they say after a run that nobody disturbed.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from live.sim.faults import RequestFault
from tests.cli.done import Done
from tests.cli.lab import Lab, make_lab
from tests.faults.ending import Rerun, State, fault_ends
from tests.live.sim.market import QUIET, bars, quiet_bars, session
from tests.proofs.dying import Killed, dying_at_commit, dying_at_request

ENTRY = "20260105_AAA_entry_buy"
BEFORE_AND_AFTER = [pytest.param(False, id="before", marks=pytest.mark.slow), pytest.param(True, id="after")]
"""Killed just before a step is nearly as killed just after the one before it."""


@pytest.fixture(scope="module")
def mornings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Lab]:
    """AAA and BBB are held; AAA is to be sold, CCC and DDD to be bought. By the phase that comes next."""
    folder = tmp_path_factory.mktemp("mornings")
    settings = ["strategy.max_positions=3", "execution.max_workers=1"]
    lab = make_lab(folder / "a", settings=settings, in_file=True).hold("AAA", "BBB")
    lab.go(0, "16:30").issue(1, buy=["CCC", "DDD"], sell=["AAA"])
    lab.go(1, "09:20").market.exchange.close()
    placed = lab.copy_to(folder / "b")
    assert placed.run("place").code == 0
    placed.go(1, "09:31").market.exchange.close()
    return {"place": lab, "poll": placed}


def the_end(lab: Lab) -> dict[str, Any]:
    """Return everything that must not depend on how often the run died."""
    with lab.db() as db:
        book = [
            (p.ticker, p.actual_shares, p.entry_price, p.stop_price, p.status, p.exit_price, p.exit_reason, p.pnl)
            for p in db.positions.ledger()
        ]
    orders = lab.market.get("/v2/orders", status="all", limit="500", direction="asc")
    filled = sorted((o["client_order_id"], o["filled_qty"]) for o in orders if o["type"] == "market")
    return {"book": book, "filled": filled, "stops": lab.stops(), "agrees": lab.agrees()}


@pytest.fixture(scope="module")
def undisturbed(mornings: dict[str, Lab], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    lab = mornings["poll"].copy_to(tmp_path_factory.mktemp("undisturbed") / "c")
    assert lab.run("poll").code == 0
    return the_end(lab)


@pytest.mark.parametrize("carried_out", BEFORE_AND_AFTER)
@pytest.mark.parametrize("phase", ["place", "poll"])
def test_a_run_killed_at_any_request_is_finished_by_the_same_command(
    tmp_path: Path, mornings: dict[str, Lab], undisturbed: dict[str, Any], phase: str, carried_out: bool
) -> None:
    """F67"""
    for number in range(100):
        lab = mornings[phase].copy_to(tmp_path / str(number))
        with dying_at_request(lab.market.exchange, number, carried_out=carried_out) as points:
            with suppress(Killed):
                lab.run(phase)
        if not points.has_died:
            assert number > 5
            return
        again = lab.run(phase)
        assert again.code == 0, (number, again.stderr)
        if phase == "place":
            assert lab.go(1, "09:31").run("poll").code == 0, number
        assert the_end(lab) == undisturbed, number
    pytest.fail("the run has more requests than were tried")


@pytest.mark.parametrize("committed", BEFORE_AND_AFTER)
@pytest.mark.parametrize("phase", ["place", "poll"])
def test_a_run_killed_at_any_commit_is_finished_by_the_same_command(
    tmp_path: Path, mornings: dict[str, Lab], undisturbed: dict[str, Any], phase: str, committed: bool
) -> None:
    """F67"""
    for number in range(100):
        lab = mornings[phase].copy_to(tmp_path / str(number))
        with dying_at_commit(number, committed=committed) as points:
            with suppress(Killed):
                lab.run(phase)
        if not points.has_died:
            assert number > 5
            return
        again = lab.run(phase)
        assert again.code == 0, (number, again.stderr)
        if phase == "place":
            assert lab.go(1, "09:31").run("poll").code == 0, number
        assert the_end(lab) == undisturbed, number
    pytest.fail("the run has more commits than were tried")


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


def test_f122_the_next_run_ends_a_killed_one_and_says_which_of_its_orders_arrived(
    tmp_path: Path, mornings: dict[str, Lab]
) -> None:
    lab = mornings["place"].copy_to(tmp_path / "lab")
    kill_at(lab, "POST", "place")
    sale = f"{session(1):%Y%m%d}_AAA_exit_sell"
    buys = [f"{session(1):%Y%m%d}_{ticker}_entry_buy" for ticker in ("CCC", "DDD")]
    again = fault_ends(
        "F67 F122",
        lab,
        lambda: lab.run("place"),
        exit_code=0,
        last_line="",
        received=[f"POST {one}" for one in buys],
        state=State(
            dict.fromkeys(("AAA", "BBB"), "10 at 100.00, stop 90.00"),
            {sale: "accepted 0/10"} | dict.fromkeys(buys, "accepted 0/10"),
        ),
        rerun=Rerun(0),
    )
    (line,) = lines_about_killed_runs(again)
    assert line == (
        f"executor place, started {session(1)} 09:20 New York, was killed; its row is ended as abandoned; "
        f"orders adopted: {sale}; stops placed again: none"
    )
    with lab.db() as db:
        *_, killed = db.runs.last(3)
        assert (killed.exit_code, killed.last_line, killed.finished_at is None) == (None, "abandoned", False)
        (event,) = (event for event in db.events.newest(kind="run") if event.type == "abandoned")
        assert (event.corr_id, event.payload["adopted"]) == (killed.run_id, [sale])
    assert lines_about_killed_runs(lab.run("place")) == []


def test_f122_protect_says_which_stops_it_placed_again_for_a_killed_run(
    tmp_path: Path, mornings: dict[str, Lab]
) -> None:
    lab = mornings["place"].copy_to(tmp_path / "lab")
    kill_at(lab, "DELETE", "place")
    assert set(lab.stops()) == {"BBB"}
    again = lab.run("protect")
    assert again.code == 0
    (line,) = lines_about_killed_runs(again)
    assert line.endswith("orders adopted: none; stops placed again: AAA")
    assert set(lab.stops()) == {"AAA", "BBB"}
    assert lab.agrees()
    assert lab.run("protect").code == 0


def test_f122_an_order_of_a_killed_run_that_never_arrived_is_said_and_sent_once(
    tmp_path: Path, mornings: dict[str, Lab]
) -> None:
    lab = mornings["place"].copy_to(tmp_path / "lab")

    def act(request: object, proceed: Callable[[], Any]) -> Any:
        raise Killed

    lab.break_requests(RequestFault("POST", ".*/orders.*", act))
    with pytest.raises(Killed):
        lab.run("place")
    lab.mend()
    again = lab.run("place")
    assert again.code == 0
    sale = f"{session(1):%Y%m%d}_AAA_exit_sell"
    (line,) = lines_about_killed_runs(again)
    assert f"orders adopted: none; never arrived: {sale}; " in line
    assert [write for write in lab.writes if sale in write] == [f"POST {sale}"]


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
