"""The file of a state DB made as small as its rows need: no row changes."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from live.state_db.connection import Connection
from live.state_db.sqlite_file import as_state_db_error, connect


@dataclass(frozen=True, slots=True)
class FileSize:
    """What a state DB takes on the disk, in bytes. log: its write-ahead log."""

    file: int
    log: int

    @property
    def total(self) -> int:
        return self.file + self.log


def size_of(path: Path) -> FileSize:
    """Return what the file and its write-ahead log take. Raises OSError."""
    log = path.with_name(path.name + "-wal")
    return FileSize(path.stat().st_size, log.stat().st_size if log.exists() else 0)


def free_bytes(connection: Connection) -> int:
    """Return what lies unused inside the file: pages that no row needs."""
    pages = connection.one("SELECT freelist_count * page_size AS bytes FROM pragma_freelist_count, pragma_page_size")
    return 0 if pages is None else int(pages["bytes"])


def compact(path: Path) -> bool:
    """Write the rows into as few pages as they need and empty the write-ahead log; return whether it could be emptied.

    For the one that holds the lock. Another program that reads the file keeps the log from being emptied. Raises
    StateDBError (13): the file then holds what it held.
    """
    with as_state_db_error(path), contextlib.closing(connect(path, must_exist=True)) as raw:
        raw.execute("VACUUM")
        is_busy, _, _ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not is_busy
