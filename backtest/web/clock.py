"""Clocks: the machine's own, and that of a real broker connection, which tells the broker's time (I12, F17)."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

logger = logging.getLogger(__name__)

SLACK_S = 5.0
"""How far the dates of two answers may disagree with the time counted before the machine is said to have slept."""


class Clock(Protocol):
    """Tells the time and waits; never naive, always UTC."""

    @property
    def offset_s(self) -> float | None:
        """This clock's time minus the machine's when it was last set; None for one that was not set by another."""
        ...

    def now(self) -> datetime: ...

    def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's own clock; used before a broker is open and for log timestamps."""

    offset_s: float | None = None

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def time_with_sleep() -> float:
    """Return seconds that never go back and go on while the machine sleeps, where the system counts them."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


class BrokerClock:
    """Tells the broker's time once it has been asked; until then, the local one.

    Between two answers it runs on the monotonic clock, so a local clock that is set meanwhile changes
    nothing. A machine or process that was stopped in between is noticed by the dates of the broker's answers, and
    the clock goes forward by what was missed. offset_s: broker minus local seconds at the last answer, None before
    the first.
    """

    def __init__(self, local: Clock | None = None, monotonic: Callable[[], float] = time_with_sleep) -> None:
        self._local = local or SystemClock()
        self._monotonic = monotonic
        self._anchor: tuple[datetime, float] | None = None
        self._most_ahead: float | None = None
        self._lock = threading.Lock()
        self.offset_s: float | None = None

    def now(self) -> datetime:
        if self._anchor is None:
            return self._local.now()
        moment, tick = self._anchor
        return moment + timedelta(seconds=self._monotonic() - tick)

    def sleep(self, seconds: float) -> None:
        self._local.sleep(seconds)

    def tick(self) -> float:
        """Return a mark to be given to `synchronise` or `hear`: taken right before the broker is asked."""
        return self._monotonic()

    def synchronise(self, broker_time: datetime, asked_at: float) -> None:
        """Take the broker's time as an answer states it; it was true about halfway of the round trip."""
        answered_at = self._monotonic()
        halfway = timedelta(seconds=(answered_at - asked_at) / 2)
        self._anchor = (broker_time + halfway, answered_at)
        self.offset_s = (broker_time + halfway - self._local.now()).total_seconds()

    def hear(self, date: str, asked_at: float) -> None:
        """Compare an answer's `Date` with those before it, and go forward when more time has passed than was counted.

        The dates are compared with each other only: what the broker's clock says may differ from them.
        """
        heard = http_date(date)
        if heard is None:
            return
        said = heard.timestamp()
        with self._lock:
            least, most = said - self._monotonic(), said + 1 - asked_at  # bounds of server time minus ours
            before = self._most_ahead
            missed = 0.0 if before is None else least - before
            if missed > SLACK_S:
                logger.warning("%.0f s went by that were not counted: the machine or this process was stopped", missed)
                if self._anchor is not None:
                    self._anchor = (self._anchor[0] + timedelta(seconds=missed), self._anchor[1])
            self._most_ahead = most if before is None or missed > SLACK_S else min(before, most)


def stopwatch(clock: Clock) -> Callable[[], float]:
    """Return what counts seconds whatever the clock is set to meanwhile: for waits and limits of time."""
    if isinstance(clock, BrokerClock):
        return clock.tick
    began = clock.now()
    return lambda: (clock.now() - began).total_seconds()


class HostClock(BrokerClock):
    """Tells the earlier of the machine's time and that of a host's answers, so that no open session counts as over."""

    def now(self) -> datetime:
        return min(super().now(), self._local.now())

    def hear(self, date: str, asked_at: float) -> None:
        super().hear(date, asked_at)
        said = http_date(date)
        if said is not None:
            self.synchronise(said, asked_at)


def http_date(text: str) -> datetime | None:
    """Return the moment that a header names, with its zone and of this century; None for anything else."""
    from email.utils import parsedate_to_datetime  # late: programs that ask nobody need not wait for it

    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, ArithmeticError):
        return None
    return found if found.tzinfo is not None and 2000 <= found.year < 2100 else None
