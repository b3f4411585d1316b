"""Files of cases: one folder a process, in memory where there is room."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from live.parity.folder import scratch_folder


@cache
def scratch() -> Path:
    """Return this process's folder; it goes with the process."""
    folder = Path(tempfile.mkdtemp(prefix="fuzz-", dir=scratch_folder()))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def put(name: str, content: bytes) -> Path:
    """Write a file of the user's own and return its path."""
    path = scratch() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o600)
    return path


def fresh_folder(name: str) -> Path:
    """Return an empty folder."""
    folder = scratch() / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
