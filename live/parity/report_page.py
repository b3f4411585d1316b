"""A report page for candidates that only exist as data, so that the generator reads them as it reads any report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape
from pathlib import Path

from backtest.files import write_file
from backtest.model import Candidate
from backtest.money import format_price

_HEADER = ("Ticker", "Company", "Grade", "Score", "Price", "Gap")


def write_report_page(folder: Path, day: date, candidates: Sequence[Candidate]) -> Path:
    """Write `earnings_trade_analysis_DAY.html` with one table row a candidate, in order; return its path."""
    rows = "".join(_row(_cells(candidate), "td") for candidate in candidates)
    path = folder / f"earnings_trade_analysis_{day}.html"
    title = f"Earnings trade analysis {day}"
    text = (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body><h1>{title}</h1><table>{_row(_HEADER, 'th')}{rows}</table></body></html>\n"
    )
    write_file(path, text.encode())
    return path


def _cells(candidate: Candidate) -> tuple[str, ...]:
    return (
        candidate.ticker,
        candidate.company_name or "N/A",
        candidate.grade.value,
        "N/A" if candidate.score is None else f"{candidate.score:g}",
        "N/A" if candidate.price is None else f"${format_price(candidate.price)}",
        "N/A" if candidate.gap_size is None else f"{candidate.gap_size:+g}%",
    )


def _row(cells: Sequence[str], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"
