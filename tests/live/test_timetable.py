"""The moments that the timetable means on one session."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from live.broker import CalendarDay
from live.clock import NEW_YORK
from live.timetable import TIMETABLE, starts_on


def session(day: date, opens: str = "09:30", closes: str = "16:00") -> CalendarDay:
    moments = (datetime.combine(day, time.fromisoformat(at), NEW_YORK).astimezone(UTC) for at in (opens, closes))
    return CalendarDay(day, *moments)


@pytest.mark.parametrize("day", [date(2026, 3, 6), date(2026, 3, 9), date(2026, 11, 2)])
def test_a_usual_session_has_the_times_of_the_list_in_summer_and_in_winter(day: date) -> None:
    found = [(program, at.astimezone(NEW_YORK).time()) for program, at in starts_on(session(day))]
    assert found == list(TIMETABLE)


def test_on_a_half_day_the_afternoons_runs_keep_their_distance_to_the_close() -> None:
    found = starts_on(session(date(2025, 11, 28), closes="13:00"))
    assert [f"{program} {at.astimezone(NEW_YORK):%H:%M}" for program, at in found] == [
        "generator 09:00", "place 09:20", "poll 09:31", "protect 12:45", "protect 13:05",
    ]  # fmt: skip
