"""What each strategy on record holds and has closed in sum: the executed one, those before it, every shadow."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, replace
from datetime import date

from backtest.model import Price
from live.state_db.columns import garbled
from live.state_db.connection import Connection


@dataclass(frozen=True, slots=True)
class BookSum:
    """One strategy's book. pnl: of the closed positions, 1/10,000 USD.

    played_through: the last session that a shadow has been through; None before its first, and of what is executed.
    """

    strategy: str
    open_count: int = 0
    closed_count: int = 0
    pnl: Price = 0
    played_through: date | None = None


_SUMS = "sum(status = 'open') AS open, sum(status = 'closed') AS closed, sum(CASE status WHEN 'closed' THEN pnl END)"


def executed_books(connection: Connection) -> tuple[BookSum, ...]:
    """Return the books that were traded in the account, by strategy id."""
    rows = connection.all(f"SELECT strategy, {_SUMS} AS pnl FROM positions GROUP BY strategy ORDER BY strategy")
    return tuple(_book(row) for row in rows)


def shadow_books(connection: Connection) -> tuple[BookSum, ...]:
    """Return the books of every shadow that a run has decided for, by strategy id, whether it is configured or not.

    Raises StateDBError (13) where the session that one has played through cannot be read.
    """
    rows = connection.all(f"SELECT strategy, {_SUMS} AS pnl FROM shadow_positions GROUP BY strategy")
    books = {row["strategy"]: _book(row) for row in rows}
    for row in connection.all("SELECT substr(key, 8) AS strategy, value FROM system_config WHERE key GLOB 'shadow.*'"):
        strategy = row["strategy"]
        books[strategy] = replace(
            books.get(strategy, BookSum(strategy)), played_through=_played(strategy, row["value"])
        )
    return tuple(books[strategy] for strategy in sorted(books))


def _book(row: sqlite3.Row) -> BookSum:
    return BookSum(row["strategy"], row["open"], row["closed"], row["pnl"] or 0)


def _played(strategy: str, text: str) -> date:
    try:
        return date.fromisoformat(json.loads(text))
    except (ValueError, TypeError, RecursionError):
        raise garbled(f"table system_config, row shadow.{strategy}", "value", text) from None
