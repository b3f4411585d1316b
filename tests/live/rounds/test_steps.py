"""When the steps of a session are due, and when it is too late for one."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from live.clock import NEW_YORK
from live.rounds.steps import NEXT_IS_DUE, Step, steps_of, why_missed
from tests.live.test_timetable import session

DAY, NEXT = date(2026, 3, 3), date(2026, 3, 4)


def steps(protect_every: int | None = None, closes: str = "16:00") -> tuple[Step, ...]:
    return steps_of(session(DAY, closes=closes), session(NEXT), cutoff_minutes=5, protect_every=protect_every)


def at(clock: str, day: date = DAY) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), NEW_YORK)


def run_at(clock: str, day: date = DAY, protect_every: int | None = None) -> tuple[list[str], list[str]]:
    """Return what is run at once and what is missed by a day that wakes now."""
    now = at(clock, day)
    every = steps(protect_every)
    due = [(step, why_missed(step, every[index + 1 :], now)) for index, step in enumerate(every) if step.at <= now]
    return [one.text for one, why in due if why is None], [f"{one.text}: {why}" for one, why in due if why]


def test_the_steps_are_the_timetables() -> None:
    assert [one.text for one in steps()] == [
        "generator 09:00", "place 09:20", "poll 09:31", "protect 15:45", "protect 16:05",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("minutes", "closes", "further"),
    [
        (120, "16:00", ["11:31", "13:31", "15:31"]),
        (187, "16:00", ["12:38"]),  # a second one would be at 15:45 itself
        (374, "16:00", []),
        (390, "16:00", []),
        (60, "13:00", ["10:31", "11:31", "12:31"]),
    ],
)
def test_further_protect_runs_lie_between_poll_and_the_first_one_of_the_usual_day(
    minutes: int, closes: str, further: list[str]
) -> None:
    found = [one.text.removeprefix("protect ") for one in steps(minutes, closes) if one.program == "protect"]
    assert found[:-2] == further


def test_before_the_cutoff_everything_that_is_due_is_run_in_its_order() -> None:
    assert run_at("09:34") == (["generator 09:00", "place 09:20", "poll 09:31"], [])


def test_after_the_cutoff_only_poll_is_run() -> None:
    late = "the entry cutoff was 09:35"
    assert run_at("10:15") == (["poll 09:31"], [f"generator 09:00: {late}", f"place 09:20: {late}"])


def test_of_many_protect_runs_that_are_due_the_last_one_is_run() -> None:
    done, missed = run_at("14:00", protect_every=120)
    assert done == ["poll 09:31", "protect 13:31"]
    assert missed[2:] == [f"protect 11:31: {NEXT_IS_DUE}"]


def test_after_the_close_only_the_last_protect_is_run() -> None:
    done, missed = run_at("20:00")
    assert done == ["protect 16:05"]
    assert missed[2:] == ["poll 09:31: the session closed 16:00", "protect 15:45: the session closed 16:00"]


def test_a_day_that_slept_into_the_next_session_leaves_the_old_one_alone() -> None:
    assert run_at("08:59", NEXT)[0] == ["protect 16:05"]
    assert run_at("09:00", NEXT)[0] == []
