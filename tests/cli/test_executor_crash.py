"""I11: a run that died anywhere is finished by the same command, to the same end as the undisturbed run.

The run is killed before and after every request and around every commit, then started again. What the
exchange and the state DB then say must be what they say after a run that nobody disturbed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from live.sim.faults import RequestFault
from live.state_db.connection import Connection
from tests.cli.lab import Lab, make_lab


class Killed(BaseException):
    """The process is gone."""


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


def die_at_request(lab: Lab, number: int, *, carried_out: bool) -> Callable[[], bool]:
    """Kill the run at its n-th request (from 0); the returned question tells whether that happened."""
    died = []

    def act(request: object, proceed: Callable[[], Any]) -> Any:
        if carried_out:
            proceed()
        died.append(True)
        raise Killed

    lab.break_requests(RequestFault("*", ".*", act, skip=number))
    return lambda: bool(died)


@contextmanager
def dying_at_commit(number: int, *, committed: bool) -> Iterator[list[bool]]:
    """Kill the run at its n-th outermost commit, just before or just after it."""
    real, seen, died = Connection.transaction, [0], []

    @contextmanager
    def transaction(self: Connection) -> Iterator[None]:
        with real(self):
            yield
            outermost = self._depth == 1
            if outermost:
                seen[0] += 1
            if outermost and seen[0] == number + 1 and not committed:
                died.append(True)
                raise Killed
        if outermost and seen[0] == number + 1 and committed:
            died.append(True)
            raise Killed

    Connection.transaction = transaction  # type: ignore[method-assign]
    try:
        yield died
    finally:
        Connection.transaction = real  # type: ignore[method-assign]


@pytest.mark.parametrize("carried_out", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("phase", ["place", "poll"])
def test_a_run_killed_at_any_request_is_finished_by_the_same_command(
    tmp_path: Path, mornings: dict[str, Lab], undisturbed: dict[str, Any], phase: str, carried_out: bool
) -> None:
    """F67"""
    for number in range(100):
        lab = mornings[phase].copy_to(tmp_path / str(number))
        died = die_at_request(lab, number, carried_out=carried_out)
        with suppress(Killed):
            lab.run(phase)
        if not died():
            assert number > 5
            return
        lab.mend()
        again = lab.run(phase)
        assert again.code == 0, (number, again.stderr)
        if phase == "place":
            assert lab.go(1, "09:31").run("poll").code == 0, number
        assert the_end(lab) == undisturbed, number
    pytest.fail("the run has more requests than were tried")


@pytest.mark.parametrize("committed", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("phase", ["place", "poll"])
def test_a_run_killed_at_any_commit_is_finished_by_the_same_command(
    tmp_path: Path, mornings: dict[str, Lab], undisturbed: dict[str, Any], phase: str, committed: bool
) -> None:
    """F67"""
    for number in range(100):
        lab = mornings[phase].copy_to(tmp_path / str(number))
        with dying_at_commit(number, committed=committed) as died:
            with suppress(Killed):
                lab.run(phase)
        if not died:
            assert number > 5
            return
        again = lab.run(phase)
        assert again.code == 0, (number, again.stderr)
        if phase == "place":
            assert lab.go(1, "09:31").run("poll").code == 0, number
        assert the_end(lab) == undisturbed, number
    pytest.fail("the run has more commits than were tried")
