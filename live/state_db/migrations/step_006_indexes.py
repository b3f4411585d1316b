"""Step 6: indexes for what would read a whole table after years: legs of an order, a ticker, what a run wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

_STATEMENTS = (
    "CREATE INDEX orders_by_parent ON orders (parent_client_order_id) WHERE parent_client_order_id IS NOT NULL",
    "CREATE INDEX events_by_run ON events (run_id) WHERE run_id IS NOT NULL",
)


def apply(database: Database) -> None:
    """Add the indexes; those for a part of the rows are beyond the library."""
    for statement in _STATEMENTS:
        database.execute(statement)
    for table in ("orders", "positions"):
        database.table(table).create_index(["ticker"], index_name=f"{table}_by_ticker")
