"""A run's own row in the state DB: that it began, how it ended, and how many before it failed too."""

from __future__ import annotations

from datetime import datetime

from live.clock import new_york_text
from live.config import LiveConfig
from live.config_file import settings_of
from live.run.killed_runs import killed_run_text
from live.run.outcome import Outcome
from live.run.program import Run
from live.state_db.db import StateDB
from live.state_db.runs import FAILED

MANY_FAILED = 3
"""So many failed runs in a row are notified."""


def start_row(run: Run, db: StateDB, config: LiveConfig) -> None:
    """Write that the run began, with the settings in force."""
    run.run_id = db.runs.start(run.program, phase=run.phase, settings=settings_of(config))
    run.is_recorded = True


def record_end(run: Run, db: StateDB, config: LiveConfig, outcome: Outcome) -> None:
    """Write how the run ended; a connected one also ends the rows of runs that were killed, and says so.

    A run refused before it was connected gets its row only now. One that was refused in a place without a state DB
    leaves none.
    """
    if not db.is_kept:
        return
    if not run.is_recorded:
        start_row(run, db, config)
    else:
        for killed in db.runs.end_killed():
            run.note(killed_run_text(killed))
    worst = outcome.worst
    line = worst.line if worst else "ok"
    db.runs.finish(run.run_id, outcome.exit_code, line, {**outcome.as_json(), "closing": run.closing_lines.as_json()})
    _notify_failures(run, db, line)


def _notify_failures(run: Run, db: StateDB, line: str) -> None:
    """From the third failed run in a row on the notify hook is called: each alone only asks to be run again."""
    failed = db.runs.failed_in_a_row()
    if failed < MANY_FAILED or run.outcome.exit_code not in FAILED:
        return
    last = last_contact(db)
    since = "never" if last is None else new_york_text(last)
    run.notifier.send(f"earnings-drift: {failed} failed runs in a row", f"{line} Last good contact: {since}.")


def last_contact(db: StateDB) -> datetime | None:
    """Return when a run last had complete answers of the broker, None when none ever had."""
    seen = db.equity.latest()
    moments = [moment for moment in (db.system_config.last_complete_sync(), seen.ts if seen else None) if moment]
    return max(moments, default=None)
