"""What a benchmark reports, and how processes and functions are timed.

Machines differ and are busy: the best of several runs is taken, and each time is set in relation to another of the
same run. Nothing is asserted.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.paths import ROOT

SHARED = ROOT.parent / "shared"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. ratio: the same in units of something else measured in this run. wanted: the goal."""

    what: str
    value: str
    ratio: str = ""
    wanted: str = ""


@dataclass(frozen=True, slots=True)
class Spent:
    """What something cost: seconds by the clock and of the processor, and for a process its exit code."""

    wall: float
    cpu: float
    code: int = 0


def run_process(command: Sequence[str], *, cwd: Path = ROOT, env: Mapping[str, str] | None = None) -> Spent:
    """Run a process to its end, its output thrown away."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=cwd, env=environment(env), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    return Spent(wall, usage.ru_utime + usage.ru_stime, process.returncode)


def python(*arguments: str | Path) -> list[str]:
    """Return the command line of a Python process of this environment."""
    return [sys.executable, *map(str, arguments)]


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a new user: none of our settings, the checkout importable from any folder."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("APCA_", "ALPACA_", "FMP_"))}
    return {**plain, "PYTHONPATH": str(ROOT), **(more or {})}


def best_process(command: Sequence[str], *, times: int = 5, cwd: Path = ROOT) -> Spent:
    """Return the quickest of several runs."""
    return min((run_process(command, cwd=cwd) for _ in range(times)), key=lambda spent: spent.wall)


def best_of(action: Callable[[], object], *, times: int = 3) -> Spent:
    """Return what the quickest of several calls cost."""
    return min((once(action) for _ in range(times)), key=lambda spent: spent.wall)


def once(action: Callable[[], object]) -> Spent:
    """Return what one call cost."""
    wall, cpu = time.perf_counter(), time.process_time()
    action()
    return Spent(time.perf_counter() - wall, time.process_time() - cpu)


@cache
def bare_interpreter() -> Spent:
    """Return what a process that does nothing costs; measured once a run."""
    return best_process(python("-c", "pass"), times=9)


def seconds(spent: Spent) -> str:
    """Return both times as text."""
    return f"{spent.wall:.3f} s ({spent.cpu:.3f} s CPU)"


def to_bare(spent: Spent) -> str:
    """Return a process's time as a multiple of the bare interpreter's."""
    return f"{spent.wall / bare_interpreter().wall:.0f} x python -c pass"
