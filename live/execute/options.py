"""What was asked on the command line of `live.executor`, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from live.execute.decide.schedule import Phase
from live.run.options import RunOptions

MAX_WAIT_MINUTES = 120
"""The longest `--wait-for-open` (I22)."""


@dataclass(frozen=True, slots=True)
class ExecutorOptions(RunOptions):
    """The flags of one run."""

    signals_file: Path | None = None
    phase: Phase = Phase.ALL
    skip_time_check: bool = False
    wait_for_open: int = 0
