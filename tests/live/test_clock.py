"""The machine's clock, frozen: moments are UTC, people read New York time."""

from __future__ import annotations

from datetime import UTC, datetime

from freezegun import freeze_time

from live.clock import FollowingClock, SystemClock, iso_utc, new_york_text
from tests.fakes import NOW, FakeClock


@freeze_time("2026-03-09 02:30:00.000125")
def test_the_system_clock_tells_utc() -> None:
    now = SystemClock().now()
    assert now == datetime(2026, 3, 9, 2, 30, 0, 125, tzinfo=UTC)
    assert iso_utc(now) == "2026-03-09T02:30:00.000125Z"


@freeze_time("2026-03-09 02:30:00")
def test_people_read_new_york_time_on_the_day_it_is_there() -> None:
    assert new_york_text(SystemClock().now()) == "2026-03-08 22:30:00-04:00"


@freeze_time("2026-03-08 06:59:59")
def test_the_offset_changes_with_daylight_saving_time() -> None:
    assert new_york_text(SystemClock().now()) == "2026-03-08 01:59:59-05:00"


@freeze_time("2026-03-09 02:30:00")
def test_the_clock_of_a_state_db_is_the_machines_until_a_broker_is_open() -> None:
    clock, broker_clock = FollowingClock(), FakeClock()
    assert clock.now() == datetime(2026, 3, 9, 2, 30, tzinfo=UTC)
    clock.follow(broker_clock)
    assert clock.now() == NOW
    clock.sleep(2)
    assert broker_clock.slept == [2]
