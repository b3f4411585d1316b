"""The `KILL` file beside the state DB: a kill switch for people and scripts, without keys and without a DB.

Any file of that name switches it on, an empty one too; its first line is the reason.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from live.state_db.records import KillSwitch

KILL_FILE_NAME = "KILL"
_MOST_BYTES = 500


def read_kill_file(path: Path) -> KillSwitch | None:
    """Return the switch as the file has it; None when there is none. Anything unreadable of that name is on."""
    try:
        state = path.lstat()
    except FileNotFoundError:
        return None
    except OSError as error:
        return KillSwitch(on=True, why=f"{path} cannot be looked at: {error.strerror}", source="rule")
    try:
        with path.open("rb") as handle:
            lines = handle.read(_MOST_BYTES).decode("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    words = "".join(sign for sign in lines[0] if sign.isprintable()).strip() if lines else ""
    since = datetime.fromtimestamp(state.st_mtime, UTC)
    return KillSwitch(on=True, why=words or f"the file {path.name} is there", since=since, who="file", source="file")


def write_kill_file(path: Path, why: str) -> None:
    """Make the file (0600); one that is there stays as it is. OSError when the folder cannot be written."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "wb") as stream:
        stream.write(f"{why}\n".encode())
        stream.flush()
        os.fsync(stream.fileno())
