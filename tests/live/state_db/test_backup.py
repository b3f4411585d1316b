"""Backups are sound, of one moment, private, and thinned out with time."""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from live.errors import StateDBError
from live.state_db.backup import back_up_automatically, check_backup, list_backups, moments_to_keep, write_backup
from live.state_db.db import StateDB
from live.state_db.exchange_file import exchange_file
from tests.fakes import FakeClock
from tests.live.state_db.builders import MORNING, hold, raw


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A state DB that holds NVDA."""
    path = tmp_path / "state.db"
    with StateDB.open(path, FakeClock(MORNING)) as db:
        hold(db)
    return path


def test_a_backup_holds_what_the_state_db_holds(path: Path, tmp_path: Path) -> None:
    contents = write_backup(path, tmp_path / "copy.db")
    assert (contents.open_positions, contents.rows["positions"], contents.rows["orders"]) == (1, 1, 2)
    assert check_backup(tmp_path / "copy.db") == contents
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob("copy.db-*"))


def test_a_backup_is_of_one_moment_while_a_writer_commits(path: Path, tmp_path: Path) -> None:
    """Each commit writes a row into two tables: in a copy of one moment both have the same number."""
    with raw(path) as one:
        one.execute("CREATE TABLE left_hand (n)")
        one.execute("CREATE TABLE right_hand (n)")
    stop = threading.Event()

    def write() -> None:
        with raw(path) as writer:
            while not stop.is_set():
                writer.execute("BEGIN IMMEDIATE")
                writer.execute("INSERT INTO left_hand VALUES (zeroblob(2000))")
                writer.execute("INSERT INTO right_hand VALUES (zeroblob(2000))")
                writer.execute("COMMIT")

    thread = threading.Thread(target=write)
    thread.start()
    try:
        counts = [write_backup(path, tmp_path / f"copy-{n}.db").rows for n in range(10)]
    finally:
        stop.set()
        thread.join()
    assert [one["left_hand"] for one in counts] == [one["right_hand"] for one in counts]
    assert counts[-1]["left_hand"] > 0


def test_a_backup_of_a_damaged_state_db_is_refused_and_the_earlier_one_stays(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    write_backup(path, copy)
    before = copy.read_bytes()
    content = bytearray(path.read_bytes())
    content[8192:12288] = b"\xff" * 4096
    path.write_bytes(content)
    with pytest.raises(StateDBError):
        write_backup(path, copy)
    assert copy.read_bytes() == before
    assert sorted(one.name for one in tmp_path.iterdir() if one.name.startswith(".")) == []


def test_a_row_that_refers_to_none_is_no_sound_backup(path: Path, tmp_path: Path) -> None:
    with raw(path) as one:
        one.execute("UPDATE orders SET position_id = 99")
    with pytest.raises(StateDBError, match="refers to none of positions"):
        write_backup(path, tmp_path / "copy.db")


def test_automatic_backups_are_thinned_out_and_other_files_stay(path: Path, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "state-notes.db").write_text("mine")
    for n in range(20):
        back_up_automatically(path, folder, MORNING + timedelta(days=n))
    days = [(MORNING - one.at).days * -1 for one in list_backups(path, folder)]
    assert days == [19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5]  # 14 days, and the Sunday of the first week
    assert (folder / "state-notes.db").exists()


def day(n: int, hour: int = 15) -> datetime:
    return datetime(2026, 1, 5, hour, tzinfo=UTC) + timedelta(days=n)


@pytest.mark.parametrize(
    ("moments", "kept"),
    [
        ([], []),
        ([day(0)], [day(0)]),
        ([day(0, 14), day(0, 15)], [day(0, 14), day(0, 15)]),  # today nothing goes
        ([day(0, 14), day(0, 15), day(1)], [day(0, 15), day(1)]),
        ([day(7 * n) for n in range(20)], [day(7 * n) for n in range(6, 20)]),
        ([day(n) for n in range(80)], [*(day(n) for n in (34, 41, 48, 55, 62)), *(day(n) for n in range(66, 80))]),
    ],
)
def test_the_last_of_each_of_14_days_and_of_8_weeks_is_kept(moments: list[datetime], kept: list[datetime]) -> None:
    assert sorted(moments_to_keep(moments)) == kept


def test_an_exchanged_file_has_nothing_of_the_old_ones_log(path: Path, tmp_path: Path) -> None:
    write_backup(path, tmp_path / "copy.db")
    with StateDB.open(path, FakeClock(MORNING)) as db:
        hold(db, "AMD")
        kept = exchange_file(tmp_path / "copy.db", path, MORNING)  # while the old one is open, its log not empty
        assert kept is not None
    with StateDB.open(path, FakeClock(MORNING)) as db:
        assert [row.ticker for row in db.positions.open_positions()] == ["NVDA"]
    with StateDB.open(kept, FakeClock(MORNING)) as db:
        assert [row.ticker for row in db.positions.open_positions()] == ["AMD", "NVDA"]


def test_an_exchange_that_fails_leaves_the_old_file(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_backup(path, tmp_path / "copy.db")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfile", full)
    with pytest.raises(StateDBError, match="No space left"):
        exchange_file(tmp_path / "copy.db", path, MORNING)
    with StateDB.open(path, FakeClock(MORNING)) as db:
        assert [row.ticker for row in db.positions.open_positions()] == ["NVDA"]
    assert sqlite3.connect(path).execute("PRAGMA journal_mode").fetchone() == ("wal",)
