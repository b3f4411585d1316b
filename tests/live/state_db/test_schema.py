"""The schema: made by migrations and from the ready file, brought up to date, and in step with the enums."""

from __future__ import annotations

import json
import re
import sqlite3
import stat
import subprocess
import sys
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from freezegun import freeze_time

from backtest.model import ExitReason, Grade, GradeSource, ReferenceSource, SkipReason
from live.clock import SystemClock
from live.errors import StateDBError
from live.orders import Intent, OrderStatus
from live.state_db.columns import UNFINISHED
from live.state_db.db import StateDB
from live.state_db.event_types.config import FlagSet
from live.state_db.migrations.__main__ import SCHEMA_FILE
from live.state_db.migrations.steps import apply_steps, schema_text
from live.state_db.rows import PositionStatus, ShadowStatus, Via
from live.state_db.schema import SCHEMA_VERSION
from tests.fakes import FakeClock
from tests.live.state_db.builders import AS_OF, D, a_db, decided, exit_of, hold, raw
from tests.paths import ROOT

CLOCK = FakeClock()
OBJECTS = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"


def made_of(connection: sqlite3.Connection) -> list[Any]:
    """Return everything a schema consists of: objects, version, application id, the library's record of its steps."""
    steps = connection.execute("SELECT id, migration_set, name FROM _sqlite_migrations ORDER BY id").fetchall()
    pragmas = [connection.execute(f"PRAGMA {name}").fetchone() for name in ("user_version", "application_id")]
    return [*connection.execute(OBJECTS), *steps, *pragmas]


def put_version_1(path: Path) -> None:
    with raw(path) as connection:
        apply_steps(connection, stop_before="002_views")
        connection.execute("INSERT INTO system_config VALUES ('kill_switch', '{\"on\": false}', 'then', 'test')")


@pytest.fixture
def version_1(tmp_path: Path) -> Path:
    """A DB of the first schema version, with the kill switch off."""
    path = tmp_path / "state.db"
    put_version_1(path)
    return path


def test_a_new_db_is_what_the_migrations_make(tmp_path: Path) -> None:
    StateDB.open(tmp_path / "new.db", CLOCK).close()
    with raw(tmp_path / "new.db") as new, raw(tmp_path / "migrated.db") as migrated:
        apply_steps(migrated)
        assert made_of(new) == made_of(migrated)


def test_the_ready_schema_file_is_the_one_that_its_command_writes() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text()


def test_memory_and_file_have_the_same_schema(tmp_path: Path) -> None:
    StateDB.open(tmp_path / "state.db", CLOCK).close()
    with raw(tmp_path / "state.db") as file:
        assert [tuple(row) for row in a_db().connection.all(OBJECTS)] == file.execute(OBJECTS).fetchall()


@pytest.fixture
def version_2(tmp_path: Path) -> Path:
    """A DB as an earlier program left it: NVDA is held, its exit is planned."""
    path = tmp_path / "state.db"
    with raw(path) as connection:
        connection.executescript((ROOT / "tests" / "data" / "state_db_v2.sql").read_text(encoding="utf-8"))
    return path


def test_events_of_an_earlier_program_stay_readable_and_are_causes_of_new_ones(version_2: Path) -> None:
    with StateDB.open(version_2, CLOCK) as db:
        old = db.events.since(0)
        assert {(event.version, event.producer) for event in old} == {(0, "")}
        assert [event.name for event in old][:4] == ["order.planned", "order.sent", "position.opened", "order.fill"]
        assert old[0].payload == {"qty": 71}
        db.orders.mark_sent(["20260218_NVDA_exit_sell"])
        (new,) = db.events.since(old[-1].seq)
        assert (new.name, new.version, new.causation_id) == ("order.sent", 1, 8)


def test_a_db_of_an_earlier_program_keeps_its_rows_and_has_todays_schema(version_2: Path, tmp_path: Path) -> None:
    path, new = version_2, tmp_path / "new.db"
    with StateDB.open(path, CLOCK) as db:
        assert [row.client_order_id for row in db.orders.unfinished()] == ["leg-of-NVDA", "20260218_NVDA_exit_sell"]
        (position,) = db.positions.open_positions()
        assert (position.actual_shares, position.stop_order_id) == (71, "NVDA-leg")
    StateDB.open(new, CLOCK).close()
    with raw(path) as old, raw(new) as today:
        assert normalized(made_of(old)) == normalized(made_of(today))


