"""Which session a run decides for, by the broker's clock alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import cast

import pytest
from freezegun import freeze_time

from backtest.errors import ConfigError, UsageError
from backtest.sessions import NEW_YORK, Sessions
from backtest.web.clock import BrokerClock
from live.broker import Broker, CalendarDay
from live.clock import SystemClock
from live.generate.trade_date import check_calendars, pick_trade_date
from tests.builders import weekdays

HALF_DAY = date(2026, 11, 27)
SESSIONS = Sessions(
    weekdays(date(2026, 1, 1), date(2026, 12, 31), [date(2026, 2, 16)]).days,
    {HALF_DAY: (datetime(2026, 1, 1, 9, 30).time(), datetime(2026, 1, 1, 13).time())},  # noqa: DTZ001
)


def new_york(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    ("now", "trade_date"),
    [
        ("2026-02-17 09:00", date(2026, 2, 17)),
        ("2026-02-17 15:59", date(2026, 2, 17)),
        ("2026-02-17 16:00", date(2026, 2, 18)),
        ("2026-02-13 18:00", date(2026, 2, 17)),  # Friday evening before a holiday
        ("2026-02-15 12:00", date(2026, 2, 17)),
        ("2026-11-27 12:59", HALF_DAY),
        ("2026-11-27 13:00", date(2026, 11, 30)),
        ("2026-03-08 12:00", date(2026, 3, 9)),  # the clocks change that morning
    ],
)
def test_f83_f84_f92_the_trade_date_is_the_first_session_that_has_not_closed(now: str, trade_date: date) -> None:
    assert pick_trade_date(new_york(now), None, SESSIONS) == trade_date


def test_another_date_than_that_is_refused() -> None:
    with pytest.raises(UsageError, match="expected 2026-02-17"):
        pick_trade_date(new_york("2026-02-17 09:00"), date(2026, 2, 18), SESSIONS)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (date(2026, 2, 13), "over"),
        (date(2026, 2, 16), "no session of the exchange"),
        (date(2031, 2, 17), "no session of the exchange"),
        (date(2026, 2, 18), "too early: its session before, 2026-02-17, has not closed"),
    ],
)
def test_the_refusal_of_another_date_says_why(asked: date, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        pick_trade_date(new_york("2026-02-17 09:00"), asked, SESSIONS)


@pytest.mark.parametrize(("utc", "day"), [("2026-02-17 20:59:59", 17), ("2026-02-17 21:00:00", 18)])
def test_the_default_trade_date_changes_with_new_yorks_close_on_a_machine_in_utc(utc: str, day: int) -> None:
    with freeze_time(utc):
        assert pick_trade_date(SystemClock().now(), None, SESSIONS) == date(2026, 2, day)


@freeze_time("2026-02-19 14:00:00")
def test_f17_the_default_trade_date_follows_the_brokers_clock_where_the_machines_is_two_days_ahead() -> None:
    clock = BrokerClock(monotonic=lambda: 0.0)
    clock.synchronise(datetime(2026, 2, 17, 14, 0, tzinfo=UTC), asked_at=0.0)
    assert pick_trade_date(clock.now(), None, SESSIONS) == date(2026, 2, 17)


class Calendar:
    """The one call of a broker that compares calendars; it knows our sessions but for the changes."""

    def __init__(self, changes: Sequence[CalendarDay] = (), missing: Sequence[date] = ()) -> None:
        self._changes, self._missing = {day.day: day for day in changes}, missing

    def get_calendar(self, start: date, end: date) -> tuple[CalendarDay, ...]:
        ours = (CalendarDay(day, SESSIONS.at(day).open, SESSIONS.at(day).close) for day in SESSIONS.between(start, end))
        return tuple(self._changes.get(day.day, day) for day in ours if day.day not in self._missing)


def check(calendar: Calendar) -> None:
    check_calendars(cast(Broker, calendar), SESSIONS, date(2026, 2, 17))


def test_calendars_that_agree_are_no_matter() -> None:
    check(Calendar())


def test_a_session_that_the_broker_does_not_know_is_6() -> None:
    with pytest.raises(ConfigError, match=r"2026-02-18.*no session \(expected a session 09:30 to 16:00"):
        check(Calendar(missing=[date(2026, 2, 18)]))


def test_an_early_close_that_only_the_broker_knows_is_6() -> None:
    day = date(2026, 2, 18)
    early = replace(CalendarDay(day, SESSIONS.at(day).open, SESSIONS.at(day).close), close=new_york("2026-02-18 13:00"))
    with pytest.raises(ConfigError, match="09:30 to 13:00"):
        check(Calendar([early]))


def test_days_far_from_the_trade_date_are_not_compared() -> None:
    check(Calendar(missing=[date(2026, 6, 1)]))
