"""The state DB as a file: made, opened, refused, copied, handed over from run to run."""

from __future__ import annotations

import contextlib
import resource
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from live.errors import LockedError, StateDBError
from live.state_db.connection_cache import ConnectionCache
from live.state_db.db import StateDB
from live.state_db.schema import APPLICATION_ID, SCHEMA_VERSION
from tests.fakes import FakeClock
from tests.live.state_db.builders import entry, raw

CLOCK = FakeClock()


@contextlib.contextmanager
def refused(path: Path, words: str) -> Iterator[None]:
    """The file is refused with 13 and these words, and stays as it is."""
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(StateDBError, match=words) as caught:
        yield
    assert caught.value.exit_code == 13
    assert (path.read_bytes() if path.is_file() else None) == before


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


def test_a_cached_connection_is_taken_over_and_what_a_run_left_open_is_rolled_back(path: Path) -> None:
    with ConnectionCache() as cache:
        StateDB.open(path, CLOCK, cache=cache).close()
        with StateDB.open(path, CLOCK, cache=cache) as db:
            db.orders.plan([entry("MSFT")])
            db.connection._raw.execute("BEGIN IMMEDIATE")  # a run that died inside a transaction
            db.connection._raw.execute("DELETE FROM orders")
        assert cache.take(path) is not None
        with StateDB.open(path, CLOCK, cache=cache) as db:
            assert [row.ticker for row in db.orders.unfinished()] == ["NVDA", "MSFT"]


def test_a_cached_connection_is_dropped_when_another_one_wrote_the_file(path: Path) -> None:
    with ConnectionCache() as cache:
        StateDB.open(path, CLOCK, cache=cache).close()
        with StateDB.open(path, CLOCK) as other:
            other.orders.plan([entry("MSFT")])
        assert cache.take(path) is None
        with StateDB.open(path, CLOCK, cache=cache) as db:
            assert len(db.orders.unfinished()) == 2


def test_f71_damage_is_found_with_a_cache_too_when_the_file_was_written_from_outside(path: Path) -> None:
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
def test_f71_a_missing_table_index_or_trigger_is_refused(path: Path, what: str) -> None:
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


def test_a_reader_sees_one_moment_beside_a_run_and_writes_nothing(path: Path) -> None:
    with StateDB.open_reading(path, CLOCK) as reading, StateDB.open(path, CLOCK) as db:
        db.orders.plan([entry("MSFT")])
        assert [row.ticker for row in reading.orders.unfinished()] == ["NVDA"]
        with pytest.raises(StateDBError, match="readonly"):
            reading.connection.write("DELETE FROM plans")
    with StateDB.open_reading(path, CLOCK) as later:
        assert len(later.orders.unfinished()) == 2


def test_a_reader_finds_what_is_no_state_db_of_ours(path: Path) -> None:
    with raw(path) as connection:
        connection.execute("DROP TRIGGER events_never_go")
    with refused(path, "events_never_go is missing"):
        StateDB.open_reading(path, CLOCK)


def test_a_reader_of_no_db_finds_an_empty_one(tmp_path: Path) -> None:
    with StateDB.open_reading(tmp_path / "state.db", CLOCK) as db:
        assert db.orders.is_empty()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("opener", [StateDB.open_copy, StateDB.open_reading])
def test_f127_a_copy_is_read_although_nothing_can_be_written_beside_the_file(
    path: Path, opener: Callable[[Path, FakeClock], StateDB]
) -> None:
    with StateDB.open(path, CLOCK) as db:
        db.system_config.set_flag("a", "b", "test")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))  # as on a full disk: files can be made and stay empty
    try:
        with opener(path, CLOCK) as copy:
            assert copy.system_config.flag("a") == "b"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_i18_a_copy_of_no_db_is_an_empty_one(tmp_path: Path) -> None:
    with StateDB.open_copy(tmp_path / "state.db", CLOCK) as db:
        assert db.orders.is_empty()
    assert list(tmp_path.iterdir()) == []


def test_a_copy_of_a_refused_file_is_refused_too(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(b"nothing")
    with refused(path, "no SQLite file"):
        StateDB.open_copy(path, CLOCK)


def test_a_folder_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with refused(tmp_path / "file" / "state.db", "not written"):
        StateDB.open(tmp_path / "file" / "state.db", CLOCK)


def unkept(path: Path) -> StateDB:
    return StateDB.open_unkept(path, CLOCK, None, "executor")


def test_a_new_db_is_nowhere_until_it_is_kept_and_has_everything_then(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "state.db"
    with unkept(path) as db:
        first = db.runs.start("before")
        assert list(tmp_path.iterdir()) == []
        db.keep()
        db.runs.finish(first, 0, "after")
    with StateDB.open(path, CLOCK) as db:
        assert [(run.program, run.last_line) for run in db.runs.last()] == [("before", "after")]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_db_that_is_there_is_kept_from_the_beginning(path: Path) -> None:
    with unkept(path) as db:
        assert db.is_kept


def test_a_db_that_another_program_made_meanwhile_stays(path: Path) -> None:
    before = path.read_bytes()
    late = path.with_name("late.db")
    with unkept(late) as db:
        path.rename(late)
        with pytest.raises(LockedError):
            db.keep()
        assert late.read_bytes() == before
