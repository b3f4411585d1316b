"""`backup` and `restore`: copies of the state DB, and one of them put back in its place."""

from __future__ import annotations

import shlex
from pathlib import Path

from backtest.confirm import confirm
from backtest.errors import UsageError
from backtest.tables import Column
from backtest.text import how_many
from live.administer.book_file import take_over_entry_controls
from live.administer.kill_switch import who_is_asking
from live.administer.reconcile import report_differences
from live.clock import Clock, SystemClock, new_york_minute, new_york_text
from live.errors import AccountBindingError, StateDBError
from live.run.configuration import read_configuration
from live.run.lock import db_lock_path
from live.run.options import IN_MEMORY, RunOptions
from live.run.program import Run
from live.run.runtime import Runtime
from live.run.startup import connect, open_run, take_lock
from live.state_db.backup import Contents, back_up_automatically, check_backup, list_backups, write_backup
from live.state_db.db import StateDB
from live.state_db.event_types.config import StateDBRestored
from live.state_db.exchange_file import exchange_file
from live.state_db.kill_switch import read_kill_switch
from live.state_db.records import KillSwitch
from live.state_db.system_config import describe_account

WORD = "RESTORE"
_DAMAGED = "DAMAGED"
_LISTED = (
    Column("of (New York)"), Column("open positions"), Column("orders"), Column("signal files"),
    Column("file", is_below=True), Column("", is_below=True),
)  # fmt: skip
_COUNTED = {
    "positions": "position",
    "orders": "order",
    "plans": "plan",
    "signal_files": "signal file",
    "events": "event",
    "run_log": "run",
}
"""Tables of which it is said how many rows a backup has, and what a row is."""


def back_up(run: Run, options: RunOptions, runtime: Runtime | None, target: Path | None) -> None:
    """Copy the state DB to `target`, or with None into its folder of backups. Needs no keys and no lock.

    Raises ConfigError (6), StateDBError (13) when there is no sound DB or the copy cannot be written.
    """
    state_db, folder = _places(options)
    if not state_db.exists():
        raise StateDBError(f"no state DB in {state_db} (expected one to copy)", next_step="Give the right --state-db.")
    if target is None:
        target = back_up_automatically(state_db, folder, _clock(runtime).now())
        contents = check_backup(target)
    else:
        if str(target) == IN_MEMORY:
            raise UsageError(f"{target} is no file (expected one to copy the state DB to)")
        if target.resolve() == state_db.resolve():
            raise UsageError(f"{target} is the state DB itself (expected another file)")
        contents = write_backup(state_db, target)
    run.console.say(f"written: {target}", "green")
    run.console.prose(_contents_text(contents))
    run.report |= {"path": str(target), "rows": dict(contents.rows)}


def list_all(run: Run, options: RunOptions) -> None:
    """Print the automatic backups, newest first, with what each holds; a damaged one is named as such."""
    state_db, folder = _places(options)
    lines: list[tuple[str, str, str]] = []
    cells: list[tuple[str, ...]] = []
    for one in list_backups(state_db, folder):
        at, path = new_york_text(one.at), str(one.path)
        try:
            contents = check_backup(one.path)
        except StateDBError as error:
            lines.append((at, path, f"{_DAMAGED}: {error.what}"))
            cells.append((new_york_minute(one.at), "", "", "", path, lines[-1][-1]))
            continue
        lines.append((at, path, _contents_text(contents)))
        counts = (contents.rows.get(name, 0) for name in ("orders", "signal_files"))
        cells.append((new_york_minute(one.at), *map(str, (contents.open_positions, *counts)), path, ""))
    if lines:
        run.console.table(_LISTED, cells)
        newest = next((path for _, path, words in lines if not words.startswith(_DAMAGED)), None)
        if newest is not None:
            run.console.say(f"put the newest back: python -m live.admin restore {shlex.quote(newest)}")
    else:
        run.console.say(f"no backups of {state_db} in {folder}; without one: python -m live.admin rebuild --dry-run")
    run.report["backups"] = [{"of": at, "path": path, "holds": words} for at, path, words in lines]


