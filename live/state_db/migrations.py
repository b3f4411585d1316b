"""Makes a state DB file, or brings an older one up to date through sqlite-utils' migrations.

    python -m live.state_db.migrations live/state.db

sqlite-utils imports pandas when it is installed, which the executor must never do. A new file needs no
library: the steps are plain SQL, and what the library would have noted about them is written beside
them (a test compares both). For an older file `bring_up_to_date` runs this module as a process of its
own unless the library is loaded already: once per schema version (docs/decisions).
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from live.errors import StateDBError
from live.state_db.schema import MIGRATION_SET, SCHEMA_VERSION, STEPS, apply_step, note_steps, write_first_rows

if TYPE_CHECKING:
    from sqlite_utils import Database

FILE_MODE = 0o600
_PROCESS_SECONDS = 120
_HEAVY = ("sqlite_utils", "pandas")


def bring_up_to_date(path: Path, stamp: str) -> None:
    """Make the DB when there is none (0600), else copy it and apply the missing steps in one transaction.

    stamp: the moment written into a new DB's first rows and the copy's name. A new file is built beside
    its place and renamed into it: it is complete or absent. Raises StateDBError (13).
    """
    if not path.exists() or any(name in sys.modules for name in _HEAVY):
        _bring_up_to_date_here(path, stamp)
    else:
        _bring_up_to_date_elsewhere(path, stamp)


def _bring_up_to_date_elsewhere(path: Path, stamp: str) -> None:
    import subprocess  # late: needed once per schema version

    root = str(Path(__file__).resolve().parents[2])
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([root, os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)}
    command = [sys.executable, "-m", "live.state_db.migrations", os.fspath(path.absolute()), stamp]
    try:
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=_PROCESS_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StateDBError(f"schema of state DB not brought up to date in {path}: {type(error).__name__}") from error
    if done.returncode != 0:
        words = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise StateDBError(words.removeprefix("error[13] ")[:500])


def _bring_up_to_date_here(path: Path, stamp: str) -> None:
    try:
        if path.exists():
            _migrate(path, stamp)
        else:
            create(path, stamp)
    except (sqlite3.Error, OSError) as error:
        raise StateDBError(
            f"schema of state DB not brought up to date in {path}: {error} (expected a folder we may write to)"
        ) from error


def create(path: Path, stamp: str) -> None:
    """Make a new DB beside its place and put it there, complete; one that appeared meanwhile stays."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    building = path.with_name(f".{path.name}.new-{os.getpid()}")
    _remove(building)
    try:
        os.close(os.open(building, os.O_CREAT | os.O_EXCL | os.O_RDWR, FILE_MODE))
        _fill(building, stamp)
        _put_in_place(building, path)
    finally:
        _remove(building)
    _sync(path.parent)


def _put_in_place(building: Path, path: Path) -> None:
    """Never over a file that appeared meanwhile: another run made the same new DB."""
    try:
        os.link(building, path)
    except FileExistsError:
        return
    except OSError:  # a file system without hard links
        if not path.exists():
            building.rename(path)


def _migrate(path: Path, stamp: str) -> None:
    with contextlib.closing(sqlite3.connect(path, timeout=10)) as source:
        version = source.execute("PRAGMA user_version").fetchone()[0]
        copy = path.with_name(f"{path.name}.v{version}-{stamp.translate({ord(':'): None, ord('.'): None})}.bak")
        os.close(os.open(copy, os.O_CREAT | os.O_TRUNC | os.O_RDWR, FILE_MODE))
        with contextlib.closing(sqlite3.connect(copy)) as target:
            source.backup(target)
    with copy.open("rb") as handle:
        os.fsync(handle.fileno())
    _sync(path.parent)
    _apply(path)


def _fill(path: Path, stamp: str) -> None:
    """Write the whole schema and the first rows of a new file in one transaction."""
    with contextlib.closing(_open(path)) as raw:
        raw.execute("BEGIN IMMEDIATE")
        for number in range(1, SCHEMA_VERSION + 1):
            apply_step(raw, number)
        note_steps(raw, stamp)
        write_first_rows(raw, stamp)
        raw.execute("COMMIT")


def _apply(path: Path) -> None:
    """Apply the steps that the library's own record does not yet have, in one transaction."""
    from sqlite_utils import Database
    from sqlite_utils.migrations import Migrations

    with contextlib.closing(_open(path)) as raw:
        database = Database(raw)
        migrations = Migrations(MIGRATION_SET)
        for number, step in enumerate(STEPS, start=1):
            migrations(name=step.name)(_step(number))
        with database.atomic():
            migrations.apply(database)


def _open(path: Path) -> sqlite3.Connection:
    raw = sqlite3.connect(path, timeout=10, isolation_level=None)
    raw.execute("PRAGMA journal_mode = WAL")
    raw.execute("PRAGMA synchronous = FULL")
    return raw


class _step:  # noqa: N801  (a function with the name that the library asks for)
    def __init__(self, number: int) -> None:
        self._number = number
        self.__name__ = STEPS[number - 1].name

    def __call__(self, database: Database) -> None:
        apply_step(database.conn, self._number)


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def main(arguments: list[str]) -> int:
    """Bring the named DB up to date in this process; prints one line on failure (exit 13)."""
    from live.clock import SystemClock, iso_utc

    path = Path(arguments[0])
    stamp = arguments[1] if len(arguments) > 1 else iso_utc(SystemClock().now())
    try:
        _bring_up_to_date_here(path, stamp)
    except StateDBError as error:
        print(error.line(), file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    if len(sys.argv) not in {2, 3}:
        print(f"usage: python -m live.state_db.migrations STATE_DB  (schema version {SCHEMA_VERSION})", file=sys.stderr)
        raise SystemExit(2)
    raise SystemExit(main(sys.argv[1:]))
