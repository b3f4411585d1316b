"""What was asked on the command line of `live.executor`, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from live.execute.decide.schedule import Phase

MAX_WAIT_MINUTES = 120
"""The longest `--wait-for-open` (RELIABILITY I22)."""


@dataclass(frozen=True, slots=True)
class ExecutorOptions:
    """The flags of one run. state_db, manifest, broker: None takes the configuration's."""

    signals_file: Path | None = None
    phase: Phase = Phase.ALL
    state_db: Path | None = None
    manifest: Path | None = None
    config: Path = Path("configs/default.yaml")
    broker: str | None = None
    enable_live: bool = False
    settings: tuple[str, ...] = ()
    dry_run: bool = False
    as_json: bool = False
    skip_time_check: bool = False
    wait_for_open: int = 0
    verbose: bool = False
    quiet: bool = False
