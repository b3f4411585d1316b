"""Which session a run decides for, by the broker's clock alone."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from backtest.errors import UsageError
from backtest.sessions import NEW_YORK, Sessions
from live.generate.trade_date import pick_trade_date
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
