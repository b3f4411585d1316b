"""The day loop: both programs as cron would start them, session after session, on the embedded exchange.

Interrupted anywhere, the loop goes on where it stopped: the finished runs are read from the run log, and the
run that was interrupted is started again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from backtest.errors import DriftError
from live.clock import NEW_YORK, SystemClock
from live.parity.folder import ReplayFolder
from live.parity.trading_day import ProgramRun, RunProgram
from live.state_db.db import StateDB
from live.timetable import TIMETABLE

if TYPE_CHECKING:
    from live.parity.inputs import ReplayInputs
    from live.sim.exchange import Exchange

EXPECTED_CODES = frozenset({0, 9})
"""9: an entry or exit without a bar, a session without any bar; everything else stops the replay."""

AFTER_THE_END = (("protect", time(16, 10)), ("generator", time(16, 30)))
"""The runs that book the last session: its stop-outs at the broker, its close for the shadow."""


class ReplayStoppedError(DriftError):
    """A run in the replay ended with a code that no market explains."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class ProgramStart:
    """One start of a program: when, which, with which reports."""

    day: date
    program: str
    at: datetime
    reports: tuple[Path, ...] = ()
    is_last_of_day: bool = False
    is_after_end: bool = False

    @property
    def text(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.program}"


@dataclass(slots=True)
class RunCounts:
    """How the runs of a replay ended: how many, how often each code; requests (in-process only)."""

    runs: int = 0
    requests: int = 0
    codes: dict[int, int] = field(default_factory=dict)

    def add(self, run: ProgramRun) -> None:
        self.runs += 1
        self.requests += run.requests
        self.codes[run.exit_code] = self.codes.get(run.exit_code, 0) + 1


def program_starts(inputs: ReplayInputs) -> Iterator[ProgramStart]:
    """Yield every start of the replay in order, and the two after its end that book the last session."""
    for day in inputs.days:
        if day not in inputs.skipped_days:
            for program, at in TIMETABLE:
                reports = tuple(inputs.reports.get(day, ()))
                is_last = at == TIMETABLE[-1][1]
                yield ProgramStart(day, program, datetime.combine(day, at, NEW_YORK), reports, is_last)
    for program, at in AFTER_THE_END:
        yield ProgramStart(inputs.last, program, datetime.combine(inputs.last, at, NEW_YORK), is_after_end=True)


def run_days(
    inputs: ReplayInputs,
    folder: ReplayFolder,
    exchange: Exchange,
    run_program: RunProgram,
    *,
    on_session: Callable[[date], None] = lambda day: None,
) -> RunCounts:
    """Run everything that the run log does not hold yet. Raises ReplayStoppedError on an unexpected exit code."""
    counts = RunCounts()
    done = _finished_runs(folder.workspace.state_db)
    for start in program_starts(inputs):
        if not start.is_after_end and done[start.day, start.program]:
            done[start.day, start.program] -= 1
            continue
        exchange.advance_to(start.at)
        run = run_program(start.program, start.reports)
        counts.add(run)
        if run.exit_code not in EXPECTED_CODES:
            raise ReplayStoppedError(
                f"{start.text} ended with {run.exit_code}: {run.last_line}", next_step=f"Its state is in {folder.root}."
            )
        if start.is_last_of_day:
            on_session(start.day)
    return counts


def _finished_runs(state_db: Path) -> Counter[tuple[date, str]]:
    """Count the finished runs of each program of the timetable on each New York day in an earlier replay's run log."""
    if not state_db.exists():
        return Counter()
    with StateDB.open(state_db, SystemClock()) as db:
        rows = db.runs.last(1_000_000)
    return Counter(
        (row.started_at.astimezone(NEW_YORK).date(), row.phase or "generator")
        for row in rows
        if row.finished_at is not None and row.exit_code in EXPECTED_CODES
    )
