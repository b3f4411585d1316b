"""A run's own row in the state DB: that it began, how it ended, and how many before it failed too."""

from __future__ import annotations

import logging
from datetime import datetime

from backtest.version import __version__
from live.clock import NEW_YORK, new_york_text
from live.config import LiveConfig, NotifyKind
from live.config_file import settings_of
from live.errors import KillSwitchError
from live.notify.notifier import code_topic
from live.run.kill_switch_text import kill_switch_text
from live.run.killed_runs import killed_run_text
from live.run.outcome import Outcome
from live.run.program import Run
from live.state_db.db import StateDB
from live.state_db.runs import FAILED

logger = logging.getLogger(__name__)
MANY_FAILED = 3
"""So many failed runs in a row are notified."""


def start_row(run: Run, db: StateDB, config: LiveConfig) -> None:
    """Write that the run began, with the settings in force."""
    run.run_id = db.runs.start(run.program, phase=run.phase, settings=settings_of(config))
    run.is_recorded = True
    log_start(run, config)


def log_start(run: Run, config: LiveConfig) -> None:
    """Log what runs, for which account, by which configuration and manifest, within which limits."""
    hashes = {"config": config.config_sha256, "manifest": run.manifest_sha256}
    account = run.report.get("account_line")
    known = account if isinstance(account, dict) else {}
    started = {"event": "run_started", "phase": run.phase, "version": __version__, **known}
    started |= {f"{name}_sha256": sha256 for name, sha256 in hashes.items()}
    words = [run.phase or run.program]
    if known:
        words.append("{mode}, {host}, account {account}".format(**known))
    words += [f"{name} {sha256[:12]}" for name, sha256 in hashes.items() if sha256 is not None]
    logger.info("run started: %s", ", ".join(words), extra={"fields": started})


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
    summary = {**outcome.as_json(), "closing": run.closing_lines.as_json()}
    run.notify_end()  # first: a run that is killed right after it is told of all the same
    db.runs.finish(run.run_id, outcome.exit_code, line, summary)
    _notify_failures(run, db, line)
    _notify_switch(run, db)


def _notify_failures(run: Run, db: StateDB, line: str) -> None:
    """From the third failed run in a row on a person is notified: each alone only asks to be run again."""
    failed = db.runs.failed_in_a_row()
    if failed < MANY_FAILED or run.outcome.exit_code not in FAILED:
        return
    last = last_contact(db)
    since = "never" if last is None else new_york_text(last)
    title = f"earnings-drift: {failed} failed runs in a row"
    run.notifier.send(NotifyKind.FAILED_RUNS, title, f"{line} Last good contact: {since}.")


def _notify_switch(run: Run, db: StateDB) -> None:
    """From the day after it was turned on a kill switch that is still on is notified once a day."""
    switch = db.system_config.kill_switch()
    today = db.connection.now().astimezone(NEW_YORK).date()
    if switch.on and (switch.since is None or switch.since.astimezone(NEW_YORK).date() < today):
        title, topic = "earnings-drift: the kill switch is still on", code_topic(KillSwitchError.exit_code)
        run.notifier.send(NotifyKind.KILL_SWITCH_DAILY, title, kill_switch_text(switch), topic=topic)


def last_contact(db: StateDB) -> datetime | None:
    """Return when a run last had complete answers of the broker, None when none ever had."""
    seen = db.equity.latest()
    moments = [moment for moment in (db.system_config.last_complete_sync(), seen.ts if seen else None) if moment]
    return max(moments, default=None)
