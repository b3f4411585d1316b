"""SIGTERM, SIGINT and SIGHUP as a flag that the work asks at its own safe points.

A signal never breaks off a request or a transaction: it is only recorded, except while the work
sleeps through `Interrupt.sleep`, where it ends the sleep at once.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import FrameType

from backtest.web.clock import stopwatch
from live.broker import Broker
from live.clock import Clock
from live.errors import InterruptedRunError, UnresolvedWorkError

RUN_LIMIT = timedelta(minutes=15)
_RERUN = "Run the same command again."

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Interrupt:
    """Records the first signal; the second ends the process at once with 128 + n.

    A hang-up (the terminal or the connection is gone) may come more than once and is never the second one.
    pass_on: called with the first signal and with the second, for a process that is waited for.
    """

    def __init__(self) -> None:
        self.signal_number: int | None = None
        self.pass_on: Callable[[int], None] | None = None
        self._sleeping = False

    @property
    def is_requested(self) -> bool:
        return self.signal_number is not None

    def check(self) -> None:
        """Raise InterruptedRunError (9) when a signal has come; asked before anything new is begun."""
        if self.signal_number is not None:
            name = signal.Signals(self.signal_number).name
            raise InterruptedRunError(f"the run was interrupted ({name})", next_step=_RERUN)

    def bounded(self, clock: Clock) -> Callable[[], None]:
        """Return a check that raises once a signal has come, or 15 minutes after now (9), even if the clock is set."""
        elapsed = stopwatch(clock)
        deadline = elapsed() + RUN_LIMIT.total_seconds()

        def check() -> None:
            self.check()
            if elapsed() >= deadline:
                raise _took_too_long()

        return check

    def sleep(self, clock: Clock, seconds: float) -> None:
        """Sleep on the given clock; a signal before or during it raises InterruptedRunError."""
        self.check()
        self._sleeping = True
        try:
            clock.sleep(seconds)
        finally:
            self._sleeping = False
        self.check()

    def on_signal(self, number: int, _frame: FrameType | None = None) -> None:
        """Handle one signal; `Interrupt.installed` registers it."""
        if self.signal_number is not None:
            if number == signal.SIGHUP:
                return
            self._pass_on(number)
            os._exit(128 + number)
        self.signal_number = number
        self._pass_on(number)
        if self._sleeping:
            self.check()

    def _pass_on(self, number: int) -> None:
        if self.pass_on is not None:
            self.pass_on(number)

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Handle the signals inside the block; outside the main thread nothing is installed. One that is ignored
        from the start (`nohup`) stays so."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        numbers = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
        before = [signal.signal(number, self.on_signal) for number in numbers]
        try:
            yield
        finally:
            for number, handler in zip(numbers, before, strict=True):
                signal.signal(number, handler if handler is not None else signal.SIG_DFL)


def require_time(clock: Clock, deadline: datetime) -> None:
    """Raise UnresolvedWorkError (9) when the time of a run is over (I22)."""
    if clock.now() >= deadline:
        raise _took_too_long()


def _took_too_long() -> UnresolvedWorkError:
    return UnresolvedWorkError("the run took longer than 15 minutes", next_step=_RERUN)


def watch_waits(broker: Broker, check: Callable[[], None] | None) -> None:
    """Let `check` end a read that waits; an adapter written before there was such a call waits as it always did."""
    watch = getattr(broker, "watch_waits", None)
    if watch is not None:
        watch(check)
