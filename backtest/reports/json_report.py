"""The JSON companions of a report, strictly read: refused whole for any violation, nothing is guessed."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

from backtest.errors import InputError
from backtest.model import Candidate, Grade, GradeSource
from backtest.money import to_price
from backtest.reports.dates import date_of_name
from backtest.reports.directory import Directory
from backtest.reports.fields.grade import implausible, infer_grade
from backtest.reports.fields.numbers import MAX_PRICE
from backtest.reports.hostile import MAX_BYTES
from backtest.reports.identity import identify
from backtest.reports.mentions import canonical
from backtest.reports.model import ReportReading, ReportSource
from backtest.reports.text import printable
from backtest.strict_json import JsonValue, describe, loads, require_keys

ANALYZER_NAME = re.compile(r"earnings_trade_analyzer_\d{4}-\d{2}-\d{2}_\d{6}\.json", re.ASCII)
_ANALYZER_KEYS = {
    "ticker": "symbol", "grade": "grade", "score": "composite_score", "price": "current_price", "gap_size": "gap_pct",
    "company_name": "company_name",
}  # fmt: skip
"""What companion 2 calls the fields of companion 1."""
_TICKER = re.compile(r"[A-Z][A-Z0-9./-]{0,9}", re.ASCII)
MAX_CANDIDATES = 5_000
WHAT = "candidates JSON"


def read_json(path: Path, content: bytes, day: date | None, directory: Directory | None) -> ReportReading:
    """Read a companion alone: names and plausibility are judged, there is no page to compare.

    day: the date it must be of; None takes its own. Raises InputError (7) on any violation.
    """
    is_analyzer = ANALYZER_NAME.fullmatch(path.name) is not None
    stated, rows, reviewed = (_read_analyzer if is_analyzer else _read_candidates)(content, path, day)
    notes = ["the scores are the analyzer's, another scale than the report's"] if is_analyzer else []
    found: dict[str, Candidate] = {}
    for position, row in enumerate(rows, start=1):
        at, printed = f"{path}, {'result' if is_analyzer else 'candidate'} {position}", row["ticker"]
        if not isinstance(printed, str) or not _TICKER.fullmatch(printed):
            _refuse(at, f"ticker {describe(printed)}", "[A-Z][A-Z0-9./-]{0,9}")
        ticker = canonical(printed) or _refuse(at, f"ticker {printed}", "a symbol such as NVDA or BRK.B")
        if ticker != printed:
            notes.append(f"{printed} is read as {ticker}")
        if ticker in found:
            _refuse(at, f"ticker {ticker} twice", "each ticker once")
        found[ticker] = _candidate(row, ticker, stated, at)
    reviewed_page = _reviewed_page(reviewed, f"{path}, reviewed")
    if not found and day is None and date_of_name(path.name) is None:
        _refuse(str(path), "its name gives no date", "YYYY-MM-DD in it")
    source = ReportSource.ANALYZER_JSON if is_analyzer else ReportSource.CANDIDATES_JSON
    digest = hashlib.sha256(content).hexdigest()
    read = ReportReading(
        path, stated, tuple(found.values()), (), digest, source, path, digest, tuple(notes), reviewed_page=reviewed_page
    )
    return _judged(read, directory)


def _judged(read: ReportReading, directory: Directory | None) -> ReportReading:
    doubts, needs_price = {}, {}
    for one in read.candidates:
        identity = identify(one.ticker, [one.company_name] if one.company_name else [], one.company_name, directory)
        doubts[one.ticker] = identity.doubts(directory)
        if read.source is ReportSource.CANDIDATES_JSON:  # the analyzer's score is of another scale
            doubts[one.ticker] += implausible(one, read.file.name, has_scale=True)
        if identity.needs_price:
            needs_price[one.ticker] = identity.against_price
    return replace(read, needs_price=needs_price).with_doubts(doubts)


def _read_candidates(content: bytes, path: Path, day: date | None) -> tuple[date, list[Any], JsonValue]:
    """Return the date, the rows and the review of companion 1 (`signals/candidates.schema.json`)."""
    where = str(path)
    loaded = loads(content, where=where, what=WHAT, max_bytes=MAX_BYTES)
    optional = ("generated_at", "source", "schema_version", "reviewed")
    document = require_keys(loaded, ("report_date", "candidates"), optional, where=where, what=WHAT)
    written = document["report_date"]
    stated = date_of_name(written) if isinstance(written, str) and len(written) == len("YYYY-MM-DD") else None
    if stated is None:
        _refuse(where, f"report_date {describe(written)}", "YYYY-MM-DD")
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
    return stated, rows, document.get("reviewed")


def _read_analyzer(content: bytes, path: Path, day: date | None) -> tuple[date, list[Any], None]:
    """Return the date and the results of companion 2, of which only what is needed is checked strictly."""
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
    return stated, [_analyzer_row(row, where) for row in rows], None


def _analyzer_row(row: Any, where: str) -> dict[str, Any]:
    """Return a result as a row of companion 1; a gap of 0 with a warning in its component is unknown."""
    if not isinstance(row, dict):
        _refuse(where, describe(row), "an object a result")
    components = row.get("components")
    component = components.get("gap_size") if isinstance(components, dict) else None
    unknown = row.get("gap_pct") == 0 and isinstance(component, dict) and component.get("warning")
    renamed = {ours: row.get(theirs) for ours, theirs in _ANALYZER_KEYS.items()}
    return renamed | {"gap_size": None} if unknown else renamed


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
