"""`status --check`: what is wrong, and which exit code counts first."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from backtest.sessions import Sessions
from live.inspect.status_check import day_of, last_closed_session, problems_of
from live.state_db.outbox import OutboxState
from live.state_db.records import KillSwitch
from tests.live.inspect.builders import TODAY, line, run_row, status

YESTERDAY = date(2026, 2, 17)
GOOD = {"executor": run_row("executor"), "signal_generator": run_row("signal_generator")}
NAKED = {"lines": (line("AAA", covered=0), line("BBB"))}
ON = {"kill_switch": KillSwitch(on=True, why="news", who="me")}
UNSENT = {"notifier": OutboxState(2, None, "refused", None, has_failed=True)}


def codes(changes: dict[str, Any], *, session: date = TODAY) -> list[int]:
    return [one.code for one in problems_of(status(**changes), GOOD, session)]


def test_nothing_is_wrong() -> None:
    assert codes({}) == []


@pytest.mark.parametrize(
    ("changes", "session", "code"),
    [
        (NAKED, TODAY, 12),
        (ON, TODAY, 3),
        ({}, date(2026, 2, 19), 8),
        (UNSENT, TODAY, 9),
        ({"needs_hand": ("AAA: 10 here, 12 there",)}, TODAY, 9),
    ],
)
def test_each_has_its_code(changes: dict[str, Any], session: date, code: int) -> None:
    assert codes(changes, session=session) == [code]


def test_the_first_that_applies_comes_first_and_the_others_are_kept() -> None:
    assert codes(NAKED | ON | UNSENT, session=date(2026, 2, 19)) == [12, 3, 8, 9]


def test_a_part_of_the_shares_without_a_stop_is_unprotected() -> None:
    (problem,) = problems_of(status(lines=(line("AAA", covered=70),)), GOOD, TODAY)
    assert (problem.code, problem.what) == (12, "AAA: 1 shares without a live stop")


@pytest.mark.parametrize("program", ["executor", "signal_generator"])
def test_each_program_must_have_run_since_the_last_session_that_closed(program: str) -> None:
    (problem,) = problems_of(status(), GOOD | {program: run_row(program, YESTERDAY)}, TODAY)
    assert problem.code == 8
    assert f"the last good run of {program} began 2026-02-17 09:31" in problem.what
    assert "the session of 2026-02-18 has closed since" in problem.what
    (problem,) = problems_of(status(), GOOD | {program: None}, TODAY)
    assert f"{program} has no good run on record" in problem.what


def test_an_evening_run_counts_for_the_session_it_decides() -> None:
    assert day_of(run_row("signal_generator", YESTERDAY, trade_date=TODAY)) == TODAY
    assert day_of(run_row("executor", TODAY, trade_date=YESTERDAY)) == TODAY


@pytest.mark.parametrize(
    ("now", "session"),
    [
        (datetime(2026, 2, 18, 20, 59, tzinfo=UTC), YESTERDAY),
        (datetime(2026, 2, 18, 21, 0, tzinfo=UTC), TODAY),
        (datetime(2026, 2, 21, 12, 0, tzinfo=UTC), date(2026, 2, 19)),
        (datetime(2026, 2, 19, 18, 0, tzinfo=UTC), date(2026, 2, 19)),
    ],
)
def test_a_session_counts_once_it_has_closed(now: datetime, session: date) -> None:
    """The 19th is a half day; the 20th a holiday."""
    days = [YESTERDAY, TODAY, date(2026, 2, 19), date(2026, 2, 23)]
    half = {date(2026, 2, 19): (time(9, 30), time(13, 0))}
    assert last_closed_session(Sessions(days, half), now) == session
