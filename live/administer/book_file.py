"""The state DB for a command that writes a person's word into it: beside running programs, without a broker."""

from __future__ import annotations

import contextlib
from pathlib import Path

from live.clock import Clock, SystemClock
from live.config import LiveConfig
from live.errors import StateDBError
from live.run.configuration import read_configuration
from live.run.options import RunOptions
from live.run.outlets import open_log
from live.run.program import Run
from live.run.runtime import Runtime
from live.state_db.db import StateDB


def open_book_file(run: Run, options: RunOptions, runtime: Runtime | None) -> tuple[LiveConfig, StateDB]:
    """Open the state DB that the runs use, without its lock: a person's word is one row, read before each order.

    Raises ConfigError (6), StateDBError (13) for one that is unusable, or not there: a new one would hold back nothing.
    """
    config = read_configuration(options)
    path = options.state_db or config.paths.state_db
    if not path.exists():
        raise StateDBError(
            f"no state DB at {path} (expected the one that the runs use)",
            next_step="Name it with --state-db; before the first run there is nothing to hold back.",
        )
    clock = SystemClock() if runtime is None else runtime.broker.clock
    open_log(run, config, path, clock)
    db = StateDB.open(path, clock, program="admin")
    run.resources.callback(db.close)
    return config, db


def take_over_entry_controls(db: StateDB, replaced: Path | None, clock: Clock) -> None:
    """Keep what a person has said of entries in the file that `db` replaces, as far as it can be read."""
    if replaced is not None:
        with contextlib.suppress(StateDBError), StateDB.open_copy(replaced, clock) as before:
            db.entry_controls.take_over(before.entry_controls)
