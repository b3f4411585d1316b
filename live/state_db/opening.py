"""The ways to a connection: the file of a run, only to read it, a copy of it in memory, an empty DB in memory."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from live.clock import Clock, iso_utc
from live.state_db.connection import Connection
from live.state_db.connection_cache import ConnectionCache
from live.state_db.file_checks import (
    check_every_row,
    check_objects,
    check_pages,
    check_schema,
    header_version,
    refuse_read_only,
)
from live.state_db.kill_file import kill_files_of
from live.state_db.schema import SCHEMA_VERSION, write_schema
from live.state_db.sqlite_file import (
    BUSY_SECONDS,
    SQLITE_FAILS,
    as_state_db_error,
    connect,
    schema_version,
    set_pragmas,
)

_NO_SPACE = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL)
"""How SQLite fails to read when the disk has no room for its shared index beside the file."""


def open_file(path: Path, clock: Clock, cache: ConnectionCache | None) -> Connection:
    """See `StateDB.open`."""
    if cache is not None and (open_already := cache.take(path)) is not None:
        refuse_read_only(path)
        raw, known = open_already
        return Connection(raw, path, clock, cache, known=known)
    if _is_absent(path):
        with contextlib.closing(_new(clock)) as new:
            from live.state_db.create import create  # late: needed once

            create(path, new)
    elif header_version(path) < SCHEMA_VERSION:
        with contextlib.closing(connect(path)) as raw:
            check_every_row(raw, path)
        _upgrade(path, clock)
    refuse_read_only(path)
    with as_state_db_error(path):
        raw = connect(path)
        try:
            check_pages(raw, path)
            foreign = check_schema(raw, path)
        except BaseException:
            raw.close()
            raise
    return Connection(raw, path, clock, cache, foreign)


def open_unkept(path: Path, clock: Clock, cache: ConnectionCache | None) -> Connection:
    """See `StateDB.open_unkept`."""
    if not _is_absent(path):
        return open_file(path, clock, cache)
    return Connection(_new(clock), path, clock, cache, is_kept=False)


def open_copy(path: Path, clock: Clock) -> Connection:
    """See `StateDB.open_copy`."""
    if _is_absent(path):
        copy = open_in_memory(clock)
        copy.kill_files = kill_files_of(path)
        return copy
    header_version(path)
    raw = sqlite3.connect(":memory:", isolation_level=None)
    with as_state_db_error(path):
        try:
            _read_into(raw, path)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in _NO_SPACE or not _is_all_in_file(path):
                raise
            _read_into(raw, path, "&immutable=1")
        if schema_version(raw) < SCHEMA_VERSION:
            check_every_row(raw, path)
            raw = _upgraded(raw, clock)
        check_pages(raw, path)
        set_pragmas(raw)
        foreign = check_schema(raw, path)
    copy = Connection(raw, None, clock, None, foreign)
    copy.kill_files = kill_files_of(path)
    return copy


def open_reading(path: Path, clock: Clock) -> Connection:
    """See `StateDB.open_reading`."""
    if _is_absent(path) or header_version(path) < SCHEMA_VERSION:
        return open_copy(path, clock)
    raw = _read_only(path)
    try:
        try:
            raw.execute("BEGIN")
            raw.execute("SELECT 1 FROM sqlite_master LIMIT 1")  # from here on every query sees this moment
        except SQLITE_FAILS:
            raw.close()
            return open_copy(path, clock)  # a folder that cannot be written, or a damaged file, which it names
        foreign = check_objects(raw, path)
    except BaseException:
        raw.close()
        raise
    return Connection(raw, path, clock, None, foreign)


def _read_only(path: Path, more: str = "") -> sqlite3.Connection:
    raw = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro{more}", uri=True, isolation_level=None)
    raw.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
    return raw


def _read_into(raw: sqlite3.Connection, path: Path, more: str = "") -> None:
    with contextlib.closing(_read_only(path, more)) as source:
        source.backup(raw)


def _is_all_in_file(path: Path) -> bool:
    """Return whether nothing waits in the write-ahead log, so that the file alone is the whole DB."""
    log = path.with_name(path.name + "-wal")
    return not log.exists() or log.stat().st_size == 0


def open_in_memory(clock: Clock) -> Connection:
    """See `StateDB.in_memory`."""
    return Connection(_new(clock), None, clock, None)


def _new(clock: Clock) -> sqlite3.Connection:
    """Return an empty DB of the current schema, in memory."""
    raw = sqlite3.connect(":memory:", isolation_level=None)
    set_pragmas(raw)
    write_schema(raw, iso_utc(clock.now()))
    return raw


def _is_absent(path: Path) -> bool:
    return not path.exists() and not path.is_symlink()


def _upgraded(older: sqlite3.Connection, clock: Clock) -> sqlite3.Connection:
    """Return the copy of an older DB, brought up to date in a folder of its own; nothing is left of it."""
    import tempfile  # late: needed only by a dry run before the first real run of a new version

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.db"
        with contextlib.closing(sqlite3.connect(path)) as file:
            older.backup(file)
        older.close()
        _upgrade(path, clock)
        raw = sqlite3.connect(":memory:", isolation_level=None)
        with contextlib.closing(sqlite3.connect(path)) as file:
            file.backup(raw)
    return raw


def _upgrade(path: Path, clock: Clock) -> None:
    from live.state_db.upgrade import upgrade  # late: needed once per schema version

    upgrade(path, iso_utc(clock.now()))
