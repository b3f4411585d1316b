"""The columns of a table are the fields of its row class: what is selected, and how a row is read.

Most reads of a run repeat what an earlier one read: rows that say the same are one value, built once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import fields
from functools import lru_cache
from typing import Any, Generic, TypeVar

from backtest.text import strip_control
from live.errors import StateDBError
from live.orders import OrderStatus
from live.state_db.rows import OrderRow, PositionRow, ShadowRow
from live.state_db.sqlite_file import RESTORE
from live.state_db.values import readers_of

Row = TypeVar("Row")


class Columns(Generic[Row]):
    """One table's SELECT and the reader of its rows; by place, which costs a fifth of by name."""

    def __init__(self, table: str, row_type: type[Row], *, cached: int = 0) -> None:
        """row_type: a dataclass whose fields are named like the columns. cached: how many rows are kept built."""
        names = tuple(field.name for field in fields(row_type))  # type: ignore[arg-type]  # a dataclass
        readers = readers_of(row_type)
        places = tuple((names.index(name), reader) for name, reader in readers.items())

        def build(values: tuple[Any, ...]) -> Row:
            found = list(values)
            for place, reader in places:
                value = found[place]
                if value is not None:
                    try:
                        found[place] = reader(value)
                    except (KeyError, ValueError, TypeError, ArithmeticError, RecursionError):
                        raise garbled(f"table {table}, row {values[0]}", names[place], value) from None
            return row_type(*found)

        self.names = names
        self.select = f"SELECT {', '.join(names)} FROM {table}"
        self._build = lru_cache(maxsize=cached)(build)

    def read(self, row: sqlite3.Row) -> Row:
        """Read a row of `select`."""
        return self._build(tuple(row))

    def read_one(self, row: sqlite3.Row | None) -> Row | None:
        """Read a row of `select` that may not be there."""
        return None if row is None else self._build(tuple(row))

    def read_all(self, rows: Iterable[Iterable[Any]]) -> tuple[Row, ...]:
        """Read rows of `select`."""
        return tuple(map(self._build, map(tuple, rows)))

    def changes(self, before: Row, after: Row) -> dict[str, object]:
        """Return column → new value of what differs between two rows."""
        return {name: value for name in self.names if (value := getattr(after, name)) != getattr(before, name)}


def garbled(where: str, name: str, value: object) -> StateDBError:
    """Return the error of a value that none of our programs has written."""
    return StateDBError(
        f"state DB garbled in {where}: {name} is {strip_control(repr(value))[:80]} (expected what our programs write)",
        next_step=RESTORE,
    )


ORDERS = Columns("orders", OrderRow, cached=2048)
POSITIONS = Columns("positions", PositionRow, cached=512)
SHADOW_POSITIONS = Columns("shadow_positions", ShadowRow, cached=512)

UNFINISHED = "status NOT IN ({})".format(",".join(f"'{status}'" for status in OrderStatus if status.is_final))
"""The condition of the partial index `orders_unfinished`; a query uses the index only with exactly this text."""
