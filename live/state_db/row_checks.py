"""Rows that none of our programs writes: found when a file is opened, named by table and row."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain

from backtest.text import strip_control
from live.state_db.live_rows import TABLES, are_live

EVERY_ROW = "1"
"""The condition that holds for every row."""
_OF_TABLE = re.compile(r" in (\w+)(?:\.\w+)?$")
_WITH_PARENTS = ("orders", "plans")
"""The tables whose references are checked at every opening; `events` moves nothing."""
_DOUBLE = (
    "SELECT 'table positions: ' || ticker || ' has ' || count(*) || ' open positions, rows ' || "
    "group_concat(position_id, ' and ') FROM positions NOT INDEXED WHERE status = 'open' "
    "GROUP BY ticker HAVING count(*) > 1"
)
"""NOT INDEXED: an index that was made again may not know all rows of its table."""
_INCOMPLETE = (
    "SELECT 'table orders, row ' || id || ': an entry without its details' FROM orders "
    "WHERE intent = 'entry' AND entry IS NULL AND ",
    "SELECT 'table orders, row ' || id || ': a leg without the id of the broker' FROM orders "
    "WHERE via = 'leg' AND alpaca_order_id IS NULL AND ",
)
"""What no constraint forbids, or one did before somebody took it away."""


def impossible_rows(raw: sqlite3.Connection, *, every_row: bool = False) -> Iterator[str]:
    """Yield `table orders, row 3: …` for what our programs never leave behind; of live rows, or of every row."""
    of_orders = EVERY_ROW if every_row else are_live("orders")
    for query in (_DOUBLE, *(query + of_orders for query in _INCOMPLETE)):
        for (words,) in raw.execute(query):
            yield strip_control(words)
    for table in _WITH_PARENTS:
        condition = EVERY_ROW if every_row else are_live(table)
        for row, parent in _without_parent(raw, table, condition):
            yield f"table {table}, row {row}: refers to none of {parent}"


def _without_parent(raw: sqlite3.Connection, table: str, condition: str) -> Iterator[tuple[int, str]]:
    """Yield the rows that refer to a row that is not there. `foreign_key_check` would read the whole table."""
    for key in raw.execute(f"PRAGMA foreign_key_list({table})").fetchall():
        parent, own, its = key[2:5]
        missing = f"NOT EXISTS (SELECT 1 FROM {parent} AS parent WHERE parent.{its} = child.{own})"
        query = f"SELECT rowid FROM {table} AS child WHERE {condition} AND {own} IS NOT NULL AND {missing}"
        for (row,) in raw.execute(query):
            yield row, parent


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A row that breaks a constraint of its table. row: its key. words: SQLite's."""

    table: str
    row: str
    words: str

    def __str__(self) -> str:
        """`table positions, row 3: CHECK constraint failed: shares > 0`"""
        return f"table {self.table}, row {self.row}: {self.words}"

    @property
    def finding(self) -> str:
        """`CHECK constraint failed in positions`, as SQLite's own check says it."""
        return f"{self.words.split(':')[0]} in {self.table}"


def broken_live_row(raw: sqlite3.Connection) -> BrokenRow | None:
    """Return the first live row that breaks a constraint of its table, else None."""
    made = _made(raw, TABLES)
    with closing(sqlite3.connect(":memory:")) as copy:
        for table in TABLES:
            if table in made and (found := _broken(raw, copy, table, *made[table], are_live(table))) is not None:
                return found
    return None


def broken_row(raw: sqlite3.Connection, found: str) -> BrokenRow | None:
    """Return the first row of all that breaks a constraint. found: what SQLite's own check says, only by table."""
    named = _OF_TABLE.search(found)
    if named is None or not (made := _made(raw, (named[1],))):
        return None
    with closing(sqlite3.connect(":memory:")) as copy:
        return _broken(raw, copy, named[1], *made[named[1]], EVERY_ROW)


def _made(raw: sqlite3.Connection, tables: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return table → the statement that made it, and its columns without computed ones."""
    rows = raw.execute(
        "SELECT made.name, made.sql, group_concat(part.name, ', ')"
        " FROM sqlite_master AS made, pragma_table_info(made.name) AS part"
        f" WHERE made.type = 'table' AND made.name IN ({', '.join('?' * len(tables))}) GROUP BY made.name",
        tables,
    )
    return {name: (sql, columns) for name, sql, columns in rows}


def _broken(
    raw: sqlite3.Connection, copy: sqlite3.Connection, table: str, sql: str, columns: str, condition: str
) -> BrokenRow | None:
    """Put each row that a condition holds for into an empty copy of its table; return the first that does not fit."""
    rows = raw.execute(f"SELECT {columns} FROM {table} WHERE {condition}")
    first = rows.fetchone()
    if first is None:  # a copy costs more than to look
        return None
    copy.execute(sql)
    insert = f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' * len(first))})"
    for row in chain((first,), rows):
        try:
            copy.execute(insert, tuple(row))
        except sqlite3.Error as error:
            words = " ".join(strip_control(str(error)).split())[:200]
            return BrokenRow(table, strip_control(str(row[0]))[:40], words)
    return None
