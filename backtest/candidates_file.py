"""Candidates from a CSV file: one row a candidate, in report order."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from backtest.errors import InputError
from backtest.model import Candidate, Grade, GradeSource
from backtest.money import to_price
from backtest.strict_json import describe, read_bytes
from backtest.tickers import canonical_ticker
from backtest.typed_settings import suggestion

REQUIRED = ("report_date", "ticker", "grade", "score", "price", "gap_size")
OPTIONAL = ("company_name", "grade_source")
MAX_BYTES = 200_000_000
_GRADES = {member.value: member for member in Grade}
_SOURCES = {member.value: member for member in GradeSource}
_NUMBER = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,8})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class CandidatesRead:
    """The candidates of a file by report date, rows of one date in file order; notes: what was respelt."""

    candidates: tuple[Candidate, ...]
    notes: tuple[str, ...] = ()


def read_candidates(path: Path) -> CandidatesRead:
    """Read `report_date,ticker,grade,score,price,gap_size[,company_name][,grade_source]`.

    Empty score, price and gap_size are missing values. A ticker that is none is kept: it ends `invalid_ticker`.
    Raises InputError (7) with file and line for anything else that does not fit.
    """
    content = read_bytes(path, what="candidates", max_bytes=MAX_BYTES)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"candidates unreadable in {path}: no UTF-8 text (expected a CSV file)") from None
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    candidates: list[Candidate] = []
    notes: list[str] = []
    try:
        _require_header(rows.fieldnames, path)
        for row in rows:
            candidate = _candidate(row, f"{path} line {rows.line_num}", notes)
            candidates.append(candidate)
    except csv.Error as error:
        line = rows.line_num + 1  # the row that broke off was not counted
        raise InputError(f"candidates invalid in {path} line {line}: {error} (expected CSV)") from None
    return CandidatesRead(tuple(sorted(candidates, key=lambda one: one.report_date)), tuple(notes))


def _require_header(names: object, path: Path) -> None:
    found = list(names) if isinstance(names, list) else []
    if not found:
        raise InputError(f"candidates empty in {path}: not even a header (expected {', '.join(REQUIRED)})")
    for name in REQUIRED:
        if name not in found:
            raise InputError(f"candidates invalid in {path}: no column {name} (expected {', '.join(REQUIRED)})")
    for name in found:
        if name not in REQUIRED and name not in OPTIONAL:
            expected = suggestion(str(name), [*REQUIRED, *OPTIONAL])
            raise InputError(f"candidates invalid in {path}: unknown column {describe(name)} (expected {expected})")
    if len(set(found)) != len(found):
        raise InputError(f"candidates invalid in {path}: a column twice (expected each once)")


def _candidate(row: Mapping[str | None, str | None], where: str, notes: list[str]) -> Candidate:
    if None in row or None in row.values():
        raise InputError(f"candidates invalid in {where}: a row of another length (expected one cell a column)")
    cells = {name: (value or "").strip(" ") for name, value in row.items() if name is not None}
    ticker = canonical_ticker(cells["ticker"])
    if ticker != cells["ticker"]:
        notes.append(f"{cells['ticker']} is read as {ticker}")
    score = _number(cells, "score", where, 0, 100)
    price = _number(cells, "price", where, 0, 10_000_000)
    gap = _number(cells, "gap_size", where, -100, 100_000)
    units = None if price is None else to_price(price)
    if units == 0:
        raise InputError(f"candidates invalid in {where}: price {price} (expected a positive price, or nothing)")
    return Candidate(
        ticker=ticker,
        report_date=_date(cells["report_date"], where),
        grade=_grade(cells["grade"], where),
        grade_source=_source(cells.get("grade_source", ""), where),
        score=None if score is None else float(score),
        price=units,
        gap_size=None if gap is None else float(gap),
        company_name=cells.get("company_name") or None,
    )


def _date(text: str, where: str) -> date:
    try:
        if len(text) == 10:
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise InputError(f"candidates invalid in {where}: report_date {describe(text)} (expected YYYY-MM-DD)")


def _grade(text: str, where: str) -> Grade:
    if text not in _GRADES:
        raise InputError(f"candidates invalid in {where}: grade {describe(text)} (expected A, B, C or D)")
    return _GRADES[text]


def _source(text: str, where: str) -> GradeSource:
    if not text:
        return GradeSource.HTML
    if text not in _SOURCES:
        words = ", ".join(_SOURCES)
        raise InputError(f"candidates invalid in {where}: grade_source {describe(text)} (expected {words})")
    return _SOURCES[text]


def _number(cells: Mapping[str, str], name: str, where: str, low: int, high: int) -> Decimal | None:
    text = cells[name]
    if not text:
        return None
    number = Decimal(text) if _NUMBER.fullmatch(text) else None
    if number is None or not low <= number <= high:
        expected = f"a number from {low:,} to {high:,}, or nothing"
        raise InputError(f"candidates invalid in {where}: {name} {describe(text)} (expected {expected})")
    return number
