"""Step 9: a shadow may hold a position of which a reverse split has left no whole share, as the simulator does.

Edited where SQLite keeps the statement, as in step 8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

_BEFORE = "CHECK (status <> 'open' OR (actual_shares > 0 AND exit_date IS NULL))"
_AFTER = _BEFORE.replace("actual_shares > 0 AND ", "")


def apply(database: Database) -> None:
    """Let an open row of `shadow_positions` hold no share."""
    (version,) = database.conn.execute("PRAGMA schema_version").fetchone()
    database.conn.execute("PRAGMA writable_schema = ON")
    database.conn.execute(
        "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE name = 'shadow_positions'", (_BEFORE, _AFTER)
    )
    database.conn.execute(f"PRAGMA schema_version = {version + 1}")
    database.conn.execute("PRAGMA writable_schema = OFF")
