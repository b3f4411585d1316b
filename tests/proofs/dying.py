"""A run that dies: at one of its requests, or at one of its commits, in this process.

`Killed` is no Exception, so nothing in the programs handles it; what stands in a `finally` still runs, unlike after a
real SIGKILL, which the crash machine sends to processes (`tests/proofs/crash/`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from live.sim.exchange import Exchange
from live.sim.faults import Proceed, RequestFault, SimAnswer, SimRequest
from live.state_db.connection import Connection


class Killed(BaseException):
    """The process is gone."""


class Points:
    """Steps of a run at which it can die, counted as they pass. dies_at: the number (from 0) of the one; None: none."""

    def __init__(self, dies_at: int | None = None, *, after: bool = False) -> None:
        self.dies_at = dies_at
        self.after = after
        self.passed = 0
        self.has_died = False

    def before(self) -> None:
        """A step is about to be taken."""
        if not self.after:
            self._die()

    def done(self) -> None:
        """The step was taken."""
        if self.after:
            self._die()
        self.passed += 1

    def _die(self) -> None:
        if self.passed == self.dies_at:
            self.has_died = True
            raise Killed


@contextmanager
def dying_at_request(exchange: Exchange, number: int | None = None, *, carried_out: bool = False) -> Iterator[Points]:
    """Kill a run at its n-th request (from 0), before it reaches the exchange or when it is carried out.

    number: None kills nothing, and the requests are counted in `passed`.
    """
    points = Points(number, after=carried_out)

    def act(_request: SimRequest, proceed: Proceed) -> SimAnswer:
        points.before()
        answer = proceed()
        points.done()
        return answer

    fault = RequestFault("*", ".*", act, times=None)
    exchange.faults.add(fault)
    try:
        yield points
    finally:
        if fault in exchange.faults.requests:  # a test may have cleared all
            exchange.faults.requests.remove(fault)


@contextmanager
def dying_at_commit(number: int | None = None, *, committed: bool = False) -> Iterator[Points]:
    """Kill a run at its n-th outermost commit of the state DB (from 0), just before or just after it."""
    points = Points(number, after=committed)
    real = Connection.transaction

    @contextmanager
    def transaction(self: Connection) -> Iterator[None]:
        with real(self):
            yield
            is_outermost = self._depth == 1
            if is_outermost:
                points.before()
        if is_outermost:
            points.done()

    Connection.transaction = transaction  # type: ignore[method-assign]
    try:
        yield points
    finally:
        Connection.transaction = real  # type: ignore[method-assign]
