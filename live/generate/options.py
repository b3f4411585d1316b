"""What was asked on the command line of `live.signal_generator`, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path


@dataclass(frozen=True, slots=True)
class GeneratorOptions:
    """The flags of one run. Exactly one of report_files, report_dir and no_report is set; None: as configured."""

    report_files: tuple[Path, ...] = ()
    report_dir: Path | None = None
    no_report: bool = False
    output_dir: Path | None = None
    state_db: Path | None = None
    manifest: Path | None = None
    config: Path = Path("configs/default.yaml")
    broker: str | None = None
    prices: str | None = None
    trade_date: date | None = None
    enable_live: bool = False
    settings: tuple[str, ...] = ()
    force: bool = False
    refresh_prices: bool = False
    dry_run: bool = False
    as_json: bool = False
    verbose: bool = False
    quiet: bool = False
