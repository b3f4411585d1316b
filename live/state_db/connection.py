"""One SQLite connection: how it is opened, checked and written; no SQL of a table lives here."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from live.clock import Clock, iso_utc
from live.errors import StateDBError

BUSY_SECONDS = 10.0
FILE_MODE = 0o600


class CheckedFiles:
    """Which DB files need no new quick_check: those nobody has written since we closed them.

    A stretch of runs in one process (the replay) shares one; a run from the shell has none and checks
    its file in full. A file is known by inode, size and modification time.
    """

    def __init__(self) -> None:
        self._stamps: dict[Path, tuple[int, int, int]] = {}

    def is_current(self, path: Path) -> bool:
        """Tell whether the file is exactly as we left it."""
        return path in self._stamps and self._stamps[path] == _stamp(path)

    def remember(self, path: Path) -> None:
        """Take the file's present state as checked."""
        self._stamps[path] = _stamp(path)

    def forget(self, path: Path) -> None:
        """Check it in full the next time."""
        self._stamps.pop(path, None)


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        state = path.stat()
    except OSError:
        return (0, 0, 0)
    return (state.st_ino, state.st_size, state.st_mtime_ns)


class Connection:
    """A connection with our rules: BEGIN IMMEDIATE, one open transaction at a time, errors as StateDBError."""

    def __init__(self, raw: sqlite3.Connection, path: Path | None, clock: Clock, checked: CheckedFiles | None) -> None:
        self._raw = raw
        self._raw.row_factory = sqlite3.Row
        self._clock = clock
        self._checked = checked
        self._depth = 0
        self._closed = False
        self.path = path
        self.run_id: str | None = None

    @classmethod
    def open(cls, path: Path, clock: Clock, checked: CheckedFiles | None) -> Connection:
        raise NotImplementedError

    @classmethod
    def open_copy(cls, path: Path, clock: Clock, checked: CheckedFiles | None) -> Connection:
        raise NotImplementedError

    @classmethod
    def in_memory(cls, clock: Clock) -> Connection:
        raise NotImplementedError

    @property
    def in_transaction(self) -> bool:
        return self._depth > 0

    def now(self) -> datetime:
        """Return the moment of the injected clock."""
        return self._clock.now()

    def stamp(self) -> str:
        """Return the moment as stored."""
        return iso_utc(self._clock.now())

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Open a transaction, or join the one that is open; only the outermost commits or rolls back."""
        raise NotImplementedError
        yield

    def all(self, sql: str, params: Sequence[Any] = ()) -> list[sqlite3.Row]:
        raise NotImplementedError

    def one(self, sql: str, params: Sequence[Any] = ()) -> sqlite3.Row | None:
        raise NotImplementedError

    def run(self, sql: str, params: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Execute one writing statement; the caller holds a transaction."""
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError


_ = (os, StateDBError)
