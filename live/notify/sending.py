"""Starts the child that sends what a run leaves, and waits for it within a bound."""

from __future__ import annotations

from collections.abc import Callable

from live.child_process import ChildProcess, start_child
from live.notify.heartbeat import MODULE, Heartbeat
from live.notify.notifier import Notifier


def send_now(notifier: Notifier) -> ChildProcess | None:
    """Start a child for what is to be sent so far; waits for nothing."""
    job = notifier.take_job()
    return None if job.is_empty else start_child(MODULE, job.to_bytes())


def send_at_end(notifier: Notifier, heartbeat: Heartbeat, exit_code: int, is_interrupted: Callable[[], bool]) -> None:
    """Send what the run leaves; wait for it at most as long as a child may take. Never raises.

    The run has ended by now: its code is decided, its last line printed, its locks free.
    """
    job = notifier.take_job(heartbeat.end_address(exit_code))
    if job.is_empty:
        return
    if (start := heartbeat.started()) is not None:
        start.wait(is_interrupted)
    child = start_child(MODULE, job.to_bytes())
    if child is not None:
        child.wait(is_interrupted)
