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
from live.errors import KillSwitchError
from live.parity.folder import ReplayFolder
from live.parity.trading_day import ProgramRun, RunProgram
from live.state_db.db import StateDB
from live.state_db.kill_file import KILL_FILE_NAME, write_kill_file
from live.timetable import TIMETABLE

if TYPE_CHECKING:
    from live.parity.inputs import ReplayInputs
    from live.sim.exchange import Exchange

EXPECTED_CODES = frozenset({0, 9})
"""9: an entry or exit without a bar, a session without any bar; everything else stops the replay."""
REFUSED_CODES = EXPECTED_CODES | {KillSwitchError.exit_code}
"""Those of a session that the kill switch refuses."""
REFUSED = "refused on purpose by the replay"
"""The reason of that kill switch. It is on from before the generator's time to after the last run of the day."""

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
    is_refused: bool = False

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
                moment = datetime.combine(day, at, NEW_YORK)
                is_refused = day in inputs.refused_days
                yield ProgramStart(day, program, moment, reports, is_last, is_refused=is_refused)
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
    done = _finished_runs(folder.workspace.state_db, inputs)
    for start in program_starts(inputs):
        if not start.is_after_end and done[start.day, start.program]:
            done[start.day, start.program] -= 1
            continue
        exchange.advance_to(start.at)
        _switch(folder.workspace.state_db, is_on=start.is_refused)
        run = run_program(start.program, start.reports)
        counts.add(run)
        if run.exit_code not in (REFUSED_CODES if start.is_refused else EXPECTED_CODES):
            raise ReplayStoppedError(
                f"{start.text} ended with {run.exit_code}: {run.last_line}", next_step=f"Its state is in {folder.root}."
            )
        if start.is_last_of_day:
            on_session(start.day)
    return counts


def _switch(state_db: Path, *, is_on: bool) -> None:
    """Turn the kill switch on or off as a person may, by its file; it holds for this replay's state DB alone."""
    path = state_db.parent / KILL_FILE_NAME
    if not is_on:
        path.unlink(missing_ok=True)
    elif not path.exists():
        write_kill_file(path, REFUSED)


def _finished_runs(state_db: Path, inputs: ReplayInputs) -> Counter[tuple[date, str]]:
    """Count the finished runs of each program of the timetable on each New York day in an earlier replay's run log."""
    if not state_db.exists():
        return Counter()
    with StateDB.open(state_db, SystemClock()) as db:
        rows = db.runs.last(1_000_000)
    done: Counter[tuple[date, str]] = Counter()
    for row in rows:
        day = row.started_at.astimezone(NEW_YORK).date()
        expected = REFUSED_CODES if day in inputs.refused_days else EXPECTED_CODES
        if row.finished_at is not None and row.exit_code in expected:
            done[day, row.phase or "generator"] += 1
    return done
