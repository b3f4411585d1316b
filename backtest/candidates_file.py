"""Candidates from a CSV file: one row a candidate, in report order."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from backtest.candidates import exact, plain_number
from backtest.csv_rows import CsvRow, read_csv
from backtest.model import Candidate, Grade, GradeSource
from backtest.money import format_price, to_price
from backtest.reports.verdict import Verdict
from backtest.tickers import canonical_ticker

REQUIRED = ("report_date", "ticker", "grade", "score", "price", "gap_size")
OPTIONAL = ("company_name", "grade_source", "problem", "note")
_GRADES = {member.value: member for member in Grade}
_SOURCES = {member.value: member for member in GradeSource}
_NUMBER = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,8})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class CandidatesRead:
    """The candidates of a file by report date, rows of one date in file order; notes: what was respelt."""

    candidates: tuple[Candidate, ...]
    notes: tuple[str, ...] = ()


def read_candidates(path: Path) -> CandidatesRead:
    """Read `report_date,ticker,grade,score,price,gap_size[,company_name][,grade_source][,problem][,note]`.

    Empty score, price and gap_size are missing values. A row with a problem is doubtful, the others are not questioned.
    A ticker that is none is kept: it ends `invalid_ticker`.
    Raises InputError (7) with file and line for anything else that does not fit.
    """
    notes: list[str] = []
    candidates = [_candidate(row, notes) for row in read_csv(path, "candidates").rows(REQUIRED, OPTIONAL)]
    return CandidatesRead(tuple(sorted(candidates, key=lambda one: one.report_date)), tuple(notes))


def candidates_csv(candidates: Iterable[Candidate]) -> bytes:
    """Return candidates, in report order, as the file that `read_candidates` reads."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*REQUIRED, *OPTIONAL))
    for one in candidates:
        score, gap = ("" if value is None else plain_number(exact(value)) for value in (one.score, one.gap_size))
        price = "" if one.price is None else format_price(one.price)
        told = (one.company_name or "", one.grade_source.value, one.problem or "", one.note or "")
        writer.writerow((one.report_date, one.ticker, one.grade.value, score, price, gap, *told))
    return text.getvalue().encode()


def _candidate(row: CsvRow, notes: list[str]) -> Candidate:
    cells = row.cells
    ticker = canonical_ticker(cells["ticker"])
    if ticker != cells["ticker"]:
        notes.append(f"{cells['ticker']} is read as {ticker}")
    score = _number(row, "score", 0, 100)
    price = _number(row, "price", 0, 10_000_000)
    gap = _number(row, "gap_size", -100, 100_000)
    units = None if price is None else to_price(price)
    if units == 0:
        raise row.invalid(f"price {price}", "a positive price, or nothing")
    return Candidate(
        ticker=ticker,
        report_date=row.date("report_date"),
        grade=_grade(row),
        grade_source=_source(row),
        score=None if score is None else float(score),
        price=units,
        gap_size=None if gap is None else float(gap),
        company_name=cells.get("company_name") or None,
        problem=cells.get("problem") or None,
        verdict=Verdict.DOUBTFUL if cells.get("problem") else Verdict.CONFIRMED,
        note=cells.get("note") or None,
    )


def _grade(row: CsvRow) -> Grade:
    if row.cells["grade"] not in _GRADES:
        raise row.refused("grade", "A, B, C or D")
    return _GRADES[row.cells["grade"]]


def _source(row: CsvRow) -> GradeSource:
    text = row.cells.get("grade_source", "")
    if not text:
        return GradeSource.HTML
    if text not in _SOURCES:
        raise row.refused("grade_source", ", ".join(_SOURCES))
    return _SOURCES[text]


def _number(row: CsvRow, name: str, low: int, high: int) -> Decimal | None:
    text = row.cells[name]
    if not text:
        return None
    number = Decimal(text) if _NUMBER.fullmatch(text) else None
    if number is None or not low <= number <= high:
        raise row.refused(name, f"a number from {low:,} to {high:,}, or nothing")
    return number
