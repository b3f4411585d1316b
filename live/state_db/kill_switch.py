"""The kill switch as a question to a path: before a DB is open, and when there is none.

Inside a run ask `db.system_config.kill_switch()`; the rules are the same (I5, F80): no DB yet is
off, a missing or garbled flag in an existing DB or an unreadable DB is on, a KILL file always is.
"""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from live.clock import Clock
from live.errors import StateDBError
from live.state_db.db import StateDB
from live.state_db.kill_file import KILL_FILE_NAME, kill_files_of, read_kill_files, write_kill_file
from live.state_db.records import KillSwitch
from live.state_db.sqlite_file import SQLITE_FAILS
from live.state_db.system_config import parse_kill_switch

PROGRAM = "admin"


def kill_file_of(db_path: Path) -> Path:
    """Return where the KILL file of a state DB is made."""
    return db_path.parent / KILL_FILE_NAME


def read_kill_switch(db_path: Path) -> KillSwitch:
    """Return the switch of a state DB without opening it for a run; never raises, writes nothing."""
    if by_file := read_kill_files(kill_files_of(db_path)):
        return by_file
    try:
        db_path.lstat()
    except FileNotFoundError:
        return KillSwitch(on=False)
    except OSError as error:
        return _unreadable(db_path, error)
    if not db_path.is_file():  # a pipe would hold us up
        return _unreadable(db_path, OSError("no regular file"))
    try:
        with contextlib.closing(sqlite3.connect(f"{db_path.absolute().as_uri()}?mode=ro", uri=True, timeout=1)) as raw:
            row = raw.execute("SELECT value FROM system_config WHERE key = 'kill_switch'").fetchone()
    except (*SQLITE_FAILS, OSError) as error:
        return _unreadable(db_path, error)
    return parse_kill_switch(None if row is None else row[0])


@dataclass(frozen=True, slots=True)
class TurnedOn:
    """The switch as it counts now. db_problem: why the flag could not be written, so that the KILL file counts.

    has_reason: the reason is kept, in the flag or in the file.
    """

    switch: KillSwitch
    db_problem: StateDBError | None = None
    has_reason: bool = True


def turn_kill_switch_on(db_path: Path, why: str, who: str, clock: Clock) -> TurnedOn:
    """Switch it on whatever is there: the flag in the DB, or the KILL file when there is no usable DB. Takes no lock.

    Raises StateDBError (13) only when neither can be written.
    """
    problem = None
    if db_path.exists():
        try:
            with StateDB.open(db_path, clock, program=PROGRAM) as db:
                return TurnedOn(db.system_config.turn_kill_switch_on(why, who))
        except StateDBError as error:
            problem = error
    try:
        has_reason = write_kill_file(kill_file_of(db_path), why)
    except OSError as error:
        raise StateDBError(
            f"kill switch NOT on: nothing can be written beside {db_path}: {error.strerror}",
            next_step="Nothing is stopped yet: stop the cron lines, or make the folder writable and try again.",
        ) from error
    return TurnedOn(read_kill_switch(db_path), problem, has_reason)


def turn_kill_switch_off(db_path: Path, who: str, clock: Clock) -> KillSwitch:
    """Switch it off and return what counts afterwards. Raises StateDBError (13) when an existing DB is unusable."""
    if db_path.exists():
        with StateDB.open(db_path, clock, program=PROGRAM) as db:
            return db.system_config.turn_kill_switch_off(who)
    for kill in kill_files_of(db_path):
        with contextlib.suppress(OSError):
            kill.unlink(missing_ok=True)
    return read_kill_switch(db_path)


def _unreadable(db_path: Path, error: Exception) -> KillSwitch:
    return KillSwitch(on=True, why=f"the state DB {db_path} cannot be read: {error}", source="rule")
