"""How the time of a served exchange runs with the wall clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from math import inf

PATH = "/sim/clock"
"""Where a client reads the pace (GET), and names the moment from which on it works (POST `fast_until`)."""


class Pace:
    """Virtual time: `speed` seconds a second, and once a client has named a moment, from it on at most one.

    It begins to run when it is first asked for, so that the start of a client's process takes none of it. A client that
    lets time pass names the moment at which it has something to do, so that whatever it does then has the time that it
    has at a real broker, at any speed. Not thread-safe by itself.
    """

    def __init__(self, now: datetime, speed: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.speed = speed
        self._monotonic = monotonic
        self._start, self._fast_s = now, inf
        self._wall_start: float | None = None

    def now(self) -> datetime:
        """Return the virtual time."""
        if self._wall_start is None:
            self._wall_start = self._monotonic()
        passed = self._monotonic() - self._wall_start
        fast = passed * self.speed
        if fast <= self._fast_s:
            return self._start + timedelta(seconds=fast)
        slow = (passed - self._fast_s / self.speed) * min(self.speed, 1.0)
        return self._start + timedelta(seconds=self._fast_s + slow)

    def fast_until(self, now: datetime, moment: datetime) -> None:
        """Run at `speed` from `now`, the exchange's time, until this moment, and at most as the wall clock after it."""
        self._start, self._fast_s = now, max(0.0, (moment - now).total_seconds())
        self._wall_start = self._monotonic()
