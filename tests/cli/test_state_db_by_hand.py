"""A state DB that somebody has changed by hand: 13 with table and row, never a bug, never an order."""

from __future__ import annotations

import resource
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from live.clock import SystemClock
from live.errors import StateDBError
from live.state_db.db import StateDB
from live.state_db.schema import SCHEMA_VERSION
from tests.cli.lab import Lab, make_lab

TEXTS = ("", "garbage", "NaN", "Infinity", "2026-01-05T09:31:00", "9999-99-99", "{", "[" * 3000, "\x00")
BUG = 1


@pytest.fixture(scope="module")
def held_before(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    lab = make_lab(tmp_path_factory.mktemp("held"))
    lab.hold("AAA")
    lab.go(1, "09:00").issue(1, sell=["AAA"], buy=["BBB"])
    return lab.go(1, "09:31")


@pytest.fixture
def held(held_before: Lab, tmp_path: Path) -> Lab:
    """A position with its stop, and something to sell and to buy."""
    return held_before.copy_to(tmp_path)


def change(lab: Lab, *statements: str, values: tuple[object, ...] = ()) -> None:
    with closing(sqlite3.connect(lab.state_db, isolation_level=None)) as raw:
        raw.execute("PRAGMA ignore_check_constraints = 1")
        for statement in statements:
            raw.execute(statement, values if "?" in statement else ())


def text_columns(lab: Lab) -> list[tuple[str, str]]:
    """Return (table, column) of every text that our programs read back, the append-only events left out."""
    tables = ("positions", "orders", "plans", "signal_files", "equity_snapshots", "system_config", "run_log")
    with closing(sqlite3.connect(lab.state_db)) as raw:
        return [
            (table, str(row[1]))
            for table in tables
            for row in raw.execute(f"PRAGMA table_info({table})")
            if row[2] == "TEXT" and row[1] not in ("key", "position_id")
        ]


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("orders", "sent_at", "garbage"),
        ("orders", "submitted_at", "2026-01-05T09:31:00"),
        ("orders", "fill_price", "NaN"),
    ],
)
def test_a_value_that_our_programs_never_write_is_13_with_table_and_row(
    held: Lab, table: str, column: str, value: str
) -> None:
    change(held, f"UPDATE {table} SET {column} = ?", values=(value,))
    for phase in ("protect", "place"):
        done = held.run(phase)
        assert done.code == 13, (done.stdout, done.stderr)
        assert f"table {table}, row " in done.last_line
        assert f"{column} is '{value}'" in done.last_line
        assert held.writes == []


@pytest.mark.parametrize(
    ("table", "row", "column", "value"),
    [
        ("positions", 1, "entry_date", "garbage"),
        ("positions", 1, "decided_through", "2026-99-99T"),
        ("positions", 1, "grade", "Z"),
        ("orders", 2, "status", "nearly"),
        ("run_log", 3, "trade_date", "yesterday"),
    ],
)
def test_a_value_that_the_schema_forbids_is_13_with_table_row_and_rule(
    held: Lab, table: str, row: int, column: str, value: str
) -> None:
    change(held, f"UPDATE {table} SET {column} = ? WHERE rowid = {row}", values=(value,))
    done = held.run("place")
    assert done.code == 13
    assert f"table {table}, row {row}: CHECK constraint failed: {column} " in done.last_line
    assert f"CHECK constraint failed in {table}" in done.last_line
    assert held.writes == []


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("DELETE FROM positions", "table orders, row 1: refers to none of positions"),
        (
            "UPDATE orders SET parent_client_order_id = 'x' WHERE id = 2",
            "table orders, row 2: refers to none of orders",
        ),
        ("DELETE FROM signal_files", "table plans, row 1: refers to none of signal_files"),
        ("UPDATE orders SET entry = NULL WHERE id = 1", "table orders, row 1: an entry without its details"),
        ("UPDATE orders SET alpaca_order_id = NULL WHERE via = 'leg'", "row 2: a leg without the id of the broker"),
    ],
)
def test_a_row_that_our_programs_never_leave_behind_is_13_with_table_and_row(
    held: Lab, statement: str, words: str
) -> None:
    change(held, statement)
    done = held.run("protect")
    assert (done.code, held.writes) == (13, []), done.stderr
    assert words in done.last_line


