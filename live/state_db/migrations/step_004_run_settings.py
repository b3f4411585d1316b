"""Step 4: every run records the settings it was made with."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database


def apply(database: Database) -> None:
    """Add the column; runs recorded before have none."""
    database.execute("ALTER TABLE run_log ADD COLUMN settings TEXT CHECK (settings IS NULL OR json_valid(settings))")
