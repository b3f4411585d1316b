"""Trouble in the sessions of a replay: runs that are killed and started again, late, started twice, left out.

None of it may change a decision: a run is late within what the day allows, and only what a later run makes up for is
left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields
from datetime import datetime, time, timedelta
from pathlib import Path
from random import Random

from live.clock import NEW_YORK
from live.parity.inputs import ReplayInputs
from live.parity.trading_day import ProgramRun, RunProgram
from live.sim.exchange import Exchange
from tests.proofs.dying import Killed, Points, dying_at_commit, dying_at_request

LATEST = {"generator": time(9, 15), "place": time(9, 28), "poll": time(9, 32)}
"""The price stays at the open until 09:35, a poll that waits included: until then the stop that came with a buy is as
good as its own, and a limit is reached at the open or not at all."""
LATEST_WITHOUT_BUYS = time(10, 0)
AFTERNOON, EVENING = time(15, 59), time(16, 8)
AGAIN = 0.3
"""How often a run that was killed is killed again when it is started again."""
MOST_DEATHS = 3


@dataclass
class Counts:
    """What happened. runs: started, those that were killed included. killed_at_…: where."""

    runs: int = 0
    killed_at_requests: int = 0
    killed_at_commits: int = 0
    killed_again: int = 0
    late: int = 0
    started_twice: int = 0
    left_out: int = 0

    @property
    def killed(self) -> int:
        return self.killed_at_requests + self.killed_at_commits

    def add(self, other: Counts) -> None:
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))


class TroubledRuns:
    """Starts the programs of a replay with trouble; a `RunProgram` for `live.parity.day_loop.run_days`.

    probability: of each kind of trouble, a run. The same seed makes the same trouble of the same runs.
    """

    def __init__(
        self, run_program: RunProgram, exchange: Exchange, inputs: ReplayInputs, *, seed: int, probability: float
    ) -> None:
        self.counts = Counts()
        self._run_program = run_program
        self._exchange = exchange
        self._last = inputs.last
        self._rng = Random(seed)
        self._probability = probability
        self._steps = {"request": {"generator": 10, "place": 12, "poll": 12, "protect": 8}, "commit": {}}
        self._buys = True

    def __call__(self, program: str, reports: Sequence[Path]) -> ProgramRun:
        if self._may_be_left_out(program) and self._happens():
            self.counts.left_out += 1
            return ProgramRun(program, 0)
        if self._happens():
            self._come_late(program)
        run = self._run_to_its_end(program, reports)
        if self._happens(0.3):
            self.counts.started_twice += 1
            run = self._started(program, reports)
        if program == "place":
            self._buys = bool(run.result.get("entries", True))
        return run

    def _run_to_its_end(self, program: str, reports: Sequence[Path]) -> ProgramRun:
        deaths = 0
        is_killed = self._happens()
        while is_killed and deaths < MOST_DEATHS:
            run = self._killed(program, reports)
            if run is not None:
                return run  # it had ended before it came to that point
            deaths += 1
            self.counts.killed_again += deaths == 2
            is_killed = self._rng.random() < AGAIN
        return self._started(program, reports)

    def _killed(self, program: str, reports: Sequence[Path]) -> ProgramRun | None:
        """Kill a run at one of its requests or commits; return how it ended when it has fewer of them."""
        kind = "request" if self._rng.random() < 0.6 else "commit"
        number = int(self._rng.random() * (self._steps[kind].get(program, 4) + 1))
        with self._dying(kind, number, is_after=self._rng.random() < 0.5) as points:
            try:
                run = self._started(program, reports)
            except Killed:
                if kind == "request":
                    self.counts.killed_at_requests += 1
                else:
                    self.counts.killed_at_commits += 1
                return None
        self._steps[kind][program] = points.passed
        return run

    def _dying(self, kind: str, number: int, *, is_after: bool) -> AbstractContextManager[Points]:
        if kind == "request":
            return dying_at_request(self._exchange, number, carried_out=is_after)
        return dying_at_commit(number, committed=is_after)

    def _started(self, program: str, reports: Sequence[Path]) -> ProgramRun:
        self.counts.runs += 1
        return self._run_program(program, reports)

    def _come_late(self, program: str) -> None:
        now = self._now()
        latest = LATEST.get(program, AFTERNOON if now.time() <= AFTERNOON else EVENING)
        if program == "poll" and not self._buys:
            latest = LATEST_WITHOUT_BUYS
        room = datetime.combine(now.date(), latest, NEW_YORK) - now
        if room > timedelta(0):
            self.counts.late += 1
            self._exchange.advance_to(now + room * self._rng.random())

    def _may_be_left_out(self, program: str) -> bool:
        """Stops are looked after by the next run too; the last session's are booked by nobody else."""
        return program == "protect" and self._now().date() != self._last

    def _now(self) -> datetime:
        return self._exchange.now().astimezone(NEW_YORK)

    def _happens(self, weight: float = 1.0) -> bool:
        return self._rng.random() < self._probability * weight
