"""The `KILL` file beside the state DB: a kill switch for people and scripts, without keys and without a DB.

Anything of that name switches it on, an empty file, a folder or a pipe too; a file's first line is the reason.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from live.state_db.records import KillSwitch

KILL_FILE_NAME = "KILL"
_MOST_BYTES = 500


def kill_files_of(db_path: Path) -> tuple[Path, ...]:
    """Return where a KILL file counts: beside the state DB's name, and beside the file itself when that is a link.

    One run may name the file and another the link; whichever folder a person chooses must do.
    """
    beside_name = db_path.parent / KILL_FILE_NAME
    try:
        if not db_path.is_symlink():
            return (beside_name,)
        return beside_name, db_path.resolve().parent / KILL_FILE_NAME
    except (OSError, RuntimeError):
        return (beside_name,)


def read_kill_files(paths: Iterable[Path]) -> KillSwitch | None:
    """Return the switch as the first of the files has it; None when there is none."""
    return next((found for path in paths if (found := read_kill_file(path))), None)


def read_kill_file(path: Path) -> KillSwitch | None:
    """Return the switch as the file has it; None when there is none. Anything unreadable of that name is on."""
    try:
        state = os.lstat(path)  # asked before every order: half the time of Path.lstat
    except FileNotFoundError:
        return None
    except OSError as error:
        return KillSwitch(on=True, why=f"{path} cannot be looked at: {error.strerror}", source="rule")
    words = _first_line(path)
    since = datetime.fromtimestamp(state.st_mtime, UTC)
    return KillSwitch(
        on=True, why=words or f"the {_kind(state)} {path.name} is there", since=since, who="file", source="file"
    )


def write_kill_file(path: Path, why: str) -> bool:
    """Make the file (0600) and return whether the reason stands in it; one that is there stays as it is.

    On a full disk the file may be empty: it counts all the same. Raises OSError when nothing could be made.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return False
    with contextlib.suppress(OSError), os.fdopen(handle, "wb") as stream:
        stream.write(f"{why}\n".encode(errors="replace"))
        stream.flush()
        os.fsync(stream.fileno())
        return True
    return False


def _first_line(path: Path) -> str:
    """Return what a person wrote; empty when there is nothing to read. A pipe or a device is not waited for."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        content = os.read(handle, _MOST_BYTES) if stat.S_ISREG(os.fstat(handle).st_mode) else b""
    except OSError:
        return ""
    finally:
        os.close(handle)
    lines = content.decode("utf-8", "replace").splitlines()
    return "".join(sign for sign in lines[0] if sign.isprintable()).strip() if lines else ""


def _kind(state: os.stat_result) -> str:
    if stat.S_ISDIR(state.st_mode):
        return "folder"
    return "pipe" if stat.S_ISFIFO(state.st_mode) else "file"
