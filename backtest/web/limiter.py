"""How many requests go out: a sliding-minute limiter and a counter, both safe for parallel POSTs."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from backtest.web.clock import Clock

WINDOW = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class RequestCount:
    """Requests sent by a client so far, retries included; for run summaries and limits."""

    total: int = 0
    mutating: int = 0


class RateLimiter:
    """Lets at most `per_minute` requests leave in any minute of the given clock, retries included (I22)."""

    def __init__(self, clock: Clock, per_minute: int) -> None:
        self._clock = clock
        self._per_minute = per_minute
        self._sent: deque[datetime] = deque()
        self._lock = threading.Lock()

    def wait_for_turn(self, sleep: Callable[[float], None] | None = None) -> None:
        """Return when one more request may leave, and count it. sleep: waits in the clock's place, and may raise."""
        while (pause := self._take_or_pause()) > 0:
            (sleep or self._clock.sleep)(pause)

    def _take_or_pause(self) -> float:
        with self._lock:
            now = self._clock.now()
            while self._sent and not now - WINDOW < self._sent[0] <= now:
                self._sent.popleft()
            if len(self._sent) < self._per_minute:
                self._sent.append(now)
                return 0.0
            return (self._sent[0] + WINDOW - now).total_seconds()


class RequestCounter:
    """Counts what was sent."""

    def __init__(self) -> None:
        self._total = 0
        self._mutating = 0
        self._lock = threading.Lock()

    def count(self, method: str) -> None:
        with self._lock:
            self._total += 1
            self._mutating += method != "GET"

    def snapshot(self) -> RequestCount:
        """Return the counts so far as a value."""
        with self._lock:
            return RequestCount(self._total, self._mutating)
