"""A run that dies: at one of its requests, commits or changes of a file, in this process or by SIGKILL of its own.

`Killed` is no Exception, so nothing in the programs handles it; what stands in a `finally` still runs, unlike after a
real SIGKILL, but takes no further step: each dies again.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from live.sim.exchange import Exchange
from live.sim.faults import SimAnswer, SimRequest
from live.state_db.connection import Connection

REQUEST, COMMIT, FILE = "request", "commit", "file"
KINDS = (REQUEST, COMMIT, FILE)
"""Steps that outlive a process: a request, an outermost commit of a state DB file, a file that is named or goes."""


class Killed(BaseException):
    """The process is gone."""


def raise_killed() -> None:
    raise Killed


def kill_this_process() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True, slots=True)
class Death:
    """Where a run dies: just before its n-th step of a kind (from 0), or just after it."""

    kind: str
    number: int
    after: bool = False


@dataclass
class Steps:
    """The steps of one process, counted by kind when they are taken. death: at which it dies; None: at none.

    die: what a death is; it does not return.
    """

    death: Death | None = None
    die: Callable[[], None] = raise_killed
    taken: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    has_died: bool = False
    is_over: bool = False
    """The process has ended: what was kept of it in a variable counts nothing any more."""

    def before(self, kind: str) -> None:
        """A step is about to be taken."""
        if self.is_over:
            return
        if self.has_died or (self._is_at(kind) and not self._death_is_after):
            self._die()

    def after(self, kind: str) -> None:
        """A step was taken."""
        if self.is_over:
            return
        if self._is_at(kind) and self._death_is_after:
            self._die()
        self.taken[kind] += 1

    @property
    def _death_is_after(self) -> bool:
        return self.death is not None and self.death.after

    def _is_at(self, kind: str) -> bool:
        return self.death is not None and (self.death.kind, self.death.number) == (kind, self.taken[kind])

    def _die(self) -> None:
        self.has_died = True
        self.die()


@dataclass(frozen=True, slots=True)
class Points:
    """The steps of one kind, as they are counted."""

    steps: Steps
    kind: str

    @property
    def passed(self) -> int:
        """Return how many were taken."""
        return self.steps.taken[self.kind]

    @property
    def has_died(self) -> bool:
        return self.steps.has_died


@contextmanager
def dying(steps: Steps, exchange: Exchange | None = None) -> Iterator[Steps]:
    """Count the steps of what runs in the block, and let it die at its death.

    exchange: only requests to this one are steps; None: to any.
    """
    with ExitStack() as patches:
        _patch(patches, Exchange, "handle", lambda real: _handling(real, steps, exchange))
        _patch(patches, Connection, "transaction", lambda real: _committing(real, steps))
        for name in ("replace", "rename", "unlink"):
            _patch(patches, Path, name, lambda real: _changing(real, steps))
        try:
            yield steps
        finally:
            steps.is_over = True


@contextmanager
def dying_at_request(exchange: Exchange, number: int | None = None, *, carried_out: bool = False) -> Iterator[Points]:
    """Kill a run at its n-th request (from 0), before it reaches the exchange or when it is carried out.

    number: None kills nothing, and the requests are counted.
    """
    death = None if number is None else Death(REQUEST, number, carried_out)
    with dying(Steps(death), exchange) as steps:
        yield Points(steps, REQUEST)


@contextmanager
def dying_at_commit(number: int | None = None, *, committed: bool = False) -> Iterator[Points]:
    """Kill a run at its n-th outermost commit of a state DB file (from 0), just before or just after it."""
    with dying(Steps(None if number is None else Death(COMMIT, number, committed))) as steps:
        yield Points(steps, COMMIT)


def _patch(patches: ExitStack, owner: Any, name: str, wrap: Callable[[Any], Any]) -> None:
    real = getattr(owner, name)
    setattr(owner, name, wrap(real))
    patches.callback(setattr, owner, name, real)


def _handling(real: Any, steps: Steps, exchange: Exchange | None) -> Any:
    def handle(self: Exchange, request: SimRequest) -> SimAnswer:
        if exchange is not None and self is not exchange:
            answer: SimAnswer = real(self, request)
            return answer
        steps.before(REQUEST)
        try:
            answer = real(self, request)
        finally:
            steps.after(REQUEST)
        return answer

    return handle


def _committing(real: Any, steps: Steps) -> Any:
    @contextmanager
    def transaction(self: Connection) -> Iterator[None]:
        is_step = not self.in_transaction and self.path is not None and self.is_kept
        with real(self):
            yield
            if is_step:
                steps.before(COMMIT)
        if is_step:
            steps.after(COMMIT)

    return transaction


def _changing(real: Any, steps: Steps) -> Any:
    def change(self: Path, *args: Any, **more: Any) -> Any:
        steps.before(FILE)
        result = real(self, *args, **more)
        steps.after(FILE)
        return result

    return change
