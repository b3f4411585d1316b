"""One SQLite connection: how it is opened, checked and written; no statement about a table lives here."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

from live.clock import Clock, iso_utc
from live.errors import StateDBError
from live.state_db.connection_cache import ConnectionCache, data_version
from live.state_db.schema import APPLICATION_ID, REQUIRED_OBJECTS, SCHEMA_VERSION, apply_step, write_first_rows

BUSY_SECONDS = 10.0
_WRITING = re.compile(r"\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+(\w+)")
_MAGIC = b"SQLite format 3\x00"
_RESTORE = "Put a backup of it in its place, and keep the damaged file."
_WRITABLE = "Make the file and its folder writable for this user, then run again."


class Connection:
    """A connection with our rules: BEGIN IMMEDIATE, one open transaction at a time, errors as StateDBError."""

    def __init__(self, raw: sqlite3.Connection, path: Path | None, clock: Clock, cache: ConnectionCache | None) -> None:
        """path: the file, None in memory and for a copy. home: the folder of the file, of a copy too."""
        self._raw = raw
        self._raw.row_factory = sqlite3.Row
        self._clock = clock
        self._cache = cache
        self._depth = 0
        self._closed = False
        self._failed = False
        self._rollbacks = 0
        self._writes: Counter[str] = Counter()
        self.path = path
        self.home = path.parent if path else None
        self.run_id: str | None = None

    @classmethod
    def open(cls, path: Path, clock: Clock, cache: ConnectionCache | None) -> Connection:
        """See `StateDB.open`."""
        if cache is not None and (open_already := cache.take(path)) is not None:
            _refuse_read_only(path)
            return cls(open_already, path, clock, cache)
        if not path.exists() and not path.is_symlink():
            _bring_up_to_date(path, clock)
        elif _header_version(path) < SCHEMA_VERSION:
            with contextlib.closing(_connect(path, BUSY_SECONDS)) as raw:
                _check(raw, path, in_full=True, expected_version=None)
            _bring_up_to_date(path, clock)
        _refuse_read_only(path)
        with _as_state_db_error(path):
            raw = _connect(path, BUSY_SECONDS)
            try:
                _check(raw, path, in_full=True)
            except BaseException:
                raw.close()
                raise
        return cls(raw, path, clock, cache)

    @classmethod
    def open_copy(cls, path: Path, clock: Clock) -> Connection:
        """See `StateDB.open_copy`."""
        if not path.exists() and not path.is_symlink():
            memory = cls.in_memory(clock)
            memory.home = path.parent
            return memory
        _header_version(path)
        raw = sqlite3.connect(":memory:", isolation_level=None)
        with _as_state_db_error(path):
            with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as source:
                source.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
                source.backup(raw)
            _pragmas(raw)
            _check(raw, path, in_full=True, expected_version=None)
            for number in range(_version(raw) + 1, SCHEMA_VERSION + 1):
                apply_step(raw, number)
            _check(raw, path, in_full=False)
        copy = cls(raw, None, clock, None)
        copy.home = path.parent
        return copy

    @classmethod
    def in_memory(cls, clock: Clock) -> Connection:
        """See `StateDB.in_memory`."""
        raw = sqlite3.connect(":memory:", isolation_level=None)
        _pragmas(raw)
        for number in range(1, SCHEMA_VERSION + 1):
            apply_step(raw, number)
        write_first_rows(raw, iso_utc(clock.now()))
        return cls(raw, None, clock, None)

    @property
    def in_transaction(self) -> bool:
        return self._depth > 0

    def writes(self, *tables: str) -> int:
        """Return a number that grows when this connection writes one of these tables or takes anything back.

        As long as it stands still, what a run has read of them is still so: its lock keeps other runs out.
        """
        return self._rollbacks + sum(self._writes[table] for table in tables)

    def data_version(self) -> int:
        """Return a number that changes when another connection has written the file."""
        with _as_state_db_error(self.path):
            return data_version(self._raw)

    def now(self) -> datetime:
        """Return the moment of the injected clock."""
        return self._clock.now()

    def stamp(self) -> str:
        """Return that moment as it is stored."""
        return iso_utc(self._clock.now())

    def transaction(self) -> AbstractContextManager[None]:
        """Open a transaction, or join the one that is open; only the outermost commits or rolls back.

        When a joined part fails, the whole rolls back, even if somebody swallows the error in between
        (then with a RuntimeError): a fact is never half written.
        """
        return _Transaction(self)

    def _begin(self) -> None:
        if not self._depth:
            self._execute("BEGIN IMMEDIATE")
            self._failed = False
        self._depth += 1

    def _end(self, *, has_failed: bool) -> None:
        self._failed = self._failed or has_failed
        self._depth -= 1
        if self._depth:
            return
        is_kept = False
        try:
            if self._failed and not has_failed:
                raise RuntimeError("a part of this transaction failed and its error was swallowed")
            if not self._failed:
                self._execute("COMMIT")
                is_kept = True
        finally:
            if not is_kept:
                self._roll_back()

    def _roll_back(self) -> None:
        self._rollbacks += 1
        with contextlib.suppress(sqlite3.Error):
            if self._raw.in_transaction:  # some errors have ended it already
                self._raw.execute("ROLLBACK")

    def all(self, sql: str, params: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Return every row of a query."""
        try:
            return self._raw.execute(sql, params).fetchall()
        except sqlite3.Error as error:
            _refuse(error, self.path)

    def one(self, sql: str, params: Sequence[Any] = ()) -> sqlite3.Row | None:
        """Return the first row of a query or None."""
        try:
            row: sqlite3.Row | None = self._raw.execute(sql, params).fetchone()
            return row
        except sqlite3.Error as error:
            _refuse(error, self.path)

    def write(self, sql: str, params: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Execute one writing statement inside the open transaction. RuntimeError when there is none."""
        if not self._raw.in_transaction:
            raise RuntimeError("a write outside a transaction")
        self._writes[_written_table(sql)] += 1
        return self._execute(sql, params)

    def _execute(self, sql: str, params: Sequence[Any] = ()) -> sqlite3.Cursor:
        try:
            return self._raw.execute(sql, params)
        except sqlite3.Error as error:
            _refuse(error, self.path)

    def close(self) -> None:
        """Close, or put the connection into the cache; an open transaction rolls back. Idempotent."""
        if self._closed:
            return
        self._closed = True
        with _as_state_db_error(self.path):
            if self._cache is not None and self.path is not None:
                self._cache.put(self.path, self._raw)
            else:
                self._raw.close()


class _Transaction:
    """One level of a transaction; a generator would cost as much as the statements inside."""

    __slots__ = ("_c",)

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def __enter__(self) -> None:
        self._c._begin()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._c._end(has_failed=kind is not None)


@lru_cache(maxsize=256)
def _written_table(sql: str) -> str:
    """Return the table a statement writes. ValueError for a form that is not ours."""
    found = _WRITING.match(sql)
    if found is None:
        raise ValueError(f"no INSERT, UPDATE or DELETE of one table: {sql[:80]}")
    return found[1]


def _connect(path: Path, busy_seconds: float) -> sqlite3.Connection:
    raw = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None)
    try:
        _pragmas(raw)
    except BaseException:
        raw.close()
        raise
    return raw


def _pragmas(raw: sqlite3.Connection) -> None:
    raw.execute("PRAGMA foreign_keys = ON")
    raw.execute("PRAGMA synchronous = FULL")


def _check(
    raw: sqlite3.Connection, path: Path, *, in_full: bool, expected_version: int | None = SCHEMA_VERSION
) -> None:
    """Refuse what is damaged or is no current state DB; `expected_version` None: an older one will do."""
    with _as_state_db_error(path):
        if in_full:
            found = raw.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                raise StateDBError(f"state DB damaged in {path}: {found} (expected a sound file)", next_step=_RESTORE)
        version = _version(raw)
        if version > SCHEMA_VERSION or (expected_version is not None and version != expected_version):
            raise _wrong_version(path, version)
        if expected_version is None:
            return
        names = {row[0] for row in raw.execute("SELECT name FROM sqlite_master")}
        if missing := sorted(REQUIRED_OBJECTS - names):
            raise StateDBError(
                f"state DB incomplete in {path}: {missing[0]} is missing (expected every table)", next_step=_RESTORE
            )


def _version(raw: sqlite3.Connection) -> int:
    return int(raw.execute("PRAGMA user_version").fetchone()[0])


def _header_version(path: Path) -> int:
    """Return the schema version in the file's header, read without SQLite so that a refused file stays untouched."""
    try:
        with path.open("rb") as handle:
            header = handle.read(100)
    except OSError as error:
        raise StateDBError(
            f"state DB unreadable in {path}: {error.strerror or error} (expected a file we may read and write)",
            next_step="Give the right --state-db.",
        ) from None
    if len(header) < 100 or not header.startswith(_MAGIC):
        found = "an empty file" if not header else "no SQLite file"
        raise StateDBError(f"state DB invalid in {path}: {found} (expected a state DB)", next_step=_RESTORE)
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


def _refuse_read_only(path: Path) -> None:
    """A file without a write bit is not written, not even by root, who could."""
    if not path.stat().st_mode & 0o222:
        raise StateDBError(
            f"state DB not writable in {path}: it is read-only (expected a file we may write)", next_step=_WRITABLE
        )


def _bring_up_to_date(path: Path, clock: Clock) -> None:
    from live.state_db.migrations import bring_up_to_date  # late: needed once per schema version

    bring_up_to_date(path, iso_utc(clock.now()))


@contextmanager
def _as_state_db_error(path: Path | None) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        _refuse(error, path)


def _refuse(error: sqlite3.Error, path: Path | None) -> NoReturn:
    """What the file cannot do is StateDBError; a write that breaks a constraint is a bug of ours and stays one."""
    if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError):
        raise error
    busy = "locked" in str(error) or "busy" in str(error)
    found = f"busy for more than {BUSY_SECONDS:.0f} s" if busy else str(error)
    raise StateDBError(
        f"state DB failed in {path or 'memory'}: {found} (expected a sound, writable file)",
        next_step=_step_after(found),
    ) from error


def _step_after(found: str) -> str:
    """Return what a person does about SQLite's words."""
    if found.startswith("busy"):
        return "See who holds it, then run again."
    if "full" in found or "disk I/O" in found:
        return "See how full the disk is (df .), then run again."
    if "readonly" in found or "unable to open" in found:
        return _WRITABLE
    return _RESTORE
