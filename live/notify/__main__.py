"""The child process of a run: sends what the outbox holds, and asks the heartbeat's address.

Its work comes on stdin (`live.notify.job`), so that no URL stands in a list of processes. It has `Job.seconds` for all
of it and then ends with everything it started. Each message is claimed in the state DB before it is tried and reported
afterwards: a child that dies in between leaves a row that says so, and that a later one sends again.
"""

from __future__ import annotations

import sys
import threading
from datetime import timedelta
from pathlib import Path

from live.child_process import end_with_group, limit_time
from live.clock import SystemClock
from live.errors import StateDBError
from live.notify.channels import Channel, channels_of
from live.notify.heartbeat import ask
from live.notify.job import Job
from live.state_db.outbox import Claimed, open_outbox


def main() -> None:
    """Do the work that stands on stdin."""
    job = Job.from_bytes(sys.stdin.buffer.read())
    limit_time(job.seconds)
    asking = threading.Thread(target=ask, args=(job.asked,), daemon=True) if job.asked is not None else None
    if asking is not None:
        asking.start()
    deliver(job)
    if asking is not None:
        asking.join()


def deliver(job: Job) -> None:
    """Send the direct messages, then the outbox: the least tried first, each once."""
    channels = channels_of(job.command, job.urls)
    for title, body in job.direct:
        for channel in channels:
            channel.send(title, body)
    if job.state_db is None or not channels:
        return
    try:
        _empty_outbox(Path(job.state_db), channels, job.seconds)
    except StateDBError:
        return  # the rows stay; the next run's child sends them


def _empty_outbox(path: Path, channels: tuple[Channel, ...], seconds: float) -> None:
    """Claim, send and report one row after the other; no connection stays open while one is sent."""
    began = SystemClock().now()
    while True:
        with open_outbox(path) as outbox:
            claimed = outbox.claim(not_since=began, hold=timedelta(seconds=2 * seconds))
        if claimed is None:
            return
        delivered, error = _send(claimed, channels)
        with open_outbox(path) as outbox:
            outbox.report(claimed.id, delivered, error)


def _send(claimed: Claimed, channels: tuple[Channel, ...]) -> tuple[tuple[str, ...], str | None]:
    """Send a message the ways it has not gone yet; return the ways it has gone by now, and the first trouble."""
    left = {one.name: one.send(claimed.title, claimed.body) for one in channels if one.name not in claimed.delivered}
    gone = (*claimed.delivered, *(name for name, trouble in left.items() if trouble is None))
    return gone, next((trouble for trouble in left.values() if trouble is not None), None)


if __name__ == "__main__":
    try:
        main()
    finally:
        end_with_group()
