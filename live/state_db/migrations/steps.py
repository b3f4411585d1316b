"""The steps of the schema in their order.

A step that has shipped keeps its name and what it makes: a change is a new step at the end. After it
`python -m live.state_db.migrations schema` writes `schema.sql` anew, from which new DBs are made.
"""

from __future__ import annotations

import sqlite3

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from live.state_db.migrations import (
    step_001_tables,
    step_002_views,
    step_003_event_contract,
    step_004_run_settings,
    step_005_notifications,
    step_006_indexes,
    step_007_views,
    step_008_take_profit,
    step_009_shares_split_away,
)

APPLICATION_ID = 0x45445246
"""`EDRF` in the file header: this is a state DB of ours."""

STEPS = {
    "001_tables": step_001_tables.apply,
    "002_views": step_002_views.apply,
    "003_event_contract": step_003_event_contract.apply,
    "004_run_settings": step_004_run_settings.apply,
    "005_notifications": step_005_notifications.apply,
    "006_indexes": step_006_indexes.apply,
    "007_views": step_007_views.apply,
    "008_take_profit": step_008_take_profit.apply,
    "009_shares_split_away": step_009_shares_split_away.apply,
}


def apply_steps(raw: sqlite3.Connection, *, stop_before: str | None = None) -> None:
    """Apply the steps that the library's record in the DB does not have, all in one transaction.

    raw: a connection without a transaction. stop_before: the first step to leave out (tests).
    """
    database = Database(raw)
    migrations = Migrations("state_db")
    for name, step in STEPS.items():
        migrations(name=name)(step)
    raw.execute("BEGIN IMMEDIATE")
    try:
        migrations.apply(database, stop_before=stop_before)
        raw.execute(f"PRAGMA user_version = {len(migrations.applied(database))}")
        raw.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        raw.execute("COMMIT")
    except BaseException:
        if raw.in_transaction:
            raw.execute("ROLLBACK")
        raise


def schema_text() -> str:
    """Return the SQL that makes what all steps together make, with the library's record of them."""
    raw = sqlite3.connect(":memory:", isolation_level=None)
    apply_steps(raw)
    made = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%' ORDER BY rowid"
    statements = [row[0] for row in raw.execute(made)]
    statements += [
        f"INSERT INTO _sqlite_migrations (id, migration_set, name) VALUES ({id_}, '{set_}', '{name}')"
        for id_, set_, name in raw.execute("SELECT id, migration_set, name FROM _sqlite_migrations ORDER BY id")
    ]
    statements += [
        f"PRAGMA {name} = {raw.execute(f'PRAGMA {name}').fetchone()[0]}" for name in ("user_version", "application_id")
    ]
    raw.close()
    head = "-- Written by `python -m live.state_db.migrations schema` from the migration steps; not edited by hand.\n"
    return head + "".join(f"\n{statement};\n" for statement in statements)
