"""Makes a new state DB file of one in memory."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

from live.errors import StateDBError
from live.state_db.file_checks import check_pages, check_schema
from live.state_db.sqlite_file import FREE_SPACE, WRITABLE, step_after

FILE_MODE = 0o600


def create(path: Path, source: sqlite3.Connection) -> bool:
    """Write a DB into a file (0600) beside its place and put it there, complete.

    Returns False when one appeared there meanwhile, which stays. Raises StateDBError (13).
    """
    building = path.with_name(f".{path.name}.new-{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _remove(building)
        try:
            os.close(os.open(building, os.O_CREAT | os.O_EXCL | os.O_RDWR, FILE_MODE))
            _fill(building, source)
            is_ours = _put_in_place(building, path)
        finally:
            _remove(building)
        sync_folder(path.parent)
    except (sqlite3.Error, OSError) as error:
        raise StateDBError(
            f"new state DB not written in {path}: {error} (expected a folder we may write to)",
            next_step=FREE_SPACE if step_after(str(error)) == FREE_SPACE else WRITABLE,
        ) from error
    return is_ours


def sync_folder(folder: Path) -> None:
    """Make the folder's entries durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _fill(path: Path, source: sqlite3.Connection) -> None:
    """Write all of it, then turn WAL on, then look whether it is in the file.

    In WAL mode a full disk could leave it in a -wal file of the building place, which nobody would find.
    """
    with contextlib.closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as raw:
        raw.execute("PRAGMA synchronous = FULL")
        source.backup(raw)
        raw.execute("PRAGMA journal_mode = WAL")
    with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as raw:
        check_pages(raw, path)
        check_schema(raw, path)


def _put_in_place(building: Path, path: Path) -> bool:
    """Never over a file that appeared meanwhile: another program made the same new DB."""
    try:
        os.link(building, path)
    except FileExistsError:
        return False
    except OSError:  # a file system without hard links
        if path.exists():
            return False
        building.rename(path)
    return True


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
