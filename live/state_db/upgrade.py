"""Brings an older state DB up to date: a copy first, then the missing migration steps in one transaction.

The steps need sqlite-utils, which imports pandas when it is installed, and the executor must never do
that. So they run as a process of their own unless the library is loaded already: once per schema
version (docs/decisions/0005-migrations-in-a-process-of-their-own.md).
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
from pathlib import Path

from live.errors import StateDBError
from live.state_db.create import FILE_MODE, sync_folder
from live.state_db.sqlite_file import step_after

_PROCESS_SECONDS = 120
_HEAVY = ("sqlite_utils", "pandas")


def upgrade(path: Path, stamp: str) -> None:
    """Copy an older DB (`state.db.v1-….bak`) and apply the missing steps. Raises StateDBError (13).

    stamp: the moment in the copy's name.
    """
    if any(name in sys.modules for name in _HEAVY):
        upgrade_here(path, stamp)
    else:
        _upgrade_elsewhere(path, stamp)


def upgrade_here(path: Path, stamp: str) -> None:
    """Do it in this process, which loads sqlite-utils."""
    from live.state_db.migrations.steps import apply_steps

    try:
        if not path.exists():
            raise FileNotFoundError("no such file")
        _back_up(path, stamp)
        with contextlib.closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as raw:
            raw.execute("PRAGMA journal_mode = WAL")
            raw.execute("PRAGMA synchronous = FULL")
            apply_steps(raw)
    except (sqlite3.Error, OSError) as error:
        raise StateDBError(
            f"schema of state DB not brought up to date in {path}: {error} (expected a folder we may write to)",
            next_step=step_after(str(error)),
        ) from error


def _upgrade_elsewhere(path: Path, stamp: str) -> None:
    import subprocess  # late: needed once per schema version

    root = str(Path(__file__).resolve().parents[2])
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([root, os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)}
    command = [sys.executable, "-m", "live.state_db.migrations", "migrate", os.fspath(path.absolute()), stamp]
    try:
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=_PROCESS_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StateDBError(
            f"schema of state DB not brought up to date in {path}: {type(error).__name__}",
            next_step="Run the same command again.",
        ) from error
    if done.returncode != 0:
        words = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise StateDBError(words.removeprefix("error[13] ")[:500])


def _back_up(path: Path, stamp: str) -> None:
    with contextlib.closing(sqlite3.connect(path, timeout=10)) as source:
        version = source.execute("PRAGMA user_version").fetchone()[0]
        copy = path.with_name(f"{path.name}.v{version}-{stamp.translate({ord(':'): None, ord('.'): None})}.bak")
        os.close(os.open(copy, os.O_CREAT | os.O_TRUNC | os.O_RDWR, FILE_MODE))
        with contextlib.closing(sqlite3.connect(copy)) as target:
            source.backup(target)
    with copy.open("rb") as handle:
        os.fsync(handle.fileno())
    sync_folder(path.parent)
