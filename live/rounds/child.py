"""One step as a process of its own, with nobody at its stdin; what it printed with `--json`, and how it ended.

It leads a session of its own: a Ctrl-C of the terminal reaches it once, from here, and not twice.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from live.run.interrupt import Interrupt
from live.run.outcome import RunProblem

LIMIT_S = 20 * 60.0
"""A run ends itself after 15 minutes; one that has not is asked to by SIGTERM."""
GRACE_S = 2 * 60.0
"""How long it may take then."""
RERUN = "Run the same command again."


@dataclass(frozen=True, slots=True)
class StepEnd:
    """How a step ended. problem: what decided its exit code, None after 0. result: what it printed with `--json`."""

    code: int
    problem: RunProblem | None = None
    result: Mapping[str, Any] = field(default_factory=dict)

    @property
    def run_id(self) -> str | None:
        """What it calls itself in the state DB, None where it did not say."""
        found = self.result.get("run_id")
        return None if found is None else str(found)

    @property
    def stopped_out(self) -> tuple[str, ...]:
        """The positions that it found stopped out, a line each."""
        return tuple(self._closing.get("stopped_out", ()))

    @property
    def needs_hand(self) -> str | None:
        """What needs a person, None for nothing."""
        words = self._closing.get("needs_hand")
        return None if words in (None, "nothing") else str(words)

    @property
    def _closing(self) -> Mapping[str, Any]:
        found = self.result.get("closing")
        return found if isinstance(found, dict) else {}


def run_step(
    command: Sequence[str], environ: Mapping[str, str], interrupt: Interrupt, *, shows_messages: bool = False
) -> StepEnd:
    """Run `python -m command` to its end. A signal is passed on to it, a second one ends it at once.

    environ: without `PYTHONPATH` for the programs, which is added. shows_messages: its stderr is ours.
    """
    root = str(Path(__file__).resolve().parents[2])
    paths = os.pathsep.join([root, environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=None if shows_messages else subprocess.PIPE,
            env={**environ, "PYTHONPATH": paths},
            start_new_session=True,
        )
    except OSError as error:
        return _failed(1, f"it could not be started: {error.strerror}")
    with _passing_on(interrupt, process):
        out, err = _communicate(process)
    return step_end(process.returncode, out, err, is_interrupted=interrupt.is_requested)


@contextmanager
def _passing_on(interrupt: Interrupt, process: subprocess.Popen[bytes]) -> Iterator[None]:
    has_heard = False

    def pass_on(number: int) -> None:
        nonlocal has_heard
        if has_heard:
            _kill(process)
        else:
            has_heard = True
            process.send_signal(number)

    interrupt.pass_on = pass_on
    try:
        if interrupt.signal_number is not None and not has_heard:  # it came while the process was being started
            pass_on(interrupt.signal_number)
        yield
    finally:
        interrupt.pass_on = None


def _communicate(process: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
    for seconds, end in ((LIMIT_S, process.terminate), (GRACE_S, lambda: _kill(process))):
        try:
            out, err = process.communicate(timeout=seconds)
            return out, err or b""
        except subprocess.TimeoutExpired:
            end()
    out, err = process.communicate()
    return out, err or b""


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End it and what it started. It is not reaped yet, so its group is nobody else's."""
    if process.returncode is None:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)


def step_end(code: int, out: bytes, err: bytes, *, is_interrupted: bool) -> StepEnd:
    """Return how a step ended. code: below 0 by a signal. is_interrupted: it was sent one by us."""
    result = _object_in(out)
    if result is not None and code >= 0:
        error = result.get("error")
        return StepEnd(code, _problem(code, error if isinstance(error, dict) else {}), result)
    if is_interrupted:  # before it could say anything, and so before it began
        return _failed(9, "it was interrupted before it began")
    if code < 0:
        return _failed(1, f"it was ended by {_name_of(-code)}")
    lines = err.decode(errors="replace").strip().splitlines()
    return StepEnd(code, RunProblem(code, lines[-1] if lines else f"it ended with {code}", RERUN) if code else None)


def _failed(code: int, what: str) -> StepEnd:
    return StepEnd(code, RunProblem(code, what, RERUN))


def _problem(code: int, error: Mapping[str, Any]) -> RunProblem | None:
    if code == 0:
        return None
    details = error.get("details")
    next_step = details.get("next_step", "") if isinstance(details, dict) else ""
    return RunProblem(code, str(error.get("message", f"it ended with {code}")), str(next_step))


def _object_in(out: bytes) -> Mapping[str, Any] | None:
    try:
        found = json.loads(out)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _name_of(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
