"""What was asked on the command line of `live.day`, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from live.run.options import RunOptions


@dataclass(frozen=True, slots=True)
class DayOptions(RunOptions):
    """The flags of one day. At most one of report_dir and no_report is set; output_dir, prices: None as configured.

    sessions, iterations: when it ends, at most one of them; both None: when it is stopped. protect_every: minutes.
    """

    report_dir: Path | None = None
    no_report: bool = False
    output_dir: Path | None = None
    prices: str | None = None
    sessions: int | None = None
    iterations: int | None = None
    protect_every: int | None = None
