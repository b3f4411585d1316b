"""Opens state DB and broker for a command that changes nothing: a copy in memory, no lock, no mutating request."""

from __future__ import annotations

from dataclasses import replace

from live.run.options import RunOptions
from live.run.program import Run
from live.run.runtime import Runtime
from live.run.startup import Connected, Opened, connect, open_run

LOST_DB = "the state DB is empty, but the broker has orders of ours"


def open_read_only(run: Run, options: RunOptions, runtime: Runtime | None) -> Opened:
    """Open a copy of the state DB. Raises ConfigError (6), StateDBError (13)."""
    return open_run(run, replace(options, dry_run=True), runtime)


def connect_read_only(run: Run, opened: Opened, options: RunOptions, runtime: Runtime | None) -> Connected:
    """Open the broker without its mutating verbs; errors as in `live.run.startup.connect`."""
    return connect(run, opened, replace(options, dry_run=True), runtime)
