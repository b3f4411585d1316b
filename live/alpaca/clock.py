"""The clock of a real broker connection: the broker's time, whatever the local clock says (I12, F17)."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from live.clock import Clock, SystemClock


class BrokerClock:
    """Tells the broker's time once it has been asked; until then, the local one.

    Between two answers it runs on the monotonic clock, so a local clock that is set meanwhile changes
    nothing. offset_s: broker minus local seconds at the last answer, None before the first.
    """

    def __init__(self, local: Clock | None = None, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._local = local or SystemClock()
        self._monotonic = monotonic
        self._anchor: tuple[datetime, float] | None = None
        self.offset_s: float | None = None

    def now(self) -> datetime:
        if self._anchor is None:
            return self._local.now()
        moment, tick = self._anchor
        return moment + timedelta(seconds=self._monotonic() - tick)

    def sleep(self, seconds: float) -> None:
        self._local.sleep(seconds)

    def tick(self) -> float:
        """Return a mark to be given to `synchronise`: taken right before the broker is asked."""
        return self._monotonic()

    def synchronise(self, broker_time: datetime, asked_at: float) -> None:
        """Take the broker's time as an answer states it; it was true about halfway of the round trip."""
        answered_at = self._monotonic()
        halfway = timedelta(seconds=(answered_at - asked_at) / 2)
        self._anchor = (broker_time + halfway, answered_at)
        self.offset_s = (broker_time + halfway - self._local.now()).total_seconds()