def test_a_db_of_an_earlier_program_takes_every_exit_reason_and_no_other(version_2: Path) -> None:
    with StateDB.open(version_2, CLOCK) as db:
        for reason in ExitReason:
            with db.transaction():
                db.connection.write("UPDATE positions SET pending_exit_reason = ?", (reason.value,))
        with pytest.raises(sqlite3.IntegrityError, match="CHECK"), db.transaction():
            db.connection.write("UPDATE positions SET pending_exit_reason = 'sold'")


def test_a_db_of_todays_schema_is_opened_without_a_change(path: Path) -> None:
    before = path.read_bytes()
    StateDB.open(path, CLOCK).close()
    assert path.read_bytes() == before
    assert list(path.parent.glob("*.bak")) == []


def normalized(schema: list[Any]) -> list[str]:
    """Drop what SQL ignores: white space, and quotes around names."""
    return [re.sub(r'[\s"]', "", " ".join(map(str, row))) for row in schema]


def test_f75_an_older_schema_is_copied_and_migrated(version_1: Path, tmp_path: Path) -> None:
    with StateDB.open(version_1, CLOCK) as db:
        assert not db.system_config.kill_switch().on
    with raw(version_1) as connection:
        assert connection.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION
        assert connection.execute("SELECT count(*) FROM positions_readable").fetchone()[0] == 0
    (copy,) = tmp_path.glob("state.db.v1-*.bak")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with raw(copy) as connection:
        assert connection.execute("PRAGMA user_version").fetchone()[0] == 1


@freeze_time("2026-03-09 02:30:00")
def test_the_copy_of_an_older_db_is_named_after_the_moment_in_utc(version_1: Path, tmp_path: Path) -> None:
    StateDB.open(version_1, SystemClock()).close()
    assert [path.name for path in tmp_path.glob("*.bak")] == ["state.db.v1-2026-03-09T023000000000Z.bak"]


def test_a_step_that_fails_leaves_the_db_at_its_version(version_1: Path) -> None:
    with raw(version_1) as connection:
        connection.execute("CREATE TABLE orders_readable (in_the_way TEXT)")
    with pytest.raises(StateDBError, match="not brought up to date"):
        StateDB.open(version_1, CLOCK)
    with raw(version_1) as connection:
        assert connection.execute("PRAGMA user_version").fetchone()[0] == 1
        assert connection.execute("SELECT name FROM sqlite_master WHERE type = 'view'").fetchall() == []


def test_i18_a_copy_of_an_older_db_has_todays_schema_and_leaves_the_file_alone(version_1: Path, tmp_path: Path) -> None:
    before = version_1.read_bytes()
    with StateDB.open_copy(version_1, CLOCK) as db:
        assert not db.system_config.kill_switch().on
        assert db.connection.all("SELECT * FROM positions_readable") == []
    assert version_1.read_bytes() == before
    assert list(tmp_path.iterdir()) == [version_1]


