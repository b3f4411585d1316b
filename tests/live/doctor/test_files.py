"""Room, folders, private files and backups are judged by their values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from live.doctor.answer import Status
from live.doctor.files import MB, judge_backups, judge_disk, judge_folders, judge_private

FOLDER = Path("there")
NOON = datetime(2026, 2, 3, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("free", "db_size", "status", "code"),
    [
        (49 * MB, 0, Status.FAIL, 13),
        (50 * MB, 0, Status.WARN, 0),
        (999 * MB, 475 * MB, Status.FAIL, 13),
        (1000 * MB, 475 * MB, Status.OK, 0),
    ],
)
def test_room_must_hold_two_copies_of_the_state_db(free: int, db_size: int, status: Status, code: int) -> None:
    found = judge_disk(free, db_size, FOLDER)
    assert (found.status, found.code) == (status, code)
    assert found.detail.startswith(f"{free / MB:,.0f} MB free in there")


def test_a_folder_that_cannot_be_written_ends_as_its_run_would() -> None:
    wrong = (FOLDER, "there may not be written")
    answers = list(judge_folders({"state DB": wrong, "signal files": wrong, "backups": (FOLDER, None)}))
    assert [one.code for one in answers] == [13, 7]
    assert answers[0].detail == "state DB in there: there may not be written (expected a writable folder)"
    (fine,) = judge_folders({"state DB": (FOLDER, None)})
    assert (fine.status, fine.detail) == (Status.OK, "writable: state DB")


@pytest.mark.parametrize("mode", [0o100640, 0o100604, 0o100601])
def test_keys_and_book_that_others_may_read_are_a_warning(mode: int) -> None:
    found = judge_private({Path(".env"): mode, Path("state.db"): 0o100600})
    assert (found.status, found.fix) == (Status.WARN, "chmod 600 .env")


def test_private_files_are_told() -> None:
    assert judge_private({Path("state.db"): 0o100600}).detail == "nobody else may use state.db"
    assert judge_private({}).detail == "none yet"


def test_a_backup_is_sound_and_not_older_than_the_newest_signal_file() -> None:
    assert judge_backups(NOON, NOON, 3, None, FOLDER).detail == "3 in there, the newest of 2026-02-03 12:00"
    late = judge_backups(NOON, NOON + timedelta(days=1), 3, None, FOLDER)
    assert (late.status, late.detail.endswith("before the newest signal file")) == (Status.WARN, True)
    damaged = judge_backups(NOON, None, 1, "no SQLite file", FOLDER)
    assert (damaged.status, damaged.detail.endswith("is damaged: no SQLite file")) == (Status.WARN, True)
    assert judge_backups(None, None, 0, None, FOLDER).detail == "none in there"
