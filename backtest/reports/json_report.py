"""The JSON companions of a report, strictly read: refused whole for any violation, nothing is guessed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
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
from backtest.reports.hostile import MAX_BYTES
from backtest.reports.mentions import canonical
from backtest.reports.model import ReportReading, ReportSource
from backtest.reports.text import printable
from backtest.strict_json import JsonValue, describe, loads, require_keys

_TICKER = re.compile(r"[A-Z][A-Z0-9./-]{0,9}", re.ASCII)
MAX_CANDIDATES = 5_000
WHAT = "candidates JSON"


def read_candidates_json(content: bytes, path: Path, day: date | None) -> ReportReading:
    """Return what companion 1 says (`signals/candidates.schema.json`). Raises InputError (7) on any violation.

    day: the date it must be of; None takes the one in the file, which must equal that in its name.
    """
    where = str(path)
    document = require_keys(
        loads(content, where=where, what=WHAT, max_bytes=MAX_BYTES),
        ("report_date", "candidates"),
        ("generated_at", "source", "schema_version", "reviewed"),
        where=where,
        what=WHAT,
    )
    stated = _date(document["report_date"], where)
    for other in (day, date_of_name(path.name)):
        if other is not None and other != stated:
            _refuse(where, f"report_date {stated}", f"{other}")
    rows = document["candidates"]
    if not isinstance(rows, list) or len(rows) > MAX_CANDIDATES:
        _refuse(where, f"candidates {describe(rows)}", f"a list of at most {MAX_CANDIDATES:,}")
    for position, row in enumerate(rows, start=1):
        at = f"{where}, candidate {position}"
        require_keys(row, ("ticker", "grade", "score", "price"), ("gap_size", "company_name"), where=at, what=WHAT)
        if row["grade"] is None or row["price"] is None:
            _refuse(at, "grade or price null", "A, B, C or D, and a number above 0")
    read = _reading(rows, "candidate", stated, ReportSource.CANDIDATES_JSON, path, content)
    return replace(read, reviewed_page=_reviewed_page(document.get("reviewed"), f"{where}, reviewed"))


def read_analyzer_json(content: bytes, path: Path, day: date | None) -> ReportReading:
    """Return the results of companion 2, whose score is another scale. Raises InputError (7) on any violation.

    Only what is needed is checked strictly; a gap of 0 with a warning in its component is unknown.
    """
    where = str(path)
    stated = date_of_name(path.name)
    if stated is None or (day is not None and stated != day):
        _refuse(where, f"date {stated}", f"{day or 'earnings_trade_analyzer_YYYY-MM-DD_HHMMSS.json'}")
    document = loads(content, where=where, what=WHAT, max_bytes=MAX_BYTES)
    rows = document.get("results") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(rows, list) or len(rows) > MAX_CANDIDATES:
        _refuse(where, describe(document), "an object with results")
    if document.get("schema_version") not in ("1.0", "1"):
        _refuse(where, f"schema_version {describe(document.get('schema_version'))}", '"1.0"')
    candidates = [_analyzer_row(row, where) for row in rows]
    read = _reading(candidates, "result", stated, ReportSource.ANALYZER_JSON, path, content)
    return replace(read, notes=("the scores are the analyzer's, another scale than the report's", *read.notes))


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


def _reading(
    rows: Sequence[Any], what: str, stated: date, source: ReportSource, path: Path, content: bytes
) -> ReportReading:
    """Return the candidates of rows, each ticker once, and what was respelled."""
    found: dict[str, Candidate] = {}
    notes: list[str] = []
    for position, row in enumerate(rows, start=1):
        at, printed = f"{path}, {what} {position}", row["ticker"]
        if not isinstance(printed, str) or not _TICKER.fullmatch(printed):
            _refuse(at, f"ticker {describe(printed)}", "[A-Z][A-Z0-9./-]{0,9}")
        ticker = canonical(printed) or _refuse(at, f"ticker {printed}", "a symbol such as NVDA or BRK.B")
        if ticker != printed:
            notes.append(f"{printed} is read as {ticker}")
        if ticker in found:
            _refuse(at, f"ticker {ticker} twice", "each ticker once")
        found[ticker] = _candidate(row, ticker, stated, at)
    digest = hashlib.sha256(content).hexdigest()
    return ReportReading(path, stated, tuple(found.values()), (), digest, source, path, digest, tuple(notes))


def _candidate(row: dict[str, Any], ticker: str, stated: date, at: str) -> Candidate:
    """Return a row as a candidate. A grade of null is inferred."""
    grade, price, gap, company = row["grade"], row["price"], row.get("gap_size"), row.get("company_name")
    score = float(_number(row["score"], "score", at, 0, 100))
    if grade not in (None, "A", "B", "C", "D"):
        _refuse(at, f"grade {describe(grade)}", "A, B, C or D")
    if price is not None:
        price = to_price(_number(price, "price", at, Decimal("0.00005"), MAX_PRICE))
    if gap is not None:
        gap = float(_number(gap, "gap_size", at, -1_000, 100_000))
    if not isinstance(company, str | None):
        _refuse(at, f"company_name {describe(company)}", "text or null")
    letter, source = (infer_grade(score), GradeSource.INFERRED) if grade is None else (Grade(grade), GradeSource.JSON)
    return Candidate(ticker, stated, letter, source, score, price, gap, printable(company or "") or None)


def _refuse(where: str, found: str, expected: str) -> NoReturn:
    raise InputError(f"{WHAT} invalid in {where}: {found} (expected {expected})")


def _date(value: JsonValue, where: str) -> date:
    stated = date_of_name(value) if isinstance(value, str) and len(value) == len("YYYY-MM-DD") else None
    return stated or _refuse(where, f"report_date {describe(value)}", "YYYY-MM-DD")


def _reviewed_page(value: JsonValue, where: str) -> str | None:
    """Return the sha256 of the page against which a person has corrected the file."""
    if value is None:
        return None
    reviewed = require_keys(value, ("by", "at", "html_sha256"), where=where, what=WHAT)
    for name, text in reviewed.items():
        if not isinstance(text, str) or not text.strip():
            _refuse(where, f"{name} {describe(text)}", "text")
    page = str(reviewed["html_sha256"])
    if not re.fullmatch(r"[0-9a-f]{64}", page):
        _refuse(where, f"html_sha256 {describe(page)}", "64 hexadecimal digits")
    return page


def _number(value: Any, name: str, where: str, low: Decimal | int, high: Decimal | int) -> Decimal:
    low, high = Decimal(low), Decimal(high)
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not low <= value <= high:
        _refuse(where, f"{name} {describe(value)}", f"a number from {low:f} to {high:f}")
    return Decimal(value)
