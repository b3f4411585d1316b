"""The JSON companions of a report: strictly read, and compared field by field with the page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

from backtest.errors import InputError
from backtest.model import Candidate, Grade, GradeSource
from backtest.money import to_price
from backtest.reports.fields.grade import infer_grade
from backtest.reports.fields.price import MAX_PRICE
from backtest.reports.mentions import canonical
from backtest.reports.report_date import date_of_name
from backtest.reports.text import printable
from backtest.strict_json import JsonValue, describe, loads, require_keys

TICKER = re.compile(r"[A-Z][A-Z0-9./-]{0,9}", re.ASCII)
MAX_CANDIDATES = 5_000
MAX_BYTES = 5_000_000
CANDIDATES_NAME = "earnings_trade_candidates_{day}.json"
ANALYZER_NAME = re.compile(r"earnings_trade_analyzer_(\d{4}-\d{2}-\d{2})_(\d{6})\.json", re.ASCII)


def candidates_file(report: Path, day: date) -> Path | None:
    """Return the candidates JSON beside a report, None when there is none."""
    path = report.with_name(CANDIDATES_NAME.format(day=day.isoformat()))
    return path if path.exists() or path.is_symlink() else None


def analyzer_file(report: Path, day: date) -> Path | None:
    """Return the newest trade-analyzer JSON of `day` beside a report."""
    found = [
        path
        for path in report.parent.glob(f"earnings_trade_analyzer_{day.isoformat()}_*.json")
        if ANALYZER_NAME.fullmatch(path.name)
    ]
    return max(found, key=lambda path: path.name, default=None)


@dataclass(frozen=True, slots=True)
class JsonRead:
    """notes: what was respelled. reviewed_page: sha256 of the page against which a person has corrected the file."""

    candidates: list[Candidate]
    notes: list[str]
    reviewed_page: str | None = None


def read_candidates_json(content: bytes, path: Path, day: date | None) -> JsonRead:
    """Return what companion 1 says (`signals/candidates.schema.json`). Raises InputError (7) on any violation.

    day: the date it must be of; None takes the one in the file, which must equal that in its name.
    """
    where = str(path)
    document = require_keys(
        _load(content, where),
        ("report_date", "candidates"),
        ("generated_at", "source", "schema_version", "reviewed"),
        where=where,
        what=WHAT,
    )
    stated = _date(document["report_date"], where)
    named = date_of_name(path)
    for other in (day, named):
        if other is not None and other != stated:
            _refuse(where, f"report_date {stated}", f"{other}")
    rows = document["candidates"]
    if not isinstance(rows, list) or len(rows) > MAX_CANDIDATES:
        _refuse(where, f"candidates {describe(rows)}", f"a list of at most {MAX_CANDIDATES:,}")
    candidates: list[Candidate] = []
    notes: list[str] = []
    for position, row in enumerate(rows):
        at = f"{where}, candidate {position + 1}"
        fields = require_keys(
            row, ("ticker", "grade", "score", "price"), ("gap_size", "company_name"), where=at, what=WHAT
        )
        printed = _ticker(fields["ticker"], at)
        ticker = canonical(printed) or printed
        if ticker != printed:
            notes.append(f"{printed} is read as {ticker}")
        if any(candidate.ticker == ticker for candidate in candidates):
            _refuse(at, f"ticker {ticker} twice", "each ticker once")
        candidates.append(
            Candidate(
                ticker,
                stated,
                _grade(fields["grade"], at),
                GradeSource.JSON,
                float(_number(fields["score"], "score", at, 0, 100)),
                to_price(_number(fields["price"], "price", at, Decimal("0.00005"), MAX_PRICE)),
                _gap(fields.get("gap_size"), at),
                _company(fields.get("company_name"), at),
            )
        )
    return JsonRead(candidates, notes, _reviewed_page(document.get("reviewed"), where))


def read_analyzer_json(content: bytes, path: Path, day: date | None) -> JsonRead:
    """Return the results of companion 2, whose score is another scale. Raises InputError (7) on any violation.

    Only what is needed is checked strictly; a gap of 0 with a warning in its component is unknown.
    """
    where = str(path)
    match = ANALYZER_NAME.fullmatch(path.name)
    stated = date.fromisoformat(match.group(1)) if match else day
    if stated is None or (day is not None and stated != day):
        _refuse(where, f"date {stated}", f"{day or 'earnings_trade_analyzer_YYYY-MM-DD_HHMMSS.json'}")
    document = _load(content, where)
    if not isinstance(document, dict) or not isinstance(document.get("results"), list):
        _refuse(where, describe(document), "an object with results")
    if document.get("schema_version") not in ("1.0", "1"):
        _refuse(where, f"schema_version {describe(document.get('schema_version'))}", '"1.0"')
    rows = document["results"]
    assert isinstance(rows, list)
    candidates: list[Candidate] = []
    notes: list[str] = ["the scores are the analyzer's, another scale than the report's"]
    for position, row in enumerate(rows[: MAX_CANDIDATES + 1]):
        at = f"{where}, result {position + 1}"
        if position == MAX_CANDIDATES or not isinstance(row, dict):
            _refuse(at, describe(row), "an object")
        printed = _ticker(row.get("symbol"), at)
        ticker = canonical(printed) or printed
        if any(candidate.ticker == ticker for candidate in candidates):
            _refuse(at, f"symbol {ticker} twice", "each symbol once")
        score = float(_number(row.get("composite_score"), "composite_score", at, 0, 100))
        stated_grade = row.get("grade")
        price = row.get("current_price")
        candidates.append(
            Candidate(
                ticker,
                stated,
                infer_grade(score) if stated_grade is None else _grade(stated_grade, at),
                GradeSource.INFERRED if stated_grade is None else GradeSource.JSON,
                score,
                None if price is None else to_price(_number(price, "current_price", at, Decimal("0.00005"), MAX_PRICE)),
                _analyzer_gap(row, at),
                _company(row.get("company_name"), at),
            )
        )
    return JsonRead(candidates, notes)


WHAT = "candidates JSON"


def _load(content: bytes, where: str) -> JsonValue:
    return loads(content, where=where, what=WHAT, max_bytes=MAX_BYTES)


def _refuse(where: str, found: str, expected: str) -> NoReturn:
    raise InputError(f"{WHAT} invalid in {where}: {found} (expected {expected})")


def _date(value: Any, where: str) -> date:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    _refuse(where, f"report_date {describe(value)}", "YYYY-MM-DD")


def _reviewed_page(value: JsonValue, where: str) -> str | None:
    if value is None:
        return None
    at = f"{where}, reviewed"
    reviewed = require_keys(value, ("by", "at", "html_sha256"), where=at, what=WHAT)
    for name, text in reviewed.items():
        if not isinstance(text, str) or not text.strip():
            _refuse(at, f"{name} {describe(text)}", "text")
    if not re.fullmatch(r"[0-9a-f]{64}", reviewed["html_sha256"]):
        _refuse(at, f"html_sha256 {describe(reviewed['html_sha256'])}", "64 hexadecimal digits")
    return str(reviewed["html_sha256"])


def _ticker(value: Any, where: str) -> str:
    if not isinstance(value, str) or not TICKER.fullmatch(value):
        _refuse(where, f"ticker {describe(value)}", "[A-Z][A-Z0-9./-]{0,9}")
    return value


def _grade(value: Any, where: str) -> Grade:
    if value not in ("A", "B", "C", "D"):
        _refuse(where, f"grade {describe(value)}", "A, B, C or D")
    return Grade(value)


def _number(value: Any, name: str, where: str, low: Decimal | int, high: Decimal | int) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not low <= value <= high:
        _refuse(
            where,
            f"{name} {describe(value)}",
            f"a number from {low:f} to {high}" if isinstance(low, Decimal) else f"a number from {low} to {high}",
        )
    return Decimal(value)


def _gap(value: Any, where: str) -> float | None:
    return None if value is None else float(_number(value, "gap_size", where, -1_000, 100_000))


def _company(value: Any, where: str) -> str | None:
    if value is not None and not isinstance(value, str):
        _refuse(where, f"company_name {describe(value)}", "text or null")
    return printable(value) or None if isinstance(value, str) else None


def _analyzer_gap(row: dict[str, Any], where: str) -> float | None:
    gap = row.get("gap_pct")
    components = row.get("components")
    component = components.get("gap_size") if isinstance(components, dict) else None
    if gap == 0 and isinstance(component, dict) and component.get("warning"):
        return None
    return _gap(gap, where)