@pytest.mark.parametrize("first", ["nothing", "an older DB"])
@pytest.mark.parametrize("opener", ["open", "open_copy"])
def test_the_executors_way_to_its_db_imports_no_pandas(tmp_path: Path, first: str, opener: str) -> None:
    if first == "an older DB":
        put_version_1(tmp_path / "state.db")
    code = (
        "import sys; from pathlib import Path; from live.clock import SystemClock; "
        "from live.state_db.db import StateDB; "
        f"StateDB.{opener}(Path(sys.argv[1]), SystemClock()).close(); "
        "print(sorted({'pandas', 'numpy', 'sqlite_utils'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "state.db")], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_query_for_unfinished_orders_uses_its_index() -> None:
    plan = a_db().connection.all(f"EXPLAIN QUERY PLAN SELECT * FROM orders WHERE {UNFINISHED} ORDER BY id")
    assert "orders_unfinished" in plan[0]["detail"]


def test_events_can_be_neither_changed_nor_deleted() -> None:
    db = a_db()
    db.events.append(FlagSet("a", "b", "test"))
    for statement in ("UPDATE events SET type = 'x'", "DELETE FROM events"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"), db.transaction():
            db.connection.write(statement)


def test_one_open_position_a_ticker_is_kept_by_the_db_itself() -> None:
    db = a_db()
    hold(db)
    names = "strategy, ticker, trade_date, entry_date, entry_price, target_shares, actual_shares, invested, stop_price"
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"), db.transaction():
        db.connection.write(
            f"INSERT INTO positions ({names}, stop_loss_bp, report_date, decided_through, status) "
            "SELECT " + names + ", stop_loss_bp, report_date, decided_through, status FROM positions"
        )


def test_filled_qty_only_grows_in_the_db_itself() -> None:
    db = a_db()
    hold(db)
    with pytest.raises(sqlite3.IntegrityError, match="only grows"), db.transaction():
        db.connection.write("UPDATE orders SET filled_qty = 3 WHERE intent = 'entry'")


def test_views_show_prices_as_decimals() -> None:
    db = a_db()
    hold(db)
    row = db.connection.one("SELECT entry_price, stop_price FROM positions_readable")
    assert row is not None
    assert tuple(row) == ("140.2000", "126.1800")


@pytest.mark.parametrize(
    ("columns", "rows"),
    [
        ("exit_price, pnl", "positions_readable"),
        ("exit_price, pnl", "shadow_readable"),
        ("planned_stop_price", "orders_readable WHERE intent = 'exit'"),
    ],
)
def test_views_show_a_number_that_is_not_known_as_null(columns: str, rows: str) -> None:
    db = a_db()
    position = hold(db)
    db.orders.plan([exit_of(position)])
    db.shadow.replace_pending("nwl_p4", [decided()], D, AS_OF)
    row = db.connection.one(f"SELECT {columns} FROM {rows}")
    assert row is not None
    assert {*tuple(row)} == {None}


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        ("SELECT * FROM orders WHERE parent_client_order_id = ? ORDER BY id", "orders_by_parent"),
        ("SELECT * FROM orders WHERE ticker = ? ORDER BY id DESC LIMIT 50", "orders_by_ticker"),
        ("SELECT * FROM positions WHERE ticker = ? ORDER BY position_id", "positions_by_ticker"),
        ("SELECT * FROM events WHERE run_id = ? ORDER BY seq", "events_by_run"),
        ("SELECT * FROM events WHERE corr_id = ? ORDER BY seq", "events_by_corr_id"),
    ],
)
def test_what_is_asked_of_one_order_stock_or_run_reads_no_whole_table(statement: str, index: str) -> None:
    plan = a_db().connection.all(f"EXPLAIN QUERY PLAN {statement}", ("x",))
    assert f"USING INDEX {index}" in plan[0]["detail"]


ALLOWED: dict[str, type[StrEnum]] = {
    "positions.pending_exit_reason": ExitReason,
    "positions.exit_reason": ExitReason,
    "positions.grade": Grade,
    "positions.grade_source": GradeSource,
    "positions.status": PositionStatus,
    "orders.status": OrderStatus,
    "orders.intent": Intent,
    "orders.via": Via,
    "orders.exit_reason": ExitReason,
    "shadow_positions.pending_exit_reason": ExitReason,
    "shadow_positions.exit_reason": ExitReason,
    "shadow_positions.grade": Grade,
    "shadow_positions.grade_source": GradeSource,
    "shadow_positions.status": ShadowStatus,
}
"""Column → the enum that lists what may stand in it."""


def test_what_a_column_allows_is_what_its_enum_lists() -> None:
    tables = a_db().connection.all("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
    found = {
        f"{row['name']}.{column}": set(re.findall(r"'(\w+)'", words))
        for row in tables
        for column, words in re.findall(r"(\w+) TEXT[^,]* CHECK \(\1 IN \(([^)]*)\)\)", row["sql"])
    }
    expected = {column: {member.value for member in enum} for column, enum in ALLOWED.items()}
    expected |= {"orders.side": {intent.side for intent in Intent}, "shadow_signals.kind": {"exit", "entry", "skip"}}
    assert found == expected


def test_what_the_signal_schema_allows_is_what_the_enums_list() -> None:
    lines = json.loads((ROOT / "signals" / "schema.json").read_text(encoding="utf-8"))["properties"]
    allowed = {
        (kind, name): field["enum"]
        for kind in ("exits", "entries", "skipped")
        for name, field in lines[kind]["items"]["properties"].items()
        if "enum" in field
    }
    assert allowed == {
        ("exits", "reason"): list(ExitReason),
        ("entries", "reference_source"): list(ReferenceSource),
        ("entries", "grade"): list(Grade),
        ("entries", "grade_source"): list(GradeSource),
        ("skipped", "reason"): list(SkipReason),
    }