def restore_backup(
    run: Run,
    options: RunOptions,
    runtime: Runtime | None,
    backup: Path,
    *,
    is_sure: bool,
) -> None:
    """Put a backup in the place of the state DB, which is kept, then sync with the broker.

    A kill switch that is on stays on, entries that are off stay off, vetoes stand. Raises ConfigError (6),
    StateDBError (13) for a backup that is not sound, LockedError (10), UsageError (2) when it is not confirmed;
    afterwards what the sync raises (6, 8). Ends 4 when state DB and broker differ.
    """
    state_db, folder = _places(options)
    clock = _clock(runtime)
    source = backup if backup.exists() else folder / backup.name
    take_lock(run, db_lock_path(state_db), may_be_later=not state_db.exists())
    if not source.exists():
        raise StateDBError(
            f"no backup {backup} (expected a file that is there, or one of {folder})",
            next_step="Name one of those that it shows: python -m live.admin restore --list",
        )
    check_backup(source)
    _compare(run, source, state_db, clock)
    if not is_sure:
        confirm(WORD, f"to put it in the place of {state_db}")
    run.begin()
    before = read_kill_switch(state_db)
    kept = exchange_file(source, state_db, clock.now())
    if kept is not None:
        run.note(f"the file that was there is kept as {kept}")
    opened = open_run(run, options, runtime, is_locked=True)
    with opened.db.transaction():
        opened.db.runs.end_copied()
        opened.db.events.append(StateDBRestored(str(source), str(kept) if kept else None, who_is_asking()))
        if before.on and before.source != "file":  # a KILL file counts by itself
            opened.db.system_config.turn_kill_switch_on(_kept_reason(before), before.who or who_is_asking())
            run.note(f"the kill switch stays ON: {_kept_reason(before)}")
        take_over_entry_controls(opened.db, kept, clock)
    run.note(f"restored from {source}; bringing it up to what the broker says")
    report_differences(run, opened, connect(run, opened, options, runtime))


def _places(options: RunOptions) -> tuple[Path, Path]:
    """Return the state DB and its folder of backups."""
    config = read_configuration(options)
    state_db = options.state_db or config.paths.state_db
    return state_db, state_db.parent / (config.paths.backups_dir or "backups")


def _clock(runtime: Runtime | None) -> Clock:
    return SystemClock() if runtime is None else runtime.broker.clock


def _compare(run: Run, source: Path, state_db: Path, clock: Clock) -> None:
    """Print what the backup holds beside what is there now. Raises AccountBindingError (6) for another account's."""
    backup = StateDB.open_copy(source, clock)
    run.resources.callback(backup.close)
    rows = [("backup", str(source), *_cells(backup))]
    bound = None
    if state_db.exists():
        try:
            with StateDB.open_copy(state_db, clock) as present:
                bound = present.system_config.bound_account()
                rows.insert(0, ("now", str(state_db), *_cells(present)))
        except StateDBError as error:
            run.console.warn(f"the present state DB cannot be read: {error.what}")
    run.console.table(("", "file", "open positions", "last run"), rows)
    theirs = backup.system_config.bound_account()
    if bound is not None and theirs is not None and bound != theirs:
        whose, expected = describe_account(theirs), describe_account(bound)
        raise AccountBindingError(
            f"backup {source} belongs to another account: {whose} (expected {expected})",
            next_step="Name a backup of this account, or another --state-db.",
        )


def _cells(db: StateDB) -> tuple[str, str]:
    held = ", ".join(f"{row.ticker} {row.actual_shares}" for row in db.positions.open_positions()) or "none"
    runs = db.runs.last()
    return held, f"{new_york_text(runs[0].started_at)} {runs[0].program}" if runs else "none"


def _kept_reason(switch: KillSwitch) -> str:
    return switch.why or "it was on when a backup was restored"


def _contents_text(contents: Contents) -> str:
    counts = ", ".join(how_many(contents.rows.get(table, 0), row) for table, row in _COUNTED.items())
    last = "no run" if contents.last_run is None else f"last run {new_york_minute(contents.last_run)} New York"
    return f"{how_many(contents.open_positions, 'open position')}, {last}; {counts}"
