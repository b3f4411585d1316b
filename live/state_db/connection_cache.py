"""State DB connections that stay open from one run to the next within one process."""

from __future__ import annotations

import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from live.state_db.sqlite_file import data_version


@dataclass(slots=True)
class Known:
    """What has been read through a connection, by query, and what it has written since it was opened.

    answers: each with the numbers of writes it was read at, and its parameters. writes: by table. rollbacks: what was
    taken back.
    """

    answers: dict[str, tuple[tuple[int, int, tuple[object, ...]], Any]] = field(default_factory=dict)
    writes: Counter[str] = field(default_factory=Counter)
    rollbacks: int = 0


class ConnectionCache:
    """Open connections by file, for many runs in one process (the replay).

    A run from the shell has none: it opens its file, checks it in full and closes it. With a cache the
    next run takes over the open connection, unchecked when no other connection has written the file since: that
    shows in inode, size, modification time and SQLite's own `data_version`. What the run before has read is then
    still so. Close it after the last run.
    """

    def __init__(self) -> None:
        self._open: dict[Path, tuple[sqlite3.Connection, Known, tuple[int, int, int], int]] = {}

    def take(self, path: Path) -> tuple[sqlite3.Connection, Known] | None:
        """Return the open connection to a file that is as we left it, and what is known of it; else None."""
        entry = self._open.pop(path, None)
        if entry is None:
            return None
        raw, known, stamp, version = entry
        if stamp == _stamp(path) and version == data_version(raw):
            return raw, known
        raw.close()
        return None

    def put(self, path: Path, raw: sqlite3.Connection, known: Known) -> None:
        """Take over a connection instead of its being closed; an open transaction rolls back."""
        if raw.in_transaction:
            raw.execute("ROLLBACK")
            known.rollbacks += 1
        self._open[path] = (raw, known, _stamp(path), data_version(raw))

    def close(self) -> None:
        """Close every file; idempotent."""
        while self._open:
            self._open.popitem()[1][0].close()

    def __enter__(self) -> ConnectionCache:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        state = path.stat()
    except OSError:
        return (0, 0, 0)
    return (state.st_ino, state.st_size, state.st_mtime_ns)
