"""A SQLite file as we use one: how a connection is set up, and what SQLite's errors mean."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from live.errors import StateDBError

BUSY_SECONDS = 10.0
RESTORE = "Put a backup in its place: python -m live.admin restore --list; the damaged file is kept."
WRITABLE = "Make the file and its folder writable for this user, then run again."
FREE_SPACE = "See how full the disk is (df .), then run again."

SQLITE_FAILS = (sqlite3.Error, UnicodeDecodeError)
"""How SQLite fails; its words about a damaged file quote bytes of it, which need be no text."""


def connect(path: Path, *, must_exist: bool = False) -> sqlite3.Connection:
    """Open a file with our settings; statements outside a transaction commit at once. must_exist: never make one."""
    where = f"{path.absolute().as_uri()}?mode=rw" if must_exist else path
    raw = sqlite3.connect(where, timeout=BUSY_SECONDS, isolation_level=None, uri=must_exist)
    try:
        set_pragmas(raw)
    except BaseException:
        raw.close()
        raise
    return raw


def set_pragmas(raw: sqlite3.Connection) -> None:
    """Set what SQLite does not keep in the file."""
    raw.execute("PRAGMA foreign_keys = ON")
    raw.execute("PRAGMA synchronous = FULL")


def data_version(raw: sqlite3.Connection) -> int:
    """Return a number that changes when another connection has written the file."""
    return int(raw.execute("PRAGMA data_version").fetchone()[0])


def schema_version(raw: sqlite3.Connection) -> int:
    """Return the number of migration steps applied to the file."""
    return int(raw.execute("PRAGMA user_version").fetchone()[0])


@contextmanager
def as_state_db_error(path: Path | None) -> Iterator[None]:
    """Turn SQLite's errors into StateDBError, see `refuse`."""
    try:
        yield
    except SQLITE_FAILS as error:
        refuse(error, path)


def refuse(error: sqlite3.Error | UnicodeDecodeError, path: Path | None) -> NoReturn:
    """What the file cannot do is StateDBError; a write that breaks a constraint is a bug of ours and stays one."""
    if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError):
        raise error
    busy = "locked" in str(error) or "busy" in str(error)
    words = "a damaged page" if isinstance(error, UnicodeDecodeError) else str(error)
    found = f"busy for more than {BUSY_SECONDS:.0f} s" if busy else words
    raise StateDBError(
        f"state DB failed in {path or 'memory'}: {found} (expected a sound, writable file)",
        next_step=step_after(found),
    ) from error


def step_after(found: str) -> str:
    """Return what a person does about the message of SQLite or of the system."""
    if found.startswith("busy"):
        return "See who holds it, then run again."
    if any(words in found for words in ("full", "disk I/O", "No space", "too large")):
        return FREE_SPACE
    if any(words in found for words in ("readonly", "unable to open", "Permission denied", "Read-only")):
        return WRITABLE
    return RESTORE
