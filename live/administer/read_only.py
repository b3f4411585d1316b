"""Opens state DB and broker for a command that changes nothing: a copy in memory, no lock, no mutating request."""

from __future__ import annotations

from live.administer.options import AdminOptions
from live.run.door import Run
from live.run.runtime import Runtime
from live.run.startup import Connected, Opened, StartOptions, connect, open_run


def start_options(options: AdminOptions, *, phase: str, dry_run: bool) -> StartOptions:
    """Return the options as the start-up of both programs takes them."""
    return StartOptions(
        config=options.config,
        settings=options.settings,
        state_db=options.state_db,
        broker=options.broker,
        enable_live=options.enable_live,
        dry_run=dry_run,
        phase=phase,
    )


def open_read_only(run: Run, options: AdminOptions, runtime: Runtime | None, phase: str) -> Opened:
    """Open a copy of the state DB. Raises ConfigError (6), StateDBError (13)."""
    return open_run(run, start_options(options, phase=phase, dry_run=True), runtime)


def connect_read_only(
    run: Run, opened: Opened, options: AdminOptions, runtime: Runtime | None, phase: str
) -> Connected:
    """Open the broker without its mutating verbs; errors as in `live.run.startup.connect`."""
    return connect(run, opened, start_options(options, phase=phase, dry_run=True), runtime)
