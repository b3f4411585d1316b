"""The JSON companions of a report: strictly read, and compared field by field with the page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

from backtest.errors import InputError
from backtest.model import Candidate, Grade, GradeSource
from backtest.money import to_price
from backtest.reports.dates import date_of_name
from backtest.reports.fields.grade import infer_grade
from backtest.reports.fields.numbers import MAX_PRICE
from backtest.reports.mentions import canonical
from backtest.reports.text import printable
from backtest.strict_json import JsonValue, describe, loads, require_keys

TICKER = re.compile(r"[A-Z][A-Z0-9./-]{0,9}", re.ASCII)
MAX_CANDIDATES = 5_000
MAX_BYTES = 5_000_000
WHAT = "candidates JSON"
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
    named = date_of_name(path.name)
    for other in (day, named):
        if other is not None and other != stated:
            _refuse(where, f"report_date {stated}", f"{other}")
    rows = document["candidates"]
    if not isinstance(rows, list) or len(rows) > MAX_CANDIDATES:
        _refuse(where, f"candidates {describe(rows)}", f"a list of at most {MAX_CANDIDATES:,}")
    for position, row in enumerate(rows):
        at = f"{where}, candidate {position + 1}"
        require_keys(row, ("ticker", "grade", "score", "price"), ("gap_size", "company_name"), where=at, what=WHAT)
        if row["grade"] is None or row["price"] is None:
            _refuse(at, "grade or price null", "A, B, C or D, and a number above 0")
    candidates, notes = _candidates(rows, stated, f"{where}, candidate")
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
    rows = document.get("results") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(rows, list) or len(rows) > MAX_CANDIDATES:
        _refuse(where, describe(document), "an object with results")
    if document.get("schema_version") not in ("1.0", "1"):
        _refuse(where, f"schema_version {describe(document.get('schema_version'))}", '"1.0"')
    candidates, notes = _candidates([_analyzer_row(row, where) for row in rows], stated, f"{where}, result")
    return JsonRead(candidates, ["the scores are the analyzer's, another scale than the report's", *notes])


def _analyzer_row(row: Any, where: str) -> dict[str, Any]:
    """Return a result under the names of companion 1."""
    if not isinstance(row, dict):
        _refuse(where, describe(row), "an object a result")
    components = row.get("components")
    component = components.get("gap_size") if isinstance(components, dict) else None
    unknown = row.get("gap_pct") == 0 and isinstance(component, dict) and component.get("warning")
    return {
        "ticker": row.get("symbol"),
        "grade": row.get("grade"),
        "score": row.get("composite_score"),
        "price": row.get("current_price"),
        "gap_size": None if unknown else row.get("gap_pct"),
        "company_name": row.get("company_name"),
    }


def _candidates(rows: Sequence[Any], stated: date, where: str) -> tuple[list[Candidate], list[str]]:
    """Return the candidates of rows, each ticker once, and what was respelled. A grade of null is inferred."""
    found: dict[str, Candidate] = {}
    notes: list[str] = []
    for position, row in enumerate(rows):
        at = f"{where} {position + 1}"
        printed = _ticker(row["ticker"], at)
        ticker = canonical(printed) or _refuse(at, f"ticker {printed}", "a symbol such as NVDA or BRK.B")
        if ticker != printed:
            notes.append(f"{printed} is read as {ticker}")
        if ticker in found:
            _refuse(at, f"ticker {ticker} twice", "each ticker once")
        score = float(_number(row["score"], "score", at, 0, 100))
        grade, price, gap = row["grade"], row["price"], row.get("gap_size")
        found[ticker] = Candidate(
            ticker,
            stated,
            infer_grade(score) if grade is None else _grade(grade, at),
            GradeSource.INFERRED if grade is None else GradeSource.JSON,
            score,
            None if price is None else to_price(_number(price, "price", at, Decimal("0.00005"), MAX_PRICE)),
            None if gap is None else float(_number(gap, "gap_size", at, -1_000, 100_000)),
            _company(row.get("company_name"), at),
        )
    return list(found.values()), notes


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
    low, high = Decimal(low), Decimal(high)
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not low <= value <= high:
        _refuse(where, f"{name} {describe(value)}", f"a number from {low:f} to {high:f}")
    return Decimal(value)


def _company(value: Any, where: str) -> str | None:
    if value is not None and not isinstance(value, str):
        _refuse(where, f"company_name {describe(value)}", "text or null")
    return printable(value) or None if isinstance(value, str) else None
