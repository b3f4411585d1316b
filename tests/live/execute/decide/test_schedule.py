"""The phase table: where a moment lies, and what each phase does there."""

from __future__ import annotations

from datetime import datetime

import pytest

from backtest.timezone import NEW_YORK
from live.broker import CalendarDay
from live.execute.decide.schedule import DayPart, Moment, Phase, Step, locate, steps_for, waits_for_open


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)


def day(date_text: str, opens: str = "09:30", closes: str = "16:00") -> CalendarDay:
    opening = moment(f"{date_text} {opens}")
    return CalendarDay(opening.date(), opening, moment(f"{date_text} {closes}"))


WEEK = [day("2026-11-25"), day("2026-11-27", closes="13:00"), day("2026-11-30")]
"""The week of Thanksgiving: no session on Thursday, a half day on Friday."""


def at(text: str) -> Moment:
    return locate(moment(text), WEEK, cutoff_minutes=5)


@pytest.mark.parametrize(
    ("now", "day_part"),
    [
        ("2026-11-25 04:00", DayPart.BEFORE_OPEN),
        ("2026-11-25 09:29:59", DayPart.BEFORE_OPEN),
        ("2026-11-25 09:30", DayPart.ENTRY),
        ("2026-11-25 09:34:59", DayPart.ENTRY),
        ("2026-11-25 09:35", DayPart.AFTER_CUTOFF),
        ("2026-11-25 15:59:59", DayPart.AFTER_CUTOFF),
        ("2026-11-25 16:00", DayPart.CLOSED),
        ("2026-11-26 10:00", DayPart.CLOSED),
        ("2026-11-27 12:59", DayPart.AFTER_CUTOFF),
        ("2026-11-27 13:00", DayPart.CLOSED),
        ("2026-11-28 10:00", DayPart.CLOSED),
    ],
)
def test_the_part_of_the_day_follows_the_brokers_calendar_half_days_included(now: str, day_part: DayPart) -> None:
    """F83 F84"""
    assert at(now).day_part is day_part


def test_the_day_is_that_of_new_york_and_the_next_session_the_first_not_yet_open() -> None:
    night = locate(datetime.fromisoformat("2026-11-26T02:00+00:00"), WEEK, 5)
    assert (night.today.isoformat(), night.session) == ("2026-11-25", WEEK[0])
    assert locate(WEEK[0].open, WEEK, 5).next_session == WEEK[1]
    unknown = locate(WEEK[0].open, [], 5, clock_known=False)
    assert (unknown.session, unknown.next_session, unknown.cutoff, unknown.clock_known) == (None, None, None, False)


def test_daylight_saving_does_not_move_the_open() -> None:
    """F92: 13:30 UTC is the open in summer, an hour before it in winter."""
    summer, winter = day("2026-10-30"), day("2026-11-02")
    assert locate(summer.open, [summer, winter], 5).day_part is DayPart.ENTRY
    assert locate(winter.open.replace(hour=8), [summer, winter], 5).day_part is DayPart.BEFORE_OPEN
    assert (summer.open.utctimetuple().tm_hour, winter.open.utctimetuple().tm_hour) == (13, 14)


@pytest.mark.parametrize(
    ("now", "trade_date"),
    [("2026-11-25 09:00", "2026-11-25"), ("2026-11-25 16:00", "2026-11-27"), ("2026-11-28 10:00", "2026-11-30")],
)
def test_the_trade_date_is_the_first_session_whose_close_is_ahead(now: str, trade_date: str) -> None:
    assert at(now).trade_date.isoformat() == trade_date


@pytest.mark.parametrize(
    ("now", "over"),
    [
        ("2026-11-25 09:00", ["2026-11-24"]),
        ("2026-11-25 15:59", ["2026-11-24"]),
        ("2026-11-25 16:00", ["2026-11-24", "2026-11-25"]),
        ("2026-11-26 10:00", ["2026-11-24", "2026-11-25"]),
        ("2026-11-27 09:00", ["2026-11-24", "2026-11-25"]),
    ],
)
def test_an_entry_is_over_when_its_session_has_closed(now: str, over: list[str]) -> None:
    days = [moment(f"2026-11-{day}").date() for day in (24, 25, 27)]
    assert [day.isoformat() for day in days if at(now).is_over(day)] == over


A, B, C, D, E = Step.SELL, Step.POLL_SELLS, Step.RECOUNT, Step.BUY, Step.POLL_BUYS
TABLE = {
    (Phase.PLACE, DayPart.BEFORE_OPEN): (A, D),
    (Phase.PLACE, DayPart.ENTRY): (A, D),
    (Phase.PLACE, DayPart.AFTER_CUTOFF): (A, Step.DROP_ENTRIES),
    (Phase.PLACE, DayPart.CLOSED): (Step.DROP_LINES,),
    (Phase.POLL, DayPart.BEFORE_OPEN): (),
    (Phase.POLL, DayPart.ENTRY): (A, B, C, D, E),
    (Phase.POLL, DayPart.AFTER_CUTOFF): (A, B, Step.DROP_ENTRIES, E),
    (Phase.POLL, DayPart.CLOSED): (Step.DROP_LINES,),
    (Phase.ALL, DayPart.BEFORE_OPEN): (A, D),
    (Phase.ALL, DayPart.ENTRY): (A, B, C, D, E),
    (Phase.ALL, DayPart.AFTER_CUTOFF): (A, B, Step.DROP_ENTRIES, E),
    (Phase.ALL, DayPart.CLOSED): (Step.DROP_LINES,),
}


@pytest.mark.parametrize(("cell", "steps"), TABLE.items(), ids=lambda cell: "-".join(map(str, cell)))
def test_each_cell_of_the_phase_table(cell: tuple[Phase, DayPart], steps: tuple[Step, ...]) -> None:
    assert steps_for(*cell) == steps


@pytest.mark.parametrize("day_part", DayPart)
def test_protect_has_no_steps_of_its_own_anywhere(day_part: DayPart) -> None:
    assert steps_for(Phase.PROTECT, day_part) == ()


def test_skip_time_check_lets_entries_out_until_the_close_and_changes_nothing_else() -> None:
    assert D in steps_for(Phase.ALL, DayPart.AFTER_CUTOFF, skip_time_check=True)
    for day_part in (DayPart.BEFORE_OPEN, DayPart.CLOSED):
        assert steps_for(Phase.ALL, day_part, skip_time_check=True) == steps_for(Phase.ALL, day_part)


def test_only_all_and_poll_have_something_to_wait_for_before_the_open() -> None:
    waiting = {phase for phase in Phase if waits_for_open(phase, DayPart.BEFORE_OPEN)}
    assert waiting == {Phase.ALL, Phase.POLL}
    assert not waits_for_open(Phase.ALL, DayPart.ENTRY)
