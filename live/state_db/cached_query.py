"""The answer of a query, read again only after one of its tables, or the file from outside, was written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from live.state_db.connection import Connection

T = TypeVar("T")


class CachedQuery(Generic[T]):
    """The answer of one query, cached as long as nothing it reads has changed."""

    def __init__(self, connection: Connection, name: str, tables: tuple[str, ...], read: Callable[..., T]) -> None:
        """name: of the query, each its own. tables: those it reads."""
        self._c = connection
        self._name = name
        self._tables = tables
        self._read = read

    def get(self, *params: object) -> T:
        """Return what the query answers now; only the answer to the last parameters is kept."""
        state = (self._c.writes(*self._tables), self._c.data_version(), params)
        known = self._c.known.answers.get(self._name)
        if known is None or known[0] != state:
            known = self._c.known.answers[self._name] = (state, self._read(*params))
        answer: T = known[1]
        return answer
