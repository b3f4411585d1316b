"""Opens the state DB for a command that lists what is stored: as of one moment, beside any run, without a broker."""

from __future__ import annotations

from pathlib import Path

from live.run.options import RunOptions
from live.run.program import Run
from live.run.runtime import Runtime
from live.run.startup import Opened, open_run


def open_stored(run: Run, options: RunOptions, runtime: Runtime | None) -> Opened:
    """Open it, print the notes of that, and say where there is none yet. Raises ConfigError (6), StateDBError (13)."""
    opened = open_run(run, options, runtime, only_reads=True)
    run.release_notes()
    if opened.db_is_new:
        run.console.say(no_state_db_text(options.state_db or opened.config.paths.state_db))
    return opened


def no_state_db_text(path: Path) -> str:
    """Return that there is no state DB: what a reader says before the first run."""
    return f"there is no state DB at {path} yet"


def count_text(name: str, shown: int, total: int) -> str:
    """Return the heading of a list: how many there are, and how many of them are shown."""
    return f"{name}: {total or 'none'}" + (f", the newest {shown}" if shown < total else "")
