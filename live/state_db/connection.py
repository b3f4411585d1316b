"""One SQLite connection: its transactions and statements; statements about tables are in the modules beside it."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from live.clock import Clock, iso_utc
from live.errors import LockedError
from live.state_db.connection_cache import ConnectionCache, Known
from live.state_db.kill_file import kill_files_of
from live.state_db.sqlite_file import SQLITE_FAILS, as_state_db_error, connect, data_version, refuse
from live.state_db.values import as_stored

_WRITING = re.compile(r"\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+(\w+)")


class Connection:
    """A connection with our rules: BEGIN IMMEDIATE, one open transaction at a time, errors as StateDBError."""

    def __init__(
        self,
        raw: sqlite3.Connection,
        path: Path | None,
        clock: Clock,
        cache: ConnectionCache | None,
        foreign_objects: tuple[str, ...] = (),
        *,
        is_kept: bool = True,
        known: Known | None = None,
    ) -> None:
        """path: the file, None in memory and for a copy. foreign_objects: what is in it that is not ours.
        known: of a connection that the cache kept open.

        is_kept: False for a new DB that is only in memory until `keep`.

        hide_secrets: every text that is written goes through it.
        """
        self._raw = raw
        self._raw.row_factory = sqlite3.Row
        self._clock = clock
        self._cache = cache
        self._depth = 0
        self._closed = False
        self._failed = False
        self.known = known or Known()
        self.path = path
        self.foreign_objects = foreign_objects
        self.is_kept = is_kept
        self.kill_files = kill_files_of(path) if path else ()
        self.run_id: str | None = None
        self.program = "state_db"
        self.hide_secrets: Callable[[str], str] | None = None

    @property
    def in_transaction(self) -> bool:
        return self._depth > 0

    def writes(self, *tables: str) -> int:
        """Return a number that grows when this connection writes one of these tables or takes anything back.

        As long as it stands still, what a run has read of them is still so: its lock keeps other runs out.
        """
        return self.known.rollbacks + sum(self.known.writes[table] for table in tables)

    def data_version(self) -> int:
        """Return a number that changes when another connection has written the file."""
        try:
            return data_version(self._raw)
        except SQLITE_FAILS as error:
            refuse(error, self.path)

    def now(self) -> datetime:
        """Return the moment of the injected clock."""
        return self._clock.now()

    def stamp(self) -> str:
        """Return that moment as it is stored."""
        return iso_utc(self._clock.now())

    def transaction(self) -> AbstractContextManager[None]:
        """Open a transaction, or join the one that is open; only the outermost commits or rolls back.

        When a joined part fails, the whole rolls back, even if the error is swallowed in between
        (then with a RuntimeError): never a part of it alone.
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
        self.known.rollbacks += 1
        with contextlib.suppress(sqlite3.Error):
            if self._raw.in_transaction:  # some errors have ended it already
                self._raw.execute("ROLLBACK")

    def all(self, sql: str, params: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Return every row of a query."""
        try:
            return self._raw.execute(sql, params).fetchall()
        except SQLITE_FAILS as error:
            refuse(error, self.path)

    def tuples(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return every row of a query as a plain tuple, for those that are read by place."""
        try:
            cursor = self._raw.cursor()
            cursor.row_factory = None
            return cursor.execute(sql, params).fetchall()
        except SQLITE_FAILS as error:
            refuse(error, self.path)

    def one(self, sql: str, params: Sequence[Any] = ()) -> sqlite3.Row | None:
        """Return the first row of a query or None."""
        try:
            row: sqlite3.Row | None = self._raw.execute(sql, params).fetchone()
            return row
        except SQLITE_FAILS as error:
            refuse(error, self.path)

    def write(self, sql: str, params: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Execute one writing statement inside the open transaction. RuntimeError when there is none."""
        if not self._raw.in_transaction:
            raise RuntimeError("a write outside a transaction")
        self.known.writes[_written_table(sql)] += 1
        return self._execute(sql, [self._text(value) if type(value) is str else value for value in params])

    def _text(self, text: str) -> str:
        """Return a text as it may be stored: without secrets, and bytes of paths that are no UTF-8 written out."""
        if not text.isascii():
            text = text.encode("utf-8", "backslashreplace").decode()
        return text if self.hide_secrets is None else self.hide_secrets(text)

    def insert(self, table: str, values: Mapping[str, object]) -> int:
        """Insert one row inside the open transaction; return its rowid."""
        cursor = self.write(_insert_statement(table, tuple(values)), as_stored(values.values()))
        return int(cursor.lastrowid or 0)

    def update(self, table: str, values: Mapping[str, object], where: str, *params: object) -> int:
        """Update rows inside the open transaction; return how many."""
        statement = _update_statement(table, tuple(values), where)
        return self.write(statement, [*as_stored(values.values()), *params]).rowcount

    def _execute(self, sql: str, params: Sequence[Any] = ()) -> sqlite3.Cursor:
        try:
            return self._raw.execute(sql, params)
        except SQLITE_FAILS as error:
            refuse(error, self.path)

    def keep(self) -> None:
        """Put a DB that is only in memory so far in its place, complete or absent, and go on with the file.

        Raises StateDBError (13), and LockedError (10) when one appeared there meanwhile.
        """
        if self.is_kept:
            return
        assert self.path is not None, "only a DB with a place is not kept yet"
        from live.state_db.create import create  # late: needed once

        if not create(self.path, self._raw):
            raise LockedError(
                f"another program made the state DB {self.path} meanwhile", next_step="Run the same command again."
            )
        with as_state_db_error(self.path):
            file = connect(self.path)
        file.row_factory = sqlite3.Row
        self._raw.close()
        self._raw, self.is_kept = file, True
        self.known.rollbacks += 1  # another connection's numbers mean nothing here

    def check_every_row(self, path: Path) -> None:
        """See `StateDB.check_every_row`."""
        from live.state_db.file_checks import check_every_row, check_foreign_keys  # late: no run needs it

        check_every_row(self._raw, path)
        check_foreign_keys(self._raw, path)

    def copy_to(self, path: Path) -> None:
        """Write everything committed into a new file."""
        with as_state_db_error(path), contextlib.closing(sqlite3.connect(path)) as target:
            self._raw.backup(target)

    def close(self) -> None:
        """Close, or put the connection into the cache; an open transaction rolls back. Idempotent."""
        if self._closed:
            return
        self._closed = True
        with as_state_db_error(self.path):
            if self._cache is not None and self.path is not None and self.is_kept:
                self._cache.put(self.path, self._raw, self.known)
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
def _insert_statement(table: str, names: tuple[str, ...]) -> str:
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"


@lru_cache(maxsize=256)
def _update_statement(table: str, names: tuple[str, ...], where: str) -> str:
    return f"UPDATE {table} SET {', '.join(f'{name} = ?' for name in names)} WHERE {where}"


@lru_cache(maxsize=256)
def _written_table(sql: str) -> str:
    """Return the table a statement writes. ValueError for a form that is not ours."""
    found = _WRITING.match(sql)
    if found is None:
        raise ValueError(f"no INSERT, UPDATE or DELETE of one table: {sql[:80]}")
    return found[1]
