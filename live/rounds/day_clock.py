"""Waiting by the broker's clock, whatever it is: real, virtual in a file, or that of an exchange served at a speed."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta
from math import inf

from backtest.errors import DriftError
from live.broker import Broker, TradingMode
from live.clock import Clock
from live.run.interrupt import Interrupt
from live.sim.served import ServedExchange

logger = logging.getLogger(__name__)

LONGEST_S = 60.0
"""The longest sleep at a stretch: a machine that slept meanwhile notices within it what time it is."""


class DayClock:
    """The broker's time, and waiting for a moment of it; a signal ends that (`InterruptedRunError`, 9).

    A served exchange runs no faster than the wall clock from here on, but for what is waited.
    """

    def __init__(self, broker: Broker, interrupt: Interrupt) -> None:
        self._broker = broker
        self._interrupt = interrupt
        self._clock: Clock = broker.clock
        self._longest_s = LONGEST_S
        if broker.is_in_process:  # virtual: a sleep is over at once
            self._longest_s = inf
        elif broker.mode is TradingMode.LOCAL and (served := ServedExchange.at(broker.address)) is not None:
            served.hold()
            self._clock = ServedClock(broker.clock, served)
            self._longest_s = LONGEST_S * max(served.speed, 1.0)

    def now(self) -> datetime:
        """Return the time as the broker says it now; where it does not answer, as the clock has gone on since."""
        try:
            self._broker.get_clock()
        except DriftError as error:
            self._interrupt.check()
            logger.warning("the broker's clock could not be read: %s", error.what)
        return self._broker.clock.now()

    def wait_until(self, moment: datetime) -> datetime:
        """Return the time once it is not before this moment."""
        while (now := self.now()) < moment:
            self.sleep((moment - now).total_seconds())
        return now

    def sleep(self, seconds: float) -> None:
        """Sleep once, at most as long as one may at a stretch."""
        self._interrupt.sleep(self._clock, min(seconds, self._longest_s))


class ServedClock:
    """The clock of a served exchange: it sleeps `speed` times shorter, and what follows has the time it needs."""

    def __init__(self, clock: Clock, served: ServedExchange) -> None:
        self._clock = clock
        self._served = served

    @property
    def offset_s(self) -> float | None:
        return self._clock.offset_s

    def now(self) -> datetime:
        return self._clock.now()

    def sleep(self, seconds: float) -> None:
        """Sleep so many of its seconds. Where its time stands, at most one real second: somebody has to move it."""
        if self._served.speed <= 0:
            time.sleep(min(seconds, 1.0))
        elif self._served.run_fast_until(self.now() + timedelta(seconds=seconds)):
            time.sleep(seconds / self._served.speed)
        else:
            time.sleep(min(seconds, LONGEST_S))
