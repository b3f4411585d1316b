"""The exchange's calendar as integers: moments are microseconds UTC since 1970, sessions are indices.

Four things happen on a session day, in this order: the early morning (04:00 New York: splits are
booked, good-till-canceled orders of the evening become live), the open, the close, and the ageing
of old orders fifteen minutes after it.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from live.clock import NEW_YORK

if TYPE_CHECKING:
    from backtest.sessions import Sessions

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US
NEVER = 1 << 62
FLAT_US = 5 * 60 * SECOND_US
"""How long the price stays at the open."""

_AGEING_DELAY_US = 15 * 60 * SECOND_US
_EARLY = time(4, 0)
_GTC_LIFE_DAYS = 90


class Stage(IntEnum):
    """What happens on a session day, in order."""

    EARLY = 0
    OPEN = 1
    CLOSE = 2
    AGEING = 3


def to_us(moment: datetime) -> int:
    return (moment - EPOCH) // MICROSECOND


@lru_cache(maxsize=64)
def to_datetime(us: int) -> datetime:
    """Return a moment; time stands still between requests, and is asked for all the time."""
    return EPOCH + timedelta(microseconds=us)


@lru_cache(maxsize=4096)
def iso(us: int) -> str:
    """Return a moment as the order endpoints print it."""
    return to_datetime(us).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def new_york_iso(us: int) -> str:
    """Return a moment as the clock endpoint prints it: New York wall time with its offset."""
    return to_datetime(us).astimezone(NEW_YORK).isoformat()


@lru_cache(maxsize=1024)
def new_york_midnight(day: date) -> int:
    """Return the start of a day in New York: the stamp of its daily bar."""
    return to_us(datetime.combine(day, time(0), NEW_YORK))


@lru_cache(maxsize=64)
def gtc_expiry(created_day: date) -> int:
    """Return when a good-till-canceled order of that day ends: 16:00 New York, 90 days on."""
    return to_us(datetime.combine(created_day + timedelta(days=_GTC_LIFE_DAYS), time(16), NEW_YORK))


def new_york_day(us: int) -> date:
    return to_datetime(us).astimezone(NEW_YORK).date()


class Timeline:
    """Sessions by index. An index after the last raises IndexError: the calendar ends there."""

    def __init__(self, columns: array[int]) -> None:
        """columns: all ordinals of the dates, then all early mornings, all opens, all closes."""
        count = len(columns) // 4
        self.ordinals, self.early, self.opens, self.closes = (
            columns[part * count : (part + 1) * count] for part in range(4)
        )

    @classmethod
    def from_sessions(cls, sessions: Sessions, first: date, last: date) -> Timeline:
        """Copy the sessions of a calendar from `first` to `last`."""
        spans = [sessions.at(day) for day in sessions.between(first, last)]
        columns = array("q", (span.day.toordinal() for span in spans))
        columns.extend(to_us(datetime.combine(span.day, _EARLY, NEW_YORK)) for span in spans)
        columns.extend(to_us(span.open) for span in spans)
        columns.extend(to_us(span.close) for span in spans)
        return cls(columns)

    def __len__(self) -> int:
        return len(self.ordinals)

    def to_blob(self) -> bytes:
        return b"".join(part.tobytes() for part in (self.ordinals, self.early, self.opens, self.closes))

    @classmethod
    def from_blob(cls, blob: bytes) -> Timeline:
        columns = array("q")
        columns.frombytes(blob)
        return cls(columns)

    def day(self, index: int) -> date:
        return date.fromordinal(self.ordinals[index])

    def upcoming(self, now: int) -> int:
        """Return the first session whose close is still ahead: the one running or the next."""
        return bisect_right(self.closes, now)

    def closed(self, now: int) -> int:
        """Return the last session whose close has passed; -1 before the first."""
        return bisect_right(self.closes, now) - 1

    def is_open(self, now: int) -> bool:
        index = self.upcoming(now)
        return index < len(self) and self.opens[index] <= now

    def next_open(self, now: int) -> int:
        return self.opens[bisect_right(self.opens, now)]

    def index_of(self, day: date) -> int:
        """Return the index of the last session on or before `day`; -1 before the first."""
        return bisect_right(self.ordinals, day.toordinal()) - 1

    def stage_time(self, index: int, stage: Stage) -> int:
        match stage:
            case Stage.EARLY:
                return self.early[index]
            case Stage.OPEN:
                return self.opens[index]
            case Stage.CLOSE:
                return self.closes[index]
            case _:
                return self.closes[index] + _AGEING_DELAY_US

    def next_stage(self, now: int) -> tuple[int, int, Stage]:
        """Return (moment, session, stage) of what comes first after `now`; (NEVER, …) when the calendar ends."""
        index = max(0, bisect_right(self.early, now) - 1)
        while index < len(self):
            for stage in Stage:
                moment = self.stage_time(index, stage)
                if moment > now:
                    return moment, index, stage
            index += 1
        return NEVER, index, Stage.EARLY
