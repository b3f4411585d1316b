"""Rows that none of our programs writes: found when a file is opened, named by table and row."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing

from live.text import strip_control

_OF_TABLE = re.compile(r" in (\w+)(?:\.\w+)?$")
_WITH_PARENTS = ("orders", "plans")
"""The tables whose references are checked at every opening; `events` would take too long and move nothing."""
_IMPOSSIBLE = (
    "SELECT 'table positions: ' || ticker || ' has ' || count(*) || ' open positions, rows ' || "
    "group_concat(position_id, ' and ') FROM positions NOT INDEXED WHERE status = 'open' "
    "GROUP BY ticker HAVING count(*) > 1",
    "SELECT 'table orders, row ' || id || ': an entry without its details' FROM orders "
    "WHERE intent = 'entry' AND entry IS NULL",
    "SELECT 'table orders, row ' || id || ': a leg without the id of the broker' FROM orders "
    "WHERE via = 'leg' AND alpaca_order_id IS NULL",
)
"""What no constraint forbids, or one did before somebody took it away. NOT INDEXED: an index that was made again may
not know all rows of its table."""


def impossible_rows(raw: sqlite3.Connection) -> Iterator[str]:
    """Yield `table orders, row 3: …` for what our programs never leave behind."""
    for query in _IMPOSSIBLE:
        for (words,) in raw.execute(query):
            yield strip_control(words)
    for table in _WITH_PARENTS:
        for _, row, parent, _ in raw.execute(f"PRAGMA foreign_key_check({table})"):
            yield f"table {table}, row {row}: refers to none of {parent}"


def broken_row(raw: sqlite3.Connection, found: str) -> str | None:
    """Return `table positions, row 3: …` for the first row that breaks a constraint of its table, else None.

    found: what SQLite's own check says, which names the table only. Each row is put into an empty copy of the table.
    """
    named = _OF_TABLE.search(found)
    if named is None:
        return None
    table = named[1]
    made = raw.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)).fetchone()
    if made is None:
        return None
    names = [one[1] for one in raw.execute(f"PRAGMA table_info({table})")]  # computed columns left out
    columns, values = ", ".join(names), ", ".join("?" * len(names))
    with closing(sqlite3.connect(":memory:")) as copy:
        copy.execute(made[0])
        for row in raw.execute(f"SELECT {columns} FROM {table}"):
            try:
                copy.execute(f"INSERT INTO {table} ({columns}) VALUES ({values})", tuple(row))
            except sqlite3.Error as error:
                words = " ".join(strip_control(str(error)).split())
                return f"table {table}, row {strip_control(str(row[0]))[:40]}: {words[:200]}"
    return None
