"""What is on record of a ticker: the trade dates whose signal files name it, its positions, their fills by hand."""

from __future__ import annotations

import json
from datetime import date

from live.state_db.columns import POSITIONS, Columns
from live.state_db.connection import Connection
from live.state_db.records import ForeignFill
from live.state_db.rows import PositionRow

_FOREIGN_FILLS = Columns("foreign_fills", ForeignFill)
_NAMED = "(instr(text, ?) OR instr(text, ?))"


def last_date_naming(connection: Connection, ticker: str, before: date = date.max) -> date | None:
    """Return the latest trade date before `before` whose signal file, of any strategy, names a ticker."""
    return _date_naming(connection, ticker, "trade_date < ?", before, newest=True)


def first_date_naming(connection: Connection, ticker: str, after: date) -> date | None:
    """Return the earliest trade date after `after` whose signal file, of any strategy, names a ticker."""
    return _date_naming(connection, ticker, "trade_date > ?", after, newest=False)


def positions_of(connection: Connection, ticker: str) -> tuple[PositionRow, ...]:
    """Return every position that has this ticker now, oldest first."""
    rows = connection.all(f"{POSITIONS.select} WHERE ticker = ? ORDER BY position_id", (ticker,))
    return POSITIONS.read_all(rows)


def foreign_fills_of(connection: Connection, position_id: int) -> tuple[ForeignFill, ...]:
    """Return the executions of foreign orders that were booked on a position, oldest first."""
    rows = connection.all(f"{_FOREIGN_FILLS.select} WHERE position_id = ? ORDER BY at", (position_id,))
    return _FOREIGN_FILLS.read_all(rows)


def _date_naming(connection: Connection, ticker: str, condition: str, day: date, *, newest: bool) -> date | None:
    """Ask each strategy's files in the order of the unique index, so that the search ends with the first that fits.

    A file names a ticker in a line of its own (`"ticker": "AAA"`), or in a list (`frozen`, `unresolved`).
    """
    quoted, order = json.dumps(ticker), "DESC" if newest else "ASC"
    found = []
    for row in connection.all("SELECT DISTINCT strategy FROM signal_files"):
        named = connection.one(
            "SELECT trade_date FROM signal_files WHERE strategy = ? AND superseded_by IS NULL "
            f"AND {condition} AND {_NAMED} ORDER BY trade_date {order} LIMIT 1",
            (row["strategy"], day.isoformat(), f'"ticker": {quoted}', f"\n  {quoted}"),
        )
        if named is not None:
            found.append(date.fromisoformat(named["trade_date"]))
    return (max if newest else min)(found, default=None)
