"""The day loop: both programs as cron would start them, session after session, on the embedded exchange.

Interrupted anywhere, the loop goes on where it stopped: what has been done is read from the run log, and
the step that was cut off is simply run again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from backtest.errors import DriftError
from live.clock import NEW_YORK, SystemClock
from live.parity.trading_day import TIMETABLE, ProgramRun, Workspace
from live.state_db.db import StateDB

if TYPE_CHECKING:
    from live.parity.stretch import Stretch
    from live.sim.exchange import Exchange

EXPECTED_CODES = frozenset({0, 9})
"""9: an entry or exit without a bar, a session without any bar; everything else stops the replay."""

AFTER_THE_END = (("protect", time(16, 10)), ("generator", time(16, 30)))
"""What books the last session: its stop-outs at the broker, its close for the shadow."""


class ReplayStoppedError(DriftError):
    """A run in the replay ended with a code that no market explains."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Step:
    """One start of a program: when, which, with which reports."""

    day: date
    program: str
    at: datetime
    reports: tuple[Path, ...] = ()
    is_after_end: bool = False

    @property
    def text(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.program}"


@dataclass(frozen=True, slots=True)
class Folder:
    """The state of one replay."""

    root: Path

    @property
    def exchange(self) -> Path:
        return self.root / "exchange.db"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    @property
    def workspace(self) -> Workspace:
        return Workspace(
            config=self.root / "config.yaml",
            manifest=self.root / "run_manifest.json",
            state_db=self.root / "state.db",
            signals=self.root / "signals",
            sim_file=self.exchange,
        )


@dataclass(slots=True)
class DayLog:
    """What the runs of the stretch said: how many, how often each code, which ended 9, requests (in-process only)."""

    runs: int = 0
    requests: int = 0
    codes: dict[int, int] = field(default_factory=dict)
    nines: list[str] = field(default_factory=list)

    def count(self, step: Step, run: ProgramRun) -> None:
        self.runs += 1
        self.requests += run.requests
        self.codes[run.exit_code] = self.codes.get(run.exit_code, 0) + 1
        if run.exit_code == 9:
            self.nines.append(f"{step.text}: {run.last_line}")


def steps_of(stretch: Stretch) -> Iterator[Step]:
    """Yield every start of the stretch in order, and the two after its end that book what the last session did."""
    for day in stretch.days:
        if day not in stretch.skipped_days:
            for program, at in TIMETABLE:
                yield Step(day, program, datetime.combine(day, at, NEW_YORK), tuple(stretch.reports.get(day, ())))
    for program, at in AFTER_THE_END:
        yield Step(stretch.last, program, datetime.combine(stretch.last, at, NEW_YORK), is_after_end=True)


def run_days(
    stretch: Stretch,
    folder: Folder,
    exchange: Exchange,
    start: Callable[[str, Sequence[Path]], ProgramRun],
    *,
    on_session: Callable[[date], None] = lambda day: None,
) -> DayLog:
    """Run every step that the run log does not yet tell of. Raises ReplayStoppedError on an unexpected exit code."""
    log = DayLog()
    done = _done(folder.workspace.state_db)
    for step in steps_of(stretch):
        if not step.is_after_end and (step.day, step.program) in done:
            continue
        exchange.advance_to(step.at)
        run = start(step.program, step.reports)
        log.count(step, run)
        if run.exit_code not in EXPECTED_CODES:
            raise ReplayStoppedError(
                f"{step.text} ended with {run.exit_code}: {run.last_line}", next_step=f"Its state is in {folder.root}."
            )
        if step.program == TIMETABLE[-1][0]:
            on_session(step.day)
    return log


def _done(state_db: Path) -> frozenset[tuple[date, str]]:
    """Return (New York day, program of the timetable) of every finished run, from the run log of an earlier replay."""
    if not state_db.exists():
        return frozenset()
    with StateDB.open(state_db, SystemClock()) as db:
        rows = db.runs.last(1_000_000)
    return frozenset(
        (row.started_at.astimezone(NEW_YORK).date(), row.phase or "generator")
        for row in rows
        if row.finished_at is not None and row.exit_code in EXPECTED_CODES
    )