def test_a_guard_of_ours_that_somebody_changed_is_13_and_named(held: Lab) -> None:
    change(
        held,
        "DROP TRIGGER filled_qty_only_grows",
        "CREATE TRIGGER filled_qty_only_grows AFTER UPDATE ON orders BEGIN DELETE FROM plans; END",
    )
    done = held.run("place")
    assert (done.code, held.writes) == (13, [])
    assert "the trigger filled_qty_only_grows is not as we made it" in done.last_line


def test_an_equity_that_is_no_number_is_13(tmp_path: Path) -> None:
    lab = make_lab(tmp_path, settings=["safety.max_drawdown_pct=10"])
    lab.hold("AAA")
    change(lab, "UPDATE equity_snapshots SET peak = 'a lot'")
    done = lab.go(1, "09:31").run("protect")
    assert done.code == 13
    assert "table equity_snapshots, row " in done.last_line


def test_a_mark_of_the_last_sync_without_a_zone_only_makes_the_listing_longer(held: Lab) -> None:
    change(held, "UPDATE system_config SET value = '\"2026-01-05T09:31:00\"' WHERE key = 'last_complete_sync'")
    assert held.run("poll").code == 0
    assert held.agrees()


@pytest.mark.slow
def test_no_text_by_hand_makes_a_bug(held: Lab) -> None:
    good = held.state_db.with_suffix(".good")
    with closing(sqlite3.connect(held.state_db)) as raw, closing(sqlite3.connect(good)) as copy:
        raw.backup(copy)
    bugs = []
    for table, column in text_columns(held):
        for value in TEXTS:
            try:
                change(held, f"UPDATE {table} SET {column} = ?", values=(value,))
            except sqlite3.IntegrityError:
                continue
            done = held.run("place", "--dry-run")
            if done.code == BUG:
                bugs.append((table, column, value[:20], done.last_line))
            with closing(sqlite3.connect(held.state_db)) as raw, closing(sqlite3.connect(good)) as copy:
                copy.backup(raw)
    assert bugs == []


def test_a_trigger_of_somebody_else_is_13_and_named(held: Lab) -> None:
    change(held, "CREATE TRIGGER helpful AFTER UPDATE ON orders BEGIN DELETE FROM plans; END")
    done = held.run("place")
    assert done.code == 13
    assert "trigger helpful" in done.last_line
    assert held.writes == []
    change(held, "DROP TRIGGER helpful")
    assert held.run("poll").code == 0


def test_a_view_or_an_index_of_somebody_else_is_reported_and_harmless(held: Lab) -> None:
    change(held, "CREATE VIEW mine AS SELECT 1", "CREATE INDEX faster ON orders (ticker)")
    done = held.run("poll")
    assert done.code == 0, done.stderr
    assert "view mine" in done.stdout
    assert "index faster" in done.stdout


def test_two_open_positions_of_a_ticker_cannot_exist(held: Lab) -> None:
    with closing(sqlite3.connect(held.state_db)) as raw:
        names = [row[1] for row in raw.execute("PRAGMA table_info(positions)") if row[1] != "position_id"]
    listed = ", ".join(names)
    again = f"INSERT INTO positions ({listed}) SELECT {listed} FROM positions"
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        change(held, again)
    change(held, "DROP INDEX one_open_position_a_ticker", again)
    change(held, "CREATE INDEX one_open_position_a_ticker ON positions (ticker)")
    done = held.run("protect")
    assert done.code == 13
    assert "table positions: AAA has 2 open positions" in done.last_line
    assert held.writes == []


def open_on_a_disk_of(size: int, path: Path) -> int:
    """Open the DB where no file may grow beyond so many bytes, and return the code that a program would end with."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))  # Python ignores the signal, so writing fails
    try:
        StateDB.open(path, SystemClock()).close()
    except StateDBError as error:
        return error.exit_code
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    return 0


def test_f123_a_new_db_on_a_nearly_full_disk_is_complete_or_absent(tmp_path: Path) -> None:
    whole = tmp_path / "whole" / "state.db"
    assert open_on_a_disk_of(10**9, whole) == 0
    size = whole.stat().st_size
    for part in (0, 100, 4096, size // 3, size // 2, size - 4096, size - 1, size, size + 4096):
        path = tmp_path / str(part) / "state.db"
        code = open_on_a_disk_of(part, path)
        if path.exists():
            with closing(sqlite3.connect(path)) as raw:
                assert raw.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
                assert raw.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION
        else:
            assert code == 13, part
        assert open_on_a_disk_of(10**9, path) == 0
    assert all(not left.name.startswith(".state.db") for left in tmp_path.rglob("*"))
