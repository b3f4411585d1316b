"""State DB files that stay open between the runs of a stretch."""

from __future__ import annotations

import sqlite3
from pathlib import Path


class KeptFiles:
    """DB files that the runs of one stretch in one process (the replay) leave open for each other.

    A run from the shell has none: it opens its file, checks it in full and closes it. Here the next run
    takes over the open connection, unchecked when nobody else has written the file since: it is known
    by inode, size, modification time and SQLite's own `data_version`. Close it after the stretch.
    """

    def __init__(self) -> None:
        self._kept: dict[Path, tuple[sqlite3.Connection, tuple[int, int, int], int]] = {}

    def take(self, path: Path) -> sqlite3.Connection | None:
        """Return the open connection to a file that is as we left it, else None."""
        kept = self._kept.pop(path, None)
        if kept is None:
            return None
        raw, stamp, version = kept
        if stamp == _stamp(path) and version == data_version(raw):
            return raw
        raw.close()
        return None

    def keep(self, path: Path, raw: sqlite3.Connection) -> None:
        """Take over a connection instead of its being closed; an open transaction rolls back."""
        if raw.in_transaction:
            raw.execute("ROLLBACK")
        self._kept[path] = (raw, _stamp(path), data_version(raw))

    def close(self) -> None:
        """Close every file; idempotent."""
        while self._kept:
            self._kept.popitem()[1][0].close()

    def __enter__(self) -> KeptFiles:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def data_version(raw: sqlite3.Connection) -> int:
    """Return a number that changes when another connection has written the file."""
    return int(raw.execute("PRAGMA data_version").fetchone()[0])


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        state = path.stat()
    except OSError:
        return (0, 0, 0)
    return (state.st_ino, state.st_size, state.st_mtime_ns)
