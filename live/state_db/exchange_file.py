"""Puts another state DB file in the place of the present one, which is kept beside it."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from live.errors import StateDBError
from live.state_db.create import FILE_MODE, sync_folder

_SIDE_FILES = ("-wal", "-shm", "-journal")


def exchange_file(new: Path, path: Path, now: datetime) -> Path | None:
    """Put a copy of `new` at `path` and return where the file that was there is kept now (None: there was none).

    The caller holds the DB's lock. The write-ahead log of the old file goes before the new file comes, for SQLite
    would apply it to the new one. Raises StateDBError (13); killed at any step there is either file, whole.
    """
    path = path.resolve()  # behind a symlink the file is exchanged, not the link
    building = path.with_name(f".{path.name}.new-{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            _copy(new, building)
            kept = _keep(path, now)
            for suffix in _SIDE_FILES:
                _beside(path, suffix).unlink(missing_ok=True)
            building.replace(path)
        finally:
            for suffix in ("", *_SIDE_FILES):
                _beside(building, suffix).unlink(missing_ok=True)
        sync_folder(path.parent)
    except (sqlite3.Error, OSError) as error:
        raise StateDBError(
            f"state DB not replaced in {path}: {error} (expected a folder we may write to)",
            next_step="Make its folder writable, or some room on the disk, then run the same command again.",
        ) from error
    return kept


def _copy(new: Path, building: Path) -> None:
    """Copy a DB file into a private one in WAL mode."""
    os.close(os.open(building, os.O_CREAT | os.O_TRUNC | os.O_RDWR, FILE_MODE))
    uri = f"{new.absolute().as_uri()}?mode=ro"
    with (
        contextlib.closing(sqlite3.connect(uri, uri=True)) as source,
        contextlib.closing(sqlite3.connect(building, isolation_level=None)) as target,
    ):
        source.backup(target)
        target.execute("PRAGMA journal_mode = WAL")
        target.execute("PRAGMA synchronous = FULL")
        target.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with building.open("rb") as file:
        os.fsync(file.fileno())


def _keep(path: Path, now: datetime) -> Path | None:
    """Keep the present file, with the commits that are still in its log, under a name of its own."""
    if not path.exists():
        return None
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    kept = path.with_name(f"{path.name}.replaced-{stamp}")
    number = 1
    while kept.exists():
        number += 1
        kept = path.with_name(f"{path.name}.replaced-{stamp}-{number}")
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(path, timeout=1)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # a damaged file is kept as it is, its log beside it
    for suffix in ("", "-wal"):
        if _beside(path, suffix).exists():
            shutil.copyfile(_beside(path, suffix), _beside(kept, suffix))
            _beside(kept, suffix).chmod(FILE_MODE)
    return kept


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)
