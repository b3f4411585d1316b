"""One trading day of the two real programs on the embedded exchange: what demo, acceptance and replay run.

The programs are started as cron would, at the same New York times, with the same options; in this
process through their click commands and one Runtime, or each as a process of its own.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from live.clock import NEW_YORK
from live.run.runtime import Runtime
from live.timetable import TIMETABLE

PROCESS_LIMIT_S = 900


@dataclass(frozen=True, slots=True)
class Workspace:
    """The files one account is traded with.

    sim_file: the embedded exchange's, for separate processes. prices: a price folder or file instead of the
    exchange's own bars.
    """

    config: Path
    manifest: Path
    state_db: Path
    signals: Path
    sim_file: Path | None = None
    settings: tuple[str, ...] = ()
    prices: Path | None = None

    def arguments(self, program: str, reports: Sequence[Path]) -> list[str]:
        """Return the command line (without the program) of one step of the timetable."""
        given = ["--config", str(self.config), "--manifest", str(self.manifest), "--state-db", str(self.state_db)]
        given += ["--broker", "sim", "--json"]
        settings = self.settings + ((f"broker.sim_file={self.sim_file}",) if self.sim_file else ())
        unkept = (f"paths.{name}=none" for name in ("backups_dir", "logs", "pages_dir"))
        for setting in (*settings, f"paths.signals_dir={self.signals}", *unkept):
            given += ["--set", setting]
        if program != "generator":
            return [*given, "--phase", program]
        given += ["--output-dir", str(self.signals), *(("--prices", str(self.prices)) if self.prices else ())]
        for report in reports:
            given += ["--report-file", str(report)]
        return given if reports else [*given, "--no-report"]


@dataclass(frozen=True, slots=True)
class ProgramRun:
    """How one program ended. result: what it printed with --json. requests: sent to the broker by this run."""

    program: str
    exit_code: int
    result: Mapping[str, Any] = field(default_factory=dict)
    last_line: str = ""
    requests: int = 0


RunProgram = Callable[[str, Sequence[Path]], ProgramRun]
"""Runs one program of the timetable with the reports of the session."""


@dataclass(frozen=True, slots=True)
class Programs:
    """The click commands of the two programs, given by the caller: nothing here imports one."""

    generator: click.Command
    executor: click.Command


@dataclass(frozen=True, slots=True)
class DayRun:
    """The runs of one session, in the order of the timetable."""

    day: date
    runs: tuple[ProgramRun, ...]

    @property
    def requests(self) -> int:
        return sum(run.requests for run in self.runs)

    def of(self, program: str) -> ProgramRun:
        return next(run for run in self.runs if run.program == program)


def run_day(day: date, reports: Sequence[Path], move_to: Callable[[datetime], None], run_program: RunProgram) -> DayRun:
    """Run the timetable of one session. move_to: advances the exchange. run_program: see below."""
    runs = []
    for program, at in TIMETABLE:
        move_to(datetime.combine(day, at, NEW_YORK).astimezone(UTC))
        runs.append(run_program(program, reports))
    return DayRun(day, tuple(runs))


def in_process(programs: Programs, workspace: Workspace, runtime: Runtime) -> RunProgram:
    """Return the runner that calls the click commands in this process; one runtime serves many days."""

    def run(program: str, reports: Sequence[Path]) -> ProgramRun:
        command = programs.generator if program == "generator" else programs.executor
        before = runtime.broker.requests_sent().total
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = command.main(workspace.arguments(program, reports), program, standalone_mode=False, obj=runtime)
        requests = runtime.broker.requests_sent().total - before
        return _read_run(program, int(code or 0), out.getvalue(), err.getvalue(), requests)

    return run


def as_processes(workspace: Workspace, folder: Path) -> RunProgram:
    """Return the runner that starts each program as `python -m live.…` in `folder` (the checkout)."""

    def run(program: str, reports: Sequence[Path]) -> ProgramRun:
        module = "live.signal_generator" if program == "generator" else "live.executor"
        command = [sys.executable, "-m", module, *workspace.arguments(program, reports)]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PROCESS_LIMIT_S, check=False)
        return _read_run(program, done.returncode, done.stdout, done.stderr)

    return run


def _read_run(program: str, code: int, out: str, err: str, requests: int = 0) -> ProgramRun:
    try:
        result = json.loads(out) if out.strip() else {}
    except ValueError:
        result = {"unreadable": out[:2000]}
    lines = err.strip().splitlines()
    return ProgramRun(program, code, result, lines[-1] if lines else "", requests)
