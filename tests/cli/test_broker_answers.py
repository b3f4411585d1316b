"""Answers of impossible shape: as unreadable, never a bug, never unbounded work (F120)."""

from __future__ import annotations

import copy
import json
import os
import signal
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from live.brokers.sim import open_exchange
from live.run.runtime import Runtime
from live.sim.faults import RequestFault, SimAnswer, SimRequest
from tests.cli.lab import Lab, make_lab
from tests.fault_actions import answer, call_then, change_answer
from tests.faults.ending import UNCHANGED, Rerun, State, begins, fault_ends
from tests.live.sim.market import at

PATHS = ("/v2/account", "/v2/positions", "/v2/clock", "/v2/calendar", "/v2/orders", "/v2/orders/.*")
IMPOSSIBLE: tuple[Any, ...] = (
    5,
    -1,
    "",
    [],
    {},
    True,
    "\ud800",
    "\x00",
    "9" * 4000,
    "1e-999999",
    "nan",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59-05:00",
    "9999-12-31",
    "24:61",
)
UNDEFINED = 1
THE_DAY = [
    "DELETE 20260105_AAA_stop_sell",
    "POST 20260106_AAA_exit_sell",
    "POST 20260106_BBB_entry_buy",
    "PATCH 20260106_BBB_stop_sell",
]


