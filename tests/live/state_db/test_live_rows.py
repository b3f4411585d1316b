"""Which rows an opening checks against the rules of their tables, and which wait for the next backup."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from live.errors import StateDBError
from live.state_db.backup import check_backup, write_backup
from live.state_db.db import StateDB
from live.state_db.live_rows import TABLES, are_live
from tests.fakes import FakeClock
from tests.live.state_db.builders import entry, hold, raw

CLOCK = FakeClock()
MANY = "WITH RECURSIVE many (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < 600)"
LATER_ROWS = (
    f"""{MANY} INSERT INTO orders (client_order_id, via, strategy, ticker, side, intent, trade_date, qty, status,
    created_at, updated_at) SELECT 'id-' || n, 'post', 'ema_p10', 'OLD', 'sell', 'exit', '2026-03-02', 1, 'canceled',
    '2026-03-02T14:00:00Z', '2026-03-02T14:00:00Z' FROM many""",
    f"""{MANY} INSERT INTO positions (strategy, ticker, trade_date, entry_date, entry_price, target_shares,
    actual_shares, invested, stop_price, stop_loss_bp, report_date, decided_through, status, exit_date, exit_price,
    exit_reason, pnl) SELECT 'ema_p10', 'OLD', '2026-03-02', '2026-03-02', 1, 1, 0, 1, 1, 1000, '2026-03-02',
    '2026-03-02', 'closed', '2026-03-03', 1, 'stop_loss', 0 FROM many""",
    f"""{MANY} INSERT INTO run_log (run_id, program, started_at, finished_at)
    SELECT 'run-' || n, 'executor', '2026-03-02T14:00:00Z', '2026-03-02T14:00:00Z' FROM many""",
)


@pytest.fixture
def aged(tmp_path: Path) -> Path:
    """NVDA is held, MSFT planned, a run not over, AAPL's entry abandoned; 600 later rows are closed, over, ended."""
    path = tmp_path / "aged.db"
    with StateDB.open(path, CLOCK) as db:
        db.runs.start("executor", phase="poll")
        hold(db)
        db.orders.plan([entry("MSFT"), entry("AAPL")])
        db.orders.abandon("20260217_AAPL_entry_buy", "after_cutoff")
    with raw(path) as connection:
        for statement in LATER_ROWS:
            connection.execute(statement)
    return path


def break_row(path: Path, table: str, column: str, where: str) -> None:
    with raw(path) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        assert connection.execute(f"UPDATE {table} SET {column} = 'garbage' WHERE {where}").rowcount == 1


@pytest.mark.parametrize(
    ("table", "column", "where"),
    [
        ("positions", "decided_through", "ticker = 'NVDA'"),
        ("orders", "trade_date", "ticker = 'MSFT'"),
        ("orders", "entry", "ticker = 'NVDA' AND intent = 'entry'"),
        ("orders", "trade_date", "client_order_id = 'leg-of-NVDA'"),
        ("orders", "status", "ticker = 'AAPL'"),
        ("positions", "exit_date", "position_id = (SELECT max(position_id) FROM positions)"),
        ("run_log", "trade_date", "finished_at IS NULL"),
        ("run_log", "summary", "id = (SELECT max(id) FROM run_log)"),
        ("system_config", "value", "key = 'kill_switch'"),
    ],
)
def test_f71_what_trades_is_checked_however_long_ago_it_was_written(
    aged: Path, table: str, column: str, where: str
) -> None:
    StateDB.open(aged, CLOCK).close()
    break_row(aged, table, column, where)
    for opener in (StateDB.open, StateDB.open_copy):
        with pytest.raises(StateDBError, match=f"table {table}, row .*CHECK constraint failed: .*{column}"):
            opener(aged, CLOCK)


def test_f71_an_old_row_of_what_is_over_waits_for_the_next_backup_which_is_not_made(aged: Path, tmp_path: Path) -> None:
    write_backup(aged, tmp_path / "before.db")
    break_row(aged, "orders", "trade_date", "ticker = 'AAPL'")
    StateDB.open(aged, CLOCK).close()
    words = f"damaged in {aged}, table orders, row 4: CHECK constraint failed: trade_date"
    with pytest.raises(StateDBError, match=words):
        write_backup(aged, tmp_path / "backup.db")
    assert not (tmp_path / "backup.db").exists()


def test_f71_a_backup_with_a_row_that_breaks_a_constraint_is_no_sound_one(aged: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup.db"
    write_backup(aged, backup)
    break_row(backup, "orders", "trade_date", "ticker = 'AAPL'")
    with pytest.raises(StateDBError, match="table orders, row 4: CHECK constraint failed: trade_date"):
        check_backup(backup)


def test_a_backup_is_not_made_of_rows_that_our_programs_never_leave_behind(aged: Path, tmp_path: Path) -> None:
    with raw(aged) as connection:
        connection.execute("UPDATE orders SET entry = NULL WHERE ticker = 'AAPL'")
    StateDB.open(aged, CLOCK).close()
    with pytest.raises(StateDBError, match="table orders, row 4: an entry without its details"):
        write_backup(aged, tmp_path / "backup.db")


def test_a_moment_of_the_newest_run_that_is_none_is_named(aged: Path, tmp_path: Path) -> None:
    with raw(aged) as connection:
        connection.execute("UPDATE run_log SET started_at = 'then'")
    with pytest.raises(StateDBError, match=r"table run_log, row \d+: started_at: .*then"):
        write_backup(aged, tmp_path / "backup.db")


def test_after_an_opening_no_write_breaks_a_constraint(path: Path) -> None:
    with StateDB.open(path, CLOCK) as db, pytest.raises(sqlite3.IntegrityError, match="CHECK"), db.transaction():
        db.connection.write("UPDATE orders SET status = 'maybe'")


@pytest.mark.parametrize("table", TABLES)
def test_live_rows_are_found_without_reading_a_whole_table(aged: Path, table: str) -> None:
    with raw(aged) as connection:
        plan = connection.execute(f"EXPLAIN QUERY PLAN SELECT * FROM {table} WHERE {are_live(table)}").fetchall()
        live = connection.execute(f"SELECT count(*) FROM {table} WHERE {are_live(table)}").fetchone()[0]
    steps = [step for *_, step in plan]
    assert steps[0].startswith(f"SEARCH {table} USING INTEGER PRIMARY KEY")
    assert live < 300
