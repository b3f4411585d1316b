"""A step as a process: how its end is read, and that nobody waits for what cannot be started."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from live.rounds.child import RERUN, StepEnd, run_step, step_end
from live.run.interrupt import Interrupt
from live.run.outcome import RunProblem

ERROR = {"code": 7, "message": "no report", "details": {"next_step": "Look."}}


def printed(**content: Any) -> bytes:
    return json.dumps({"run_id": "r1", "error": None, **content}).encode()


def end(code: int, out: bytes = b"", err: bytes = b"", *, is_interrupted: bool = False) -> StepEnd:
    return step_end(code, out, err, is_interrupted=is_interrupted)


def test_what_a_run_printed_says_why_it_ended_so() -> None:
    assert end(7, printed(error=ERROR)).problem == RunProblem(7, "no report", "Look.")
    good = end(0, printed(closing={"needs_hand": "nothing", "stopped_out": []}))
    assert (good.problem, good.needs_hand, good.stopped_out, good.run_id) == (None, None, (), "r1")
    told = end(0, printed(closing={"needs_hand": "AAA: look", "stopped_out": ["AAA 10 at 9.00"]}))
    assert (told.needs_hand, told.stopped_out) == ("AAA: look", ("AAA 10 at 9.00",))


def test_without_an_object_the_last_line_on_stderr_says_why() -> None:
    assert end(1, b"", b"first\nlast\n").problem == RunProblem(1, "last", RERUN)
    assert end(2).problem == RunProblem(2, "it ended with 2", RERUN)
    assert end(0, b"no object").problem is None


def test_a_run_that_something_else_ended_is_1() -> None:
    killed = end(-signal.SIGKILL)
    assert killed.problem is not None
    assert (killed.code, killed.problem.what) == (1, "it was ended by SIGKILL")


@pytest.mark.parametrize("code", [-signal.SIGTERM, -signal.SIGINT, 1])
def test_a_run_that_our_signal_met_before_it_began_is_9(code: int) -> None:
    assert end(code, is_interrupted=True).code == 9
    assert end(code).code == 1


def test_a_process_gets_the_environment_and_nothing_to_read() -> None:
    code = "import os, sys; raise ValueError(os.environ['WORD'] + sys.stdin.read())"
    done = run_step(["timeit", code], {"WORD": "x", "PATH": os.environ["PATH"]}, Interrupt())
    assert done.problem == RunProblem(1, "ValueError: x", RERUN)


@contextmanager
def ignored(number: int, is_ignored: bool) -> Iterator[None]:
    """Ignore a signal, as every process does that is started meanwhile."""
    before = signal.signal(number, signal.SIG_IGN) if is_ignored else signal.getsignal(number)
    try:
        yield
    finally:
        signal.signal(number, before)


@pytest.mark.parametrize(("listens", "ended_by"), [(True, "SIGTERM"), (False, "SIGKILL")])
def test_a_run_that_does_not_end_is_asked_to_and_then_ended(
    monkeypatch: pytest.MonkeyPatch, listens: bool, ended_by: str
) -> None:
    monkeypatch.setattr("live.rounds.child.LIMIT_S", 0.01)
    monkeypatch.setattr("live.rounds.child.GRACE_S", 60.0 if listens else 0.01)
    with ignored(signal.SIGTERM, not listens):
        done = run_step(["timeit", "import signal; signal.pause()"], os.environ, Interrupt())
    assert done.problem is not None
    assert (done.code, done.problem.what) == (1, f"it was ended by {ended_by}")


def test_what_cannot_be_started_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    done = run_step(["live"], {}, Interrupt())
    assert done.problem is not None
    assert (done.code, done.problem.what) == (1, "it could not be started: No such file or directory")
