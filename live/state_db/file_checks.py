"""Whether a file is a state DB that may be used: its header, its pages, its version, its tables, its mode."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from live.errors import StateDBError
from live.state_db.row_checks import BrokenRow, broken_live_row, broken_row, impossible_rows
from live.state_db.schema import APPLICATION_ID, GUARDS, KNOWN_OBJECTS, REQUIRED_OBJECTS, SCHEMA_VERSION, is_as_made
from live.state_db.sqlite_file import RESTORE, WRITABLE, as_state_db_error, schema_version

Made = dict[str, tuple[str, str]]
"""Name → kind and statement of everything that was made in a file."""
_MAGIC = b"SQLite format 3\x00"


def header_version(path: Path) -> int:
    """Return the schema version in the file's header, read without SQLite so that a refused file stays untouched."""
    try:
        if not (path.is_file() or path.is_dir()):  # a pipe would hold us up
            raise OSError(0, "no regular file")
        with path.open("rb") as handle:
            header = handle.read(100)
    except OSError as error:
        raise StateDBError(
            f"state DB unreadable in {path}: {error.strerror or error} (expected a file we may read and write)",
            next_step="Give the right --state-db.",
        ) from None
    if len(header) < 100 or not header.startswith(_MAGIC):
        found = "an empty file" if not header else "no SQLite file"
        raise StateDBError(f"state DB invalid in {path}: {found} (expected a state DB)", next_step=RESTORE)
    if int.from_bytes(header[68:72], "big") != APPLICATION_ID:
        raise StateDBError(
            f"state DB invalid in {path}: another program's SQLite file (expected a state DB)",
            next_step="Give the right --state-db.",
        )
    version = int.from_bytes(header[60:64], "big")
    if version > SCHEMA_VERSION:
        raise _wrong_version(path, version)
    return version


def _wrong_version(path: Path, version: int) -> StateDBError:
    return StateDBError(
        f"state DB of another schema in {path}: version {version} (expected {SCHEMA_VERSION})",
        next_step="Use the program version that wrote it or a newer one.",
    )


def check_pages(raw: sqlite3.Connection, path: Path) -> None:
    """Refuse a damaged file, or one with a live row that breaks a constraint; reads every page, and judges live rows.

    What old rows hold is judged where a backup is made (docs/decisions/0006-quick-check-on-every-open.md).
    """
    with as_state_db_error(path):
        with _constraints_left_out(raw):
            found = raw.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise _damaged(path, broken_row(raw, found), found)
        row = broken_live_row(raw)
    if row is not None:
        raise _damaged(path, row, row.finding)


def check_every_row(raw: sqlite3.Connection, path: Path) -> None:
    """Refuse a damaged file, or one with any row that breaks a constraint or that our programs never leave behind."""
    with as_state_db_error(path):
        found = raw.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise _damaged(path, broken_row(raw, found), found)
    _refuse_impossible(raw, path, every_row=True)


def _damaged(path: Path, row: BrokenRow | None, found: str) -> StateDBError:
    where = f", {row}; " if row is not None else ": "
    return StateDBError(f"state DB damaged in {path}{where}{found} (expected a sound file)", next_step=RESTORE)


@contextmanager
def _constraints_left_out(raw: sqlite3.Connection) -> Iterator[None]:
    """Let `quick_check` evaluate no CHECK, which takes most of its time; every write after it is checked again."""
    raw.execute("PRAGMA ignore_check_constraints = ON")
    try:
        yield
    finally:
        raw.execute("PRAGMA ignore_check_constraints = OFF")


def _refuse_impossible(raw: sqlite3.Connection, path: Path, *, every_row: bool = False) -> None:
    with as_state_db_error(path):
        row = next(impossible_rows(raw, every_row=every_row), None)
    if row is not None:
        raise StateDBError(f"state DB changed in {path}, {row} (expected what our programs write)", next_step=RESTORE)


def check_foreign_keys(raw: sqlite3.Connection, path: Path) -> None:
    """Refuse a file with a row that refers to none."""
    with as_state_db_error(path):
        found = raw.execute("PRAGMA foreign_key_check").fetchone()
    if found is not None:
        raise StateDBError(
            f"state DB damaged in {path}: a row of {found[0]} refers to none of {found[2]} (expected a sound file)",
            next_step=RESTORE,
        )


def check_schema(raw: sqlite3.Connection, path: Path) -> tuple[str, ...]:
    """Refuse a file that is not of the current schema, or that somebody has changed so that our rules do not hold.

    Return what is in it that is not ours and does no harm: views, indexes, tables.
    """
    made = _objects(raw, path)
    foreign = _foreign_objects(made, path)
    _refuse_impossible(raw, path)
    _check_guards(made, path)
    return foreign


def check_objects(raw: sqlite3.Connection, path: Path) -> tuple[str, ...]:
    """Do what `check_schema` does, but look at no row: for readers, which a large file must not slow down."""
    made = _objects(raw, path)
    foreign = _foreign_objects(made, path)
    _check_guards(made, path)
    return foreign


def _objects(raw: sqlite3.Connection, path: Path) -> Made:
    with as_state_db_error(path):
        version = schema_version(raw)
        made = {name: (kind, sql) for kind, name, sql in raw.execute("SELECT type, name, sql FROM sqlite_master")}
    if version != SCHEMA_VERSION:
        raise _wrong_version(path, version)
    return made


def _foreign_objects(made: Made, path: Path) -> tuple[str, ...]:
    names = made.keys()
    if missing := sorted(REQUIRED_OBJECTS - names):
        raise StateDBError(
            f"state DB incomplete in {path}: {missing[0]} is missing (expected every table)", next_step=RESTORE
        )
    foreign = sorted(name for name in names - KNOWN_OBJECTS if not name.startswith("sqlite_"))
    for name in foreign:
        if made[name][0] == "trigger":
            raise StateDBError(
                f"state DB changed in {path}: the trigger {name} is not ours (expected no other program's triggers)",
                next_step=f'Remove it: sqlite3 {path} "DROP TRIGGER {name}"',
            )
    return tuple(f"{made[name][0]} {name}" for name in foreign)


def _check_guards(made: Made, path: Path) -> None:
    for name in sorted(GUARDS & made.keys()):
        kind, sql = made[name]
        if not is_as_made(sql):
            raise StateDBError(
                f"state DB changed in {path}: the {kind} {name} is not as we made it (expected ours)", next_step=RESTORE
            )


def refuse_read_only(path: Path) -> None:
    """A file without a write bit is not written, not even by root, who could."""
    if not path.stat().st_mode & 0o222:
        raise StateDBError(
            f"state DB not writable in {path}: it is read-only (expected a file we may write)", next_step=WRITABLE
        )
