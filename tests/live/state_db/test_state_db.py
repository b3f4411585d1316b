"""The state DB as a file: made, opened, refused, copied."""

from __future__ import annotations

import contextlib
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from live.clock import iso_utc
from live.errors import StateDBError
from live.state_db.connection_cache import ConnectionCache
from live.state_db.create import create
from live.state_db.db import StateDB
from live.state_db.schema import APPLICATION_ID, SCHEMA_VERSION
from tests.fakes import FakeClock
from tests.live.state_db.builders import D, a_db, entry, hold

CLOCK = FakeClock()


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("made") / "state.db"
    with StateDB.open(path, CLOCK) as db:
        db.orders.plan([entry()])
    return path.read_bytes()


@pytest.fixture
def path(tmp_path: Path, made: bytes) -> Path:
    path = tmp_path / "state.db"
    path.write_bytes(made)
    path.chmod(0o600)
    return path


@contextlib.contextmanager
def refused(path: Path, words: str) -> Iterator[None]:
    """The file is refused with 13 and these words, and stays as it is."""
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(StateDBError, match=words) as caught:
        yield
    assert caught.value.exit_code == 13
    assert (path.read_bytes() if path.is_file() else None) == before


def raw(path: Path) -> contextlib.closing[sqlite3.Connection]:
    return contextlib.closing(sqlite3.connect(path, isolation_level=None))


def test_a_new_db_is_private_in_wal_mode_and_off(tmp_path: Path) -> None:
    path = tmp_path / "sub" / "state.db"
    with StateDB.open(path, CLOCK) as db:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert not db.system_config.kill_switch().on
    assert list(path.parent.glob("*new*")) == []
    with raw(path) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID


def test_what_was_committed_is_there_after_opening_again(path: Path) -> None:
    with StateDB.open(path, CLOCK) as db:
        assert [row.ticker for row in db.orders.unfinished()] == ["NVDA"]


@pytest.mark.parametrize("content", [b"", b"not a database at all, but long enough to be one" * 10])
def test_f71_no_sqlite_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(content)
    with refused(path, "empty file|no SQLite file"):
        StateDB.open(path, CLOCK)


def test_another_programs_sqlite_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with raw(path) as connection:
        connection.execute("CREATE TABLE t (x)")
    with refused(path, "another program's SQLite file"):
        StateDB.open(path, CLOCK)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StateDBError, match="unreadable"):
        StateDB.open(tmp_path, CLOCK)


def test_f71_a_damaged_page_is_refused(path: Path) -> None:
    content = bytearray(path.read_bytes())
    for offset in range(2 * 4096, 3 * 4096):
        content[offset] ^= 0xFF
    path.write_bytes(content)
    with refused(path, "damaged|malformed"):
        StateDB.open(path, CLOCK)


def test_a_stretch_takes_the_open_file_over_and_a_run_in_it_rolls_back_what_it_left(path: Path) -> None:
    with ConnectionCache() as cache:
        StateDB.open(path, CLOCK, cache=cache).close()
        with StateDB.open(path, CLOCK, cache=cache) as db:
            db.orders.plan([entry("MSFT")])
            db.connection._raw.execute("BEGIN IMMEDIATE")  # a run that died inside a transaction
            db.connection._raw.execute("DELETE FROM orders")
        assert cache.take(path) is not None
        with StateDB.open(path, CLOCK, cache=cache) as db:
            assert [row.ticker for row in db.orders.unfinished()] == ["NVDA", "MSFT"]


def test_a_stretch_opens_anew_what_another_connection_wrote(path: Path) -> None:
    with ConnectionCache() as cache:
        StateDB.open(path, CLOCK, cache=cache).close()
        with StateDB.open(path, CLOCK) as other:
            other.orders.plan([entry("MSFT")])
        assert cache.take(path) is None
        with StateDB.open(path, CLOCK, cache=cache) as db:
            assert len(db.orders.unfinished()) == 2


def test_f71_damage_is_found_again_in_a_stretch_when_somebody_else_wrote_the_file(path: Path) -> None:
    with ConnectionCache() as cache:
        StateDB.open(path, CLOCK, cache=cache).close()
        content = bytearray(path.read_bytes())
        content[2 * 4096 : 3 * 4096] = b"\xff" * 4096
        path.write_bytes(content)
        with pytest.raises(StateDBError):
            StateDB.open(path, CLOCK, cache=cache)


def test_f71_an_illegal_status_is_refused(path: Path) -> None:
    with raw(path) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute("UPDATE orders SET status = 'maybe'")
    with refused(path, "CHECK constraint failed"):
        StateDB.open(path, CLOCK)


@pytest.mark.parametrize("what", ["TABLE plans", "INDEX one_open_position_a_ticker", "TRIGGER events_never_go"])
def test_f71_a_missing_table_or_promise_is_refused(path: Path, what: str) -> None:
    with raw(path) as connection:
        connection.execute(f"DROP {what}")
    with refused(path, f"{what.split()[1]} is missing"):
        StateDB.open(path, CLOCK)


