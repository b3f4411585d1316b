"""Step 5: the outbox of what a person is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

TABLE = """
    CREATE TABLE notifications (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        event_id TEXT NOT NULL UNIQUE,
        once TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        title TEXT NOT NULL,
        body TEXT NOT NULL,
        run_id TEXT,
        created_at TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
        tried_at TEXT,
        held_until TEXT,
        last_error TEXT,
        delivered TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(delivered)),
        sent_at TEXT
    ) STRICT
"""
"""once: New York day, topic and tickers, so that it is told once. held_until: a sender has it. delivered: the ways."""


def apply(database: Database) -> None:
    """Add the table, empty."""
    database.execute(TABLE)
    database.execute("CREATE INDEX notifications_waiting ON notifications (id) WHERE sent_at IS NULL")
