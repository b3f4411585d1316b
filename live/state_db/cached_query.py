"""The answer of a query, read again only after one of its tables, or the file from outside, was written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from live.state_db.connection import Connection

T = TypeVar("T")


class CachedQuery(Generic[T]):
    """The answer of one query, cached as long as nothing it reads has changed."""

    def __init__(self, connection: Connection, tables: tuple[str, ...], read: Callable[[], T]) -> None:
        """tables: those the query reads."""
        self._c = connection
        self._tables = tables
        self._read = read
        self._known: tuple[tuple[int, int], T] | None = None

    def get(self) -> T:
        """Return what the query answers now."""
        state = (self._c.writes(*self._tables), self._c.data_version())
        if self._known is None or self._known[0] != state:
            self._known = (state, self._read())
        return self._known[1]