def test_f74_a_read_only_file_is_refused(path: Path) -> None:
    path.chmod(0o400)
    with refused(path, "read-only"):
        StateDB.open(path, CLOCK)


def test_f76_a_newer_schema_is_refused(path: Path) -> None:
    with raw(path) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with refused(path, f"version {SCHEMA_VERSION + 1}"):
        StateDB.open(path, CLOCK)


def test_f70_a_busy_db_is_given_up(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("live.state_db.sqlite_file.BUSY_SECONDS", 0.05)
    with StateDB.open(path, CLOCK) as db, raw(path) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StateDBError, match="busy"):
            db.orders.plan([entry("MSFT")])


def test_i18_a_copy_sees_everything_and_writes_nothing(path: Path) -> None:
    before = path.read_bytes()
    with StateDB.open_copy(path, CLOCK) as db:
        assert len(db.orders.unfinished()) == 1
        db.orders.plan([entry("MSFT")])
        db.system_config.turn_kill_switch_on("only in the copy", "test")
        assert db.system_config.kill_switch().on
    assert path.read_bytes() == before


def test_i18_a_copy_of_no_db_is_an_empty_one(tmp_path: Path) -> None:
    with StateDB.open_copy(tmp_path / "state.db", CLOCK) as db:
        assert db.orders.is_empty()
    assert list(tmp_path.iterdir()) == []


def test_a_copy_of_a_refused_file_is_refused_too(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(b"nothing")
    with refused(path, "no SQLite file"):
        StateDB.open_copy(path, CLOCK)


def test_many_facts_are_one_commit(path: Path) -> None:
    with StateDB.open(path, CLOCK) as db:
        with contextlib.suppress(KeyboardInterrupt), db.transaction():
            db.orders.plan([entry("MSFT")])
            db.orders.plan([entry("AAPL")])
            raise KeyboardInterrupt
        assert [row.ticker for row in db.orders.unfinished()] == ["NVDA"]
        assert db.events.newest(limit=1)[0].corr_id == "20260217_NVDA_entry_buy"


def test_what_is_read_again_is_what_stands_there_now(path: Path) -> None:
    with StateDB.open(path, CLOCK) as db, StateDB.open(path, CLOCK) as other:
        assert [row.ticker for row in db.orders.unfinished()] == ["NVDA"]
        other.orders.plan([entry("MSFT")])
        assert len(db.orders.unfinished()) == 2
        db.orders.plan([entry("AAPL")])
        with contextlib.suppress(KeyboardInterrupt), db.transaction():
            db.orders.plan([entry("TSLA")])
            assert len(db.orders.unfinished()) == 4
            raise KeyboardInterrupt
        assert len(db.orders.unfinished()) == 3


def test_a_swallowed_failure_inside_a_transaction_rolls_the_whole_back() -> None:
    db = a_db()

    def swallow() -> None:
        with db.transaction():
            db.orders.plan([entry("MSFT")])
            with contextlib.suppress(ValueError):
                db.orders.abandon("20260217_AAPL_entry_buy", "there is no such row")

    with pytest.raises(RuntimeError, match="swallowed"):
        swallow()
    assert db.orders.unfinished() == ()


def test_events_can_be_neither_changed_nor_deleted() -> None:
    db = a_db()
    db.events.append("sync", "tested")
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


def test_runs_have_ids_of_their_own_and_tell_how_they_ended() -> None:
    db = a_db()
    first = db.runs.start("generator", trade_date=D)
    second = db.runs.start("executor", phase="place")
    assert (first, second) == ("20260217T142000Z-generator-1", "20260217T142000Z-executor-2")
    db.orders.plan([entry()])
    db.runs.finish(second, 9, "error[9] something is open", {"orders": 1})
    (run,) = db.runs.last()
    assert (run.exit_code, run.last_line, run.summary) == (9, "error[9] something is open", {"orders": 1})
    (row,) = db.orders.unfinished()
    assert row.run_id == second


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StateDBError, match="not brought up to date"):
        create(tmp_path / "file" / "state.db", iso_utc(CLOCK.now()))


def test_f72_a_full_disk_writes_nothing_and_is_told() -> None:
    db = a_db()
    pages = db.connection.one("PRAGMA page_count")
    assert pages is not None
    db.connection.one(f"PRAGMA max_page_count = {pages[0] + 1}")
    with pytest.raises(StateDBError, match="full") as caught:
        db.events.append("sync", "big", {"words": "x" * 100_000})
    assert caught.value.exit_code == 13
    assert db.events.newest() == ()


def test_two_runs_that_both_make_the_new_db_use_the_same_one(path: Path) -> None:
    before = path.read_bytes()
    create(path, iso_utc(CLOCK.now()))
    assert path.read_bytes() == before
