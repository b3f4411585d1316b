"""Read one report: the page, its JSON twin when there is one, and what the two say about each other."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from backtest.reports.model import ReportReading


def read_report(
    path: Path,
    *,
    report_json: str = "candidates",
    report_date: date | None = None,
    cache_dir: Path | None = None,
    explain: bool = False,
) -> ReportReading:
    """Read a report and return its candidates with every doubt about them.

    path: `earnings_trade_analysis_YYYY-MM-DD.html`, or one of the JSON companions itself.
    report_json: `candidates` (the twin is used when present), `analyzer` (on request; another score
    scale) or `none`. report_date: the date a caller demands; name, page and this must agree.
    cache_dir: folder for parsed candidates by content hash (backtests); None reads afresh.
    Raises InputError (exit 7): missing, unreadable, hostile, of another date, or with stocks of which
    none could be read. A valid report without stocks gives an empty reading.
    """
    raise NotImplementedError
