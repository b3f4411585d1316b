"""What was asked on the command line of `live.signal_generator`, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from live.run.options import RunOptions


@dataclass(frozen=True, slots=True)
class GeneratorOptions(RunOptions):
    """The flags of one run. Exactly one of report_files, report_dir and no_report is set; None: as configured."""

    report_files: tuple[Path, ...] = ()
    report_dir: Path | None = None
    no_report: bool = False
    no_scan: bool = False
    output_dir: Path | None = None
    prices: str | None = None
    trade_date: date | None = None
    force: bool = False
    refresh_prices: bool = False