@pytest.fixture(scope="module")
def held_before(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    lab = make_lab(tmp_path_factory.mktemp("held"))
    lab.hold("AAA")
    lab.go(1, "09:00").issue(1, sell=["AAA"], buy=["BBB"])
    return lab.go(1, "09:31")


@pytest.fixture
def held(held_before: Lab, tmp_path: Path) -> Lab:
    """A position with its stop, and something to sell and to buy."""
    return held_before.copy_to(tmp_path)


def with_one_field_changed(content: Any) -> Iterator[tuple[str, Callable[[Any], Any]]]:
    """Yield every field of an object, or of the first object of a list, with what changes it."""
    row = content[0] if isinstance(content, list) and content else content
    for name in row if isinstance(row, dict) else ():
        for value in IMPOSSIBLE:

            def change(found: Any, name: str = name, value: Any = value) -> Any:
                found = copy.deepcopy(found)
                for one in found if isinstance(found, list) else [found]:
                    if isinstance(one, dict) and name in one:
                        one[name] = value
                return found

            yield f"{name}={value!r:.40}", change


def answer_of(lab: Lab, path: str) -> Any:
    if path == "/v2/orders/.*":
        return lab.market.get("/v2/orders", status="all")[0]
    query = {"status": "all", "nested": "true"} if path == "/v2/orders" else {}
    if path == "/v2/calendar":
        query = {"start": "2026-01-05", "end": "2026-01-09"}
    return lab.market.get(path, **query)


@pytest.mark.slow
@pytest.mark.parametrize("path", PATHS)
def test_f120_no_field_of_an_answer_makes_a_bug(held: Lab, path: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    bugs = []
    for name, change in with_one_field_changed(answer_of(held, path)):
        held.break_requests(RequestFault("GET", path, change_answer(change), times=None))
        done = held.run("place", "--dry-run")
        held.mend()
        if done.code == UNDEFINED:
            bugs.append((name, done.last_line))
    assert bugs == []


ANSWERS = {
    "legs that are a number": ("/v2/orders", lambda rows: [row | {"legs": 5} for row in rows], 8),
    "a clock in the year 1": ("/v2/clock", lambda clock: clock | {"timestamp": "0001-01-01T00:00:00Z"}, 9),
    "a clock in the year 9999": ("/v2/clock", lambda clock: clock | {"next_close": "9999-12-31T23:59:59-14:00"}, 9),
    "a calendar day in 9999": ("/v2/calendar", lambda days: [*days, days[0] | {"date": "9999-12-31"}], 8),
    "a lone surrogate": ("/v2/positions", lambda rows: [row | {"symbol": "A\ud800"} for row in rows], 8),
    "a number of thousands of digits": ("/v2/account", lambda row: row | {"equity": "9" * 4000}, 8),
    "a number nearly nothing": ("/v2/account", lambda row: row | {"cash": "1e-99999999"}, 8),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_f120_an_answer_of_impossible_shape_is_as_good_as_none(held: Lab, name: str) -> None:
    path, change, code = ANSWERS[name]
    held.break_requests(RequestFault("GET", path, change_answer(change), times=None))
    done = fault_ends(
        "F120",
        held,
        lambda: held.run("protect"),
        exit_code=9 if "clock" in name else 8,
        last_line=begins(f"error[{code}] "),
        received=[],
        state=State({"AAA": "10 at 100.00, stop 90.00"}),
        rerun=Rerun(
            0,
            received=THE_DAY,
            state=State({"BBB": "10 at 100.00, stop 90.00"}, closed={"AAA": "10 trend_break at 100.00"}),
            mend=held.mend,
            run=lambda: held.run("poll"),
        ),
    )
    assert code != 9 or "the broker's clock could not be read" in done.stdout


def many_positions(count: int) -> Callable[[Any], Any]:
    def change(rows: Any) -> Any:
        named = (f"Z{number:05}"[:6] for number in range(count))
        return [*rows, *(rows[0] | {"symbol": name, "asset_id": f"asset-{name}", "qty": "1"} for name in named)]

    return change


@pytest.mark.parametrize("count", [2_000, pytest.param(20_000, marks=pytest.mark.slow)])
def test_f120_thousands_of_holdings_are_bounded_work_and_one_short_line(held: Lab, count: int) -> None:
    held.break_requests(RequestFault("GET", "/v2/positions", change_answer(many_positions(count)), times=None))
    done = fault_ends(
        "F120",
        held,
        lambda: held.run("place"),
        exit_code=4,
        last_line=begins("error[4] Z00000: broker holds 1 shares that are not ours. ", "live.admin reconcile"),
        received=[],
        state=State({"AAA": "10 at 100.00, stop 90.00"}),
        rerun=Rerun(
            0,
            received=THE_DAY,
            state=State({"BBB": "10 at 100.00, stop 90.00"}, closed={"AAA": "10 trend_break at 100.00"}),
            mend=held.mend,
        ),
    )
    assert len(done.last_line) < 1_000
    assert all(len(line) < 1_000 for line in done.stdout.splitlines() if line.startswith("needs a hand"))


def test_a_signal_among_many_differences_ends_the_run_in_order(held: Lab) -> None:
    def stop_then_list(request: SimRequest, proceed: Callable[[], SimAnswer]) -> SimAnswer:
        os.kill(os.getpid(), signal.SIGTERM)
        return change_answer(many_positions(2_000))(request, proceed)

    held.break_requests(RequestFault("GET", "/v2/positions", stop_then_list, times=1))
    done = held.run("poll")
    assert done.code in (4, 9)
    assert held.writes == []


@pytest.mark.parametrize(("status", "message", "code"), [(403, "invalid api key", 6), (422, "account is closed", 11)])
def test_f119_an_account_that_is_refused_ends_every_program_with_6_or_11(
    held: Lab, status: int, message: str, code: int
) -> None:
    def refuse(request: SimRequest, proceed: Callable[[], SimAnswer]) -> SimAnswer:
        return SimAnswer(status, json.dumps({"code": 40310000, "message": message}).encode())

    held.break_requests(RequestFault("GET", "/v2/account", refuse, times=None))
    words = message if code == 11 else "refuses the keys"
    for phase in ("place", "protect"):
        fault_ends(
            "F119",
            held,
            lambda phase=phase: held.run(phase),
            exit_code=11 if status == 422 else 6,
            last_line=begins(f"error[{code}] ", words),
            received=[],
            state=UNCHANGED,
            rerun=Rerun(11 if status == 422 else 6, begins(f"error[{code}] ", words)),
        )


def test_f119_another_read_that_is_refused_is_8(held: Lab) -> None:
    refusal = answer(422, {"code": 42210000, "message": "no"})
    held.break_requests(RequestFault("GET", "/v2/positions", refusal, times=None))
    fault_ends(
        "F119",
        held,
        lambda: held.run("protect"),
        exit_code=8,
        last_line="error[8] the broker refuses /v2/positions (422): no. Nothing is lost; run again later.",
        received=[],
        state=UNCHANGED,
        rerun=Rerun(0, mend=held.mend),
    )


def slow(lab: Lab, per_minute: int) -> Runtime:
    """The same exchange behind a client that may ask it so often only."""
    return Runtime(open_exchange(lab.market.exchange, per_minute=per_minute))


def test_f68_a_signal_in_the_pause_of_a_read_ends_the_run_at_once(held: Lab) -> None:
    down = call_then(lambda: os.kill(os.getpid(), signal.SIGTERM), answer(503))
    held.break_requests(
        RequestFault("GET", "/v2/positions", down, times=1),
        RequestFault("GET", "/v2/positions", answer(503), times=None),
    )
    began = held.market.exchange.now()

    def mend() -> None:
        assert held.market.exchange.now() - began < timedelta(seconds=3)
        held.mend()

    fault_ends(
        "F68",
        held,
        lambda: held.run("poll"),
        exit_code=9,
        last_line="error[9] the run was interrupted (SIGTERM). Run the same command again.",
        received=[],
        state=State({"AAA": "10 at 100.00, stop 90.00"}),
        rerun=Rerun(
            0,
            received=THE_DAY,
            state=State({"BBB": "10 at 100.00, stop 90.00"}, closed={"AAA": "10 trend_break at 100.00"}),
            mend=mend,
        ),
    )
    assert held.agrees()


def test_i22_reads_that_wait_for_their_turn_end_with_a_signal_and_after_fifteen_minutes(held: Lab) -> None:
    began = held.market.exchange.now()
    held.break_requests(RequestFault("GET", "/v2/orders", call_then(lambda: os.kill(os.getpid(), signal.SIGTERM))))
    done = held.run("poll", runtime=slow(held, 3))
    assert (done.code, held.writes, "interrupted (SIGTERM)" in done.last_line) == (9, [], True), done.stderr
    assert held.market.exchange.now() - began < timedelta(minutes=2)
    held.mend()
    done = held.run("protect", runtime=slow(held, 1))
    assert done.code == 0, done.stderr
    held.go(1, "10:00")
    done = held.run("all", "--skip-time-check", runtime=slow(held, 1))
    assert (done.code, "longer than 15 minutes" in done.last_line) == (9, True), done.stderr
    assert held.market.exchange.now() - at(1, "10:00") < timedelta(minutes=30)
    assert held.run("poll").code in (0, 9)
    assert held.agrees()
