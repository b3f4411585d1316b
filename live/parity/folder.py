"""The files of one replay."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from live.parity.trading_day import Workspace

_IN_MEMORY = Path("/dev/shm")
_BYTES_NEEDED = 1 << 30
"""More than an exchange file of 700 symbols over eight years and a state DB need."""


@dataclass(frozen=True, slots=True)
class ReplayFolder:
    """Where a replay keeps its state."""

    root: Path

    @property
    def exchange(self) -> Path:
        return self.root / "exchange.db"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    @property
    def workspace(self) -> Workspace:
        return Workspace(
            config=self.root / "config.yaml",
            manifest=self.root / "run_manifest.json",
            state_db=self.root / "state.db",
            signals=self.root / "signals",
            sim_file=self.exchange,
        )


@contextmanager
def open_folder_of(out: Path | None) -> Iterator[ReplayFolder]:
    """Give the folder `state` below `out`, or with None a temporary one that is removed at the end."""
    if out is not None:
        yield ReplayFolder(out / "state")
        return
    with tempfile.TemporaryDirectory(prefix="earnings-drift-replay-", dir=scratch_folder()) as root:
        yield ReplayFolder(Path(root))


def scratch_folder() -> Path | None:
    """Return where state that is thrown away lies: in memory, where syncing it to a disk costs nothing.

    None, the system's own choice, when there is no such folder with room, or TMPDIR names another.
    """
    if "TMPDIR" in os.environ or not os.access(_IN_MEMORY, os.W_OK | os.X_OK):
        return None
    return _IN_MEMORY if shutil.disk_usage(_IN_MEMORY).free >= _BYTES_NEEDED else None
