"""The day loop: both programs as cron would start them, session after session, on the embedded exchange.

Interrupted anywhere, the loop goes on where it stopped: what has been done is read from the run log, and
the step that was cut off is simply run again.
"""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click

from backtest.errors import DriftError
from live.clock import NEW_YORK, SystemClock
from live.state_db.db import StateDB

if TYPE_CHECKING:
    from live.parity.stretch import Stretch
    from live.runtime import Runtime
    from live.sim.exchange import Exchange

GENERATOR = "signal_generator"
EXECUTOR = "executor"
EXPECTED_CODES = frozenset({0, 9})
"""9: an entry or exit without a bar, a session without any bar; everything else stops the replay."""


class ReplayStoppedError(DriftError):
    """A run in the replay ended with a code that no market explains."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Step:
    """One start of a program: when, which, in which phase, for which session."""

    day: date
    at: datetime
    program: str
    phase: str | None = None
    reports: tuple[Path, ...] = ()
    trade_date: date | None = None

    @property
    def text(self) -> str:
        return f"{self.at.astimezone(NEW_YORK):%Y-%m-%d %H:%M} {self.program}" + (
            f" {self.phase}" if self.phase else ""
        )


@dataclass(frozen=True, slots=True)
class Folder:
    """The temporary state of one replay."""

    root: Path

    @property
    def state_db(self) -> Path:
        return self.root / "state.db"

    @property
    def exchange(self) -> Path:
        return self.root / "exchange.db"

    @property
    def config(self) -> Path:
        return self.root / "config.yaml"

    @property
    def manifest(self) -> Path:
        return self.root / "run_manifest.json"

    @property
    def signals(self) -> Path:
        return self.root / "signals"

    @property
    def reports(self) -> Path:
        return self.root / "reports"


@dataclass(slots=True)
class DayLog:
    """What the runs of the stretch said, for the summary: how often each code, and the requests sent."""

    runs: int = 0
    codes: dict[int, int] = field(default_factory=dict)
    nines: list[str] = field(default_factory=list)

    def count(self, step: Step, code: int, last_line: str) -> None:
        self.runs += 1
        self.codes[code] = self.codes.get(code, 0) + 1
        if code == 9:
            self.nines.append(f"{step.text}: {last_line}")


class Starter(Protocol):
    """Starts one program with arguments; returns its exit code and its last line on stderr."""

    def __call__(self, program: str, args: Sequence[str]) -> tuple[int, str]: ...


def steps_of(stretch: Stretch) -> Iterator[Step]:
    """Yield every start of the stretch in order, and the two after its end that book what the last session did."""
    for day in stretch.days:
        if day not in stretch.skipped_days:
            yield Step(day, _at(day, 9, 0), GENERATOR, reports=tuple(stretch.reports.get(day, ())), trade_date=day)
            yield Step(day, _at(day, 9, 20), EXECUTOR, "place")
            yield Step(day, _at(day, 9, 31), EXECUTOR, "poll")
            yield Step(day, _at(day, 15, 45), EXECUTOR, "protect")
    yield Step(stretch.last, _at(stretch.last, 16, 10), EXECUTOR, "protect")
    following = stretch.sessions.next(stretch.last)
    yield Step(following, _at(stretch.last, 16, 30), GENERATOR, trade_date=following)


def run_days(
    stretch: Stretch,
    folder: Folder,
    exchange: Exchange,
    start: Starter,
    *,
    on_session: Callable[[date], None] = lambda day: None,
) -> DayLog:
    """Run every step that the run log does not yet tell of. Raises ReplayStoppedError on an unexpected exit code."""
    log = DayLog()
    done = _done(folder)
    for step in steps_of(stretch):
        if _is_done(step, done):
            continue
        exchange.advance_to(step.at)
        code, last_line = start(step.program, _arguments(step, folder))
        log.count(step, code, last_line)
        if code not in EXPECTED_CODES:
            raise ReplayStoppedError(
                f"{step.text} ended with {code}: {last_line}", next_step=f"Its state is in {folder.root}."
            )
        if step.phase == "protect":
            on_session(step.day)
    return log


def in_process(runtime: Runtime) -> Starter:
    """Return a starter that calls the click commands in this process, with one Runtime for all of them."""
    from live.executor import main as executor
    from live.signal_generator import main as generator

    commands: Mapping[str, click.Command] = {GENERATOR: generator, EXECUTOR: executor}

    def start(program: str, args: Sequence[str]) -> tuple[int, str]:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                code = commands[program].main(list(args), prog_name=program, standalone_mode=False, obj=runtime)
            except click.ClickException as error:
                return error.exit_code, error.format_message()
        return int(code or 0), _last_line(err.getvalue())

    return start


def as_processes(exchange_file: Path, prices: str) -> Starter:
    """Return a starter that runs each program as a process of its own, as cron does."""
    from_project = {**os.environ, "NO_COLOR": "1"}

    def start(program: str, args: Sequence[str]) -> tuple[int, str]:
        extra = ["--broker", "sim", "--set", f"broker.sim_file={exchange_file}"]
        if program == GENERATOR:
            extra += ["--prices", prices]
        command = [sys.executable, "-m", f"live.{program}", *args, *extra]
        result = subprocess.run(command, capture_output=True, text=True, env=from_project, check=False, timeout=900)
        return result.returncode, _last_line(result.stderr)

    return start


def _arguments(step: Step, folder: Folder) -> list[str]:
    args = [
        "--config",
        str(folder.config),
        "--state-db",
        str(folder.state_db),
        "--manifest",
        str(folder.manifest),
        "-q",
    ]
    if step.program == EXECUTOR:
        return [*args, "--phase", str(step.phase)]
    args += ["--output-dir", str(folder.signals), "--trade-date", str(step.trade_date)]
    for report in step.reports:
        args += ["--report-file", str(report)]
    return args if step.reports else [*args, "--no-report"]


def _done(folder: Folder) -> frozenset[tuple[date, str, str | None]]:
    """Return (New York day, program, phase) of every finished run, from the run log of an earlier replay."""
    if not folder.state_db.exists():
        return frozenset()
    with StateDB.open(folder.state_db, SystemClock()) as db:
        rows = db.runs.last(1_000_000)
    return frozenset(
        (row.started_at.astimezone(NEW_YORK).date(), row.program, row.phase)
        for row in rows
        if row.finished_at is not None and row.exit_code in EXPECTED_CODES
    )


def _is_done(step: Step, done: frozenset[tuple[date, str, str | None]]) -> bool:
    is_after_end = step.at.astimezone(NEW_YORK).time() > time(16)
    return not is_after_end and (step.day, step.program, step.phase) in done


def _at(day: date, hour: int, minute: int) -> datetime:
    return datetime.combine(day, time(hour, minute), NEW_YORK)


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""
