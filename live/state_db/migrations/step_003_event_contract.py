"""Step 3: events say in which version their payload is and which program wrote them; killed runs are found at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

_STATEMENTS = (
    "ALTER TABLE events ADD COLUMN version INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE events ADD COLUMN producer TEXT NOT NULL DEFAULT ''",
    "CREATE INDEX runs_unfinished ON run_log (id) WHERE finished_at IS NULL",
)


def apply(database: Database) -> None:
    """Add the columns; events written before have version 0 and no producer."""
    for statement in _STATEMENTS:
        database.execute(statement)
