"""Earnings reports rendered as HTML in several templates that look nothing like each other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from backtest.model import Candidate

TEMPLATES: tuple[str, ...] = ("cards", "sections", "table")


def render_report(day: date, candidates: Sequence[Candidate], template: str) -> str:
    """Return the page of one report date; without candidates a page that says so."""
    raise NotImplementedError


def write_reports(folder: Path, candidates: Sequence[Candidate]) -> list[Path]:
    """Write one `earnings_trade_analysis_YYYY-MM-DD.html` a report date, templates in turn; return the paths."""
    raise NotImplementedError
