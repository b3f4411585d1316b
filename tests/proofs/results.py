"""What the command of a proof found: kept as JSON beside this file, shown as a table, gathered in a page."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from backtest.files import write_file
from tests.paths import ROOT

FOLDER = Path(__file__).parent / "results"
NAMES = ("crash", "chaos", "faults", "mutants", "fuzz", "soak", "parity")
"""The proofs in the order of the page."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one run of a proof's command found.

    proof: one of NAMES. command: as it is typed, with what repeats it (its seed). figures: what was counted, in words,
    in the order they are shown. found: one line a violation, with the command that shows it again; empty is what is
    wanted. seconds: by the clock; cpu_seconds: of the processor, with its processes. commit: of the checkout, with a
    `+` when files of it had been changed. finished: UTC.
    """

    proof: str
    command: str
    figures: Mapping[str, int | float | str]
    found: Sequence[str]
    seconds: float
    cpu_seconds: float
    commit: str
    machine: str
    finished: str


def make_result(
    proof: str, command: str, figures: Mapping[str, int | float | str], found: Sequence[str], seconds: float
) -> Result:
    """Return the result of a run that ends now, with where and on which code it ran."""
    times = os.times()
    cpu = times.user + times.system + times.children_user + times.children_system
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Result(
        proof, command, dict(figures), list(found), round(seconds, 1), round(cpu, 1), _commit(), _machine(), now
    )


def report(result: Result, *, keep: bool) -> int:
    """Print a result, keep it where asked (and write the page anew); return the exit code: 0, or 1 with violations."""
    for line in lines_of(result):
        click.echo(line)
    if keep:
        from tests.proofs.page import write_page

        path = FOLDER / f"{result.proof}.json"
        write_file(path, (json.dumps(asdict(result), indent=2) + "\n").encode())
        write_page()
        click.echo(f"kept in {path.relative_to(ROOT)}; docs/reliability.md is written anew")
    return 1 if result.found else 0


def lines_of(result: Result) -> list[str]:
    """Return what the command prints: the figures, then every violation, then how many there are."""
    width = max((len(name) for name in result.figures), default=0)
    lines = [f"{name.ljust(width)}  {shown(value)}" for name, value in result.figures.items()]
    lines.append(f"{'seconds'.ljust(width)}  {shown(result.seconds)} (processor: {shown(result.cpu_seconds)})")
    return [*lines, *(f"violation: {one}" for one in result.found), f"violations: {len(result.found)}"]


def shown(value: int | float | str) -> str:
    """Return a figure as text: thousands apart."""
    return value if isinstance(value, str) else f"{value:,}"


def read_results() -> dict[str, Result]:
    """Return the kept results by the name of their proof, in the order of NAMES."""
    paths = {name: FOLDER / f"{name}.json" for name in NAMES}
    return {name: _read(path) for name, path in paths.items() if path.exists()}


def _read(path: Path) -> Result:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return Result(**content)


def _commit() -> str:
    """Return the short hash of the checkout's commit, with a `+` when files were changed; "" outside of one."""

    def git(*args: str) -> str:
        done = subprocess.run(["git", *args], cwd=ROOT, capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""

    commit = git("rev-parse", "--short=9", "HEAD")
    kept = [":!tests/proofs/results", ":!docs/reliability.md"]
    return commit + ("+" if commit and git("status", "--porcelain", "--", ".", *kept) else "")


def _machine() -> str:
    """Return what the figures depend on: processor, cores, system, Python."""
    model = platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        named = [line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = named[0] if named else model
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{model}, {cores} cores, {platform.system()}, Python {sys.version.split()[0]}"
