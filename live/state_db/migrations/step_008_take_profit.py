"""Step 8: the exit reasons know `take_profit`, so that one list of words holds for backtest, files and state DB.

A wider CHECK changes nothing of what is stored, so the statements are edited where SQLite keeps them, as its
documentation of ALTER TABLE describes it, and no table is made anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

_BEFORE = "'stop_loss','trend_break','max_holding','rotated_out','delisted','end_of_data','manual'"
_AFTER = _BEFORE.replace("'stop_loss',", "'stop_loss','take_profit',")


def apply(database: Database) -> None:
    """Let every column of exit reasons hold the new one."""
    (version,) = database.conn.execute("PRAGMA schema_version").fetchone()
    database.conn.execute("PRAGMA writable_schema = ON")
    database.conn.execute("UPDATE sqlite_master SET sql = replace(sql, ?, ?)", (_BEFORE, _AFTER))
    database.conn.execute(f"PRAGMA schema_version = {version + 1}")
    database.conn.execute("PRAGMA writable_schema = OFF")
