"""The current schema, ready to be made: `schema.sql`, which the migration steps wrote.

Prices and amounts are integers of 1/10,000 USD, dates ISO, moments UTC ISO 8601 with `Z`, what the broker
said is text. No time defaults. `PRAGMA user_version` is the number of steps applied.
"""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

_SQL = Path(__file__).with_name("schema.sql").read_text(encoding="utf-8")


def _pragma(name: str) -> int:
    found = re.search(rf"^PRAGMA {name} = (\d+);$", _SQL, re.MULTILINE)
    assert found is not None
    return int(found[1])


SCHEMA_VERSION = _pragma("user_version")
APPLICATION_ID = _pragma("application_id")
REQUIRED_OBJECTS = frozenset(
    name
    for name in re.findall(r'^CREATE (?:TABLE|UNIQUE INDEX|TRIGGER) "?(\w+)', _SQL, re.MULTILINE)
    if "_sqlite_" not in name
)
"""What must be there before anything is sent: every table of ours, its unique indexes and triggers."""

KNOWN_OBJECTS = frozenset(re.findall(r'^CREATE (?:TABLE|VIEW|(?:UNIQUE )?INDEX|TRIGGER) "?(\w+)', _SQL, re.MULTILINE))

GUARDS = frozenset(re.findall(r'^CREATE (?:UNIQUE INDEX|TRIGGER) "?(\w+)', _SQL, re.MULTILINE))
"""What keeps our rules inside the file; under its name nothing else may stand."""


def _one_line(sql: str) -> str:
    return " ".join(sql.split())


_ON_ONE_LINE = f"{_one_line(_SQL)} "


def is_as_made(sql: str) -> bool:
    """Return whether a statement that SQLite keeps is one of the schema, word for word."""
    return f"{_one_line(sql)}; " in _ON_ONE_LINE


def write_schema(raw: sqlite3.Connection, stamp: str) -> None:
    """Make everything in one transaction, with the first rows: the kill switch off (a missing row counts as on)."""
    raw.executescript(f"BEGIN IMMEDIATE;\n{_SQL}")
    raw.execute("UPDATE _sqlite_migrations SET applied_at = ?", (stamp,))
    raw.execute(
        "INSERT INTO system_config (key, value, updated_at, updated_by) VALUES ('kill_switch', ?, ?, 'new state DB')",
        ('{"on": false}', stamp),
    )
    raw.execute("COMMIT")
