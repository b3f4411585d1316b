"""Time as the programs see it: one object that gives the time and waits.

Every deadline uses it. The Alpaca adapter's clock follows the broker's time, the embedded exchange's
clock is virtual (its sleep advances the market), tests bring their own.
"""

from __future__ import annotations

from datetime import UTC, datetime

from backtest.timezone import NEW_YORK as NEW_YORK
from backtest.web.clock import Clock as Clock
from backtest.web.clock import SystemClock as SystemClock


class FollowingClock:
    """Tells the machine's time until it is given a broker's clock to follow; for the state DB, opened before."""

    def __init__(self) -> None:
        self._clock: Clock = SystemClock()

    def follow(self, clock: Clock) -> None:
        """Follow this clock from now on."""
        self._clock = clock

    @property
    def offset_s(self) -> float | None:
        return self._clock.offset_s

    def now(self) -> datetime:
        return self._clock.now()

    def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds)


def iso_utc(moment: datetime) -> str:
    """Return a moment as stored everywhere: UTC, ISO 8601, microseconds, `Z`."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def new_york_minute(moment: datetime) -> str:
    """Return a moment for tables: New York wall time to the minute."""
    return f"{moment.astimezone(NEW_YORK):%Y-%m-%d %H:%M}"


def new_york_second(moment: datetime) -> str:
    """Return a moment for tables: New York wall time to the second."""
    return f"{moment.astimezone(NEW_YORK):%Y-%m-%d %H:%M:%S}"


def new_york_text(moment: datetime) -> str:
    """Return a moment for people: New York wall time with its offset."""
    return moment.astimezone(NEW_YORK).isoformat(sep=" ", timespec="seconds")
