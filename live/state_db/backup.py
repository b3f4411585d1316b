"""Backups of a state DB: complete, sound copies of one consistent moment, and which of them are kept."""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from live.clock import NEW_YORK
from live.errors import StateDBError
from live.state_db.create import sync_folder
from live.state_db.file_checks import check_every_row, check_foreign_keys, header_version
from live.state_db.sqlite_file import BUSY_SECONDS, RESTORE, as_state_db_error
from live.state_db.values import read_moment

DAILY, WEEKLY = 14, 8
"""How many automatic backups are kept: the last of each of so many days, and of each of so many weeks."""


@dataclass(frozen=True, slots=True)
class BackupFile:
    """An automatic backup. at: the moment in its name, by the broker's clock."""

    path: Path
    at: datetime


@dataclass(frozen=True, slots=True)
class Contents:
    """What a state DB file holds. rows: by table. last_run: when its newest run began, None before the first."""

    rows: Mapping[str, int]
    open_positions: int
    last_run: datetime | None


def write_backup(source: Path, target: Path) -> Contents:
    """Copy a state DB that may be in use to one file (0600) and return what the copy holds.

    The copy is of one moment, whatever is committed meanwhile, is checked before it gets its name, and replaces a
    file of that name in one step. Raises StateDBError (13); `target` is then as before.
    """
    header_version(source)
    with _new_file(target) as building:
        with as_state_db_error(source), contextlib.closing(_read_only(source)) as raw:
            with contextlib.closing(sqlite3.connect(building, isolation_level=None)) as copy:
                raw.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")  # one file: a backup has no -wal beside it
        with as_state_db_error(source), contextlib.closing(sqlite3.connect(building)) as copy:
            return _contents_of(copy, source)


def check_backup(path: Path) -> Contents:
    """Read a backup through, every row against every rule, and return what it holds; the file stays untouched.

    Raises StateDBError (13) when it is no sound state DB.
    """
    header_version(path)
    with as_state_db_error(path), contextlib.closing(sqlite3.connect(":memory:")) as copy:
        with contextlib.closing(_read_only(path)) as raw:
            raw.backup(copy)  # SQLite knows no CHECK of a file that it may only read
        return _contents_of(copy, path)


def _contents_of(raw: sqlite3.Connection, path: Path) -> Contents:
    """Return what a copy of a file holds. Raises StateDBError (13), which names the file, when it is not sound."""
    check_every_row(raw, path)
    check_foreign_keys(raw, path)
    names = [row[0] for row in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    rows = {name: int(raw.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]) for name in names}
    held = raw.execute("SELECT count(*) FROM positions WHERE status = 'open'").fetchone()[0]
    return Contents(rows, int(held), _last_run(raw, path))


def _last_run(raw: sqlite3.Connection, path: Path) -> datetime | None:
    last = raw.execute("SELECT id, started_at FROM run_log ORDER BY id DESC LIMIT 1").fetchone()
    try:
        return None if last is None else read_moment(last[1])
    except ValueError as error:
        raise StateDBError(
            f"state DB damaged in {path}, table run_log, row {last[0]}: started_at: {error} (expected a moment)",
            next_step=RESTORE,
        ) from None


def back_up_automatically(state_db: Path, folder: Path, now: datetime) -> Path:
    """Write the backup of this moment into the folder and remove those that are kept no longer.

    Raises StateDBError (13) when it cannot be written.
    """
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    path = folder / f"{state_db.stem}-{stamp}{state_db.suffix}"
    write_backup(state_db, path)
    found = list_backups(state_db, folder)
    kept = moments_to_keep(one.at for one in found)
    for one in found:
        if one.at not in kept:
            with contextlib.suppress(OSError):  # one too many is no reason to complain
                one.path.unlink()
    return path


def list_backups(state_db: Path, folder: Path) -> tuple[BackupFile, ...]:
    """Return the automatic backups of a state DB, newest first; other files of the folder are left out."""
    form = re.compile(rf"{re.escape(state_db.stem)}-(\d{{8}}T\d{{6}}Z){re.escape(state_db.suffix)}", re.ASCII)
    found = []
    for path in folder.iterdir() if folder.is_dir() else ():
        match = form.fullmatch(path.name)
        with contextlib.suppress(ValueError):  # digits that are no date
            if match is not None:
                found.append(BackupFile(path, datetime.strptime(match[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)))
    return tuple(sorted(found, key=lambda one: one.at, reverse=True))


def moments_to_keep(moments: Iterable[datetime]) -> frozenset[datetime]:
    """Return every moment of the newest day, and the last of each of the 14 newest days and the 8 newest ISO weeks.

    Days and weeks are New York's. Of a day that is not over the last copy may be the one that is wrong.
    """
    moments = list(moments)
    days: dict[date, datetime] = {}
    weeks: dict[tuple[int, int], datetime] = {}
    for moment in sorted(moments):
        day = moment.astimezone(NEW_YORK).date()
        days[day] = weeks[day.isocalendar()[:2]] = moment
    newest_days = sorted(days)[-DAILY:]
    newest_weeks = sorted(weeks)[-WEEKLY:]
    newest = [one for one in moments if one.astimezone(NEW_YORK).date() == max(days)]
    return frozenset([*newest, *(days[one] for one in newest_days), *(weeks[one] for one in newest_weeks)])


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS)


@contextlib.contextmanager
def _new_file(target: Path) -> Iterator[Path]:
    """Give a private file beside the target that takes its name when all went well, and is removed otherwise."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        os.close(handle)
        building = Path(name)
        try:
            yield building
            with building.open("rb") as file:
                os.fsync(file.fileno())
            building.replace(target)
        finally:
            building.unlink(missing_ok=True)
        sync_folder(target.parent)
    except OSError as error:
        raise StateDBError(
            f"backup not written in {target}: {error.strerror or error} (expected a folder we may write to)",
            next_step="Name another place, or make this one writable.",
        ) from error
