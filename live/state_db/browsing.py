"""A copy of the state DB made for browsing with datasette: rows lead to each other, columns are explained.

Only for a copy. A browser follows a reference to the primary key of a table, so runs and orders get the key that the
other tables name them by; triggers go, and so does what the library does not carry over.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from live.state_db.descriptions import TABLES, describe
from live.state_db.order_lists import OF_RUN

DATABASE = "state"
"""The name of the copy's file without its suffix, and so of the database in the browser."""
_KEYS = {"run_log": "run_id", "orders": "client_order_id"}
_NAME_A_RUN = ("events", "orders", "signal_files", "plans", "shadow_signals", "equity_snapshots", "notifications")

QUERIES: Mapping[str, tuple[str, str]] = {
    "runs": (
        "The newest runs and how they ended.",
        "SELECT run_id, program, phase, trade_date, started_at, finished_at, exit_code, last_line FROM run_log "
        "ORDER BY id DESC LIMIT 500",
    ),
    "orders_of_a_run": (
        "What a run planned or sent.",
        f"SELECT * FROM orders_readable WHERE {OF_RUN.replace('?', ':run_id')} ORDER BY created_at, client_order_id",
    ),
    "events_since": (
        "The events after one, by its number; nothing given: from the first on.",
        "SELECT seq, ts, run_id, corr_id, kind || '.' || type AS event, payload FROM events "
        "WHERE seq > CAST(:seq AS INTEGER) ORDER BY seq LIMIT 1000",
    ),
    "events_about": (
        "Everything that happened to an order (its client_order_id), a position (position:7) or a run (its run_id).",
        "SELECT seq, ts, run_id, kind || '.' || type AS event, payload FROM events WHERE corr_id = :corr_id "
        "ORDER BY seq",
    ),
    "trades": (
        "The closed positions, the newest first.",
        "SELECT ticker, entry_date, entry_price, exit_date, exit_price, exit_reason, sold_shares AS shares, pnl, "
        "return_pct, grade, score FROM positions_readable WHERE status = 'closed' "
        "ORDER BY exit_date DESC, position_id DESC LIMIT 1000",
    ),
}
"""Name → what it shows, and its SQL."""
_EVERY_COLUMN = (
    "SELECT made.name, one.name FROM sqlite_master AS made, pragma_table_xinfo(made.name) AS one "
    "WHERE made.type IN ('table', 'view')"
)


def make_browsable(path: Path) -> None:
    """Give a copy the keys and references that a browser follows. Raises sqlite3.Error."""
    from sqlite_utils import Database  # late: it brings pandas along where that is installed

    with closing(sqlite3.connect(path)) as raw:
        database = Database(raw)
        views = [view.schema for view in database.views]
        for trigger in database.triggers:
            database.execute(f"DROP TRIGGER {trigger.name}")
        for view in database.views:
            view.drop()
        for table, key in _KEYS.items():
            database.table(table).transform(pk=key)
        database.add_foreign_keys([(table, "run_id", "run_log", "run_id") for table in _NAME_A_RUN])
        for sql in views:
            database.execute(sql)
        raw.commit()
        raw.execute("PRAGMA journal_mode = DELETE")


def metadata(path: Path) -> dict[str, Any]:
    """Return datasette's metadata of a copy: what tables, views and columns hold, and the queries."""
    columns: dict[str, dict[str, str]] = {}
    with closing(sqlite3.connect(path)) as raw:
        for table, column in raw.execute(_EVERY_COLUMN):
            if table in TABLES:
                columns.setdefault(table, {})[column] = describe(table, column)
    return {
        "title": "State DB, a copy to read",
        "databases": {
            DATABASE: {
                "tables": {table: {"description": TABLES[table], "columns": columns[table]} for table in columns},
                "queries": {name: {"description": what, "sql": sql} for name, (what, sql) in QUERIES.items()},
            }
        },
    }
