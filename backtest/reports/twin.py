"""A report's JSON as its source: the page is then the second reader, unless a person has reviewed the JSON."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from backtest.errors import InputError
from backtest.model import Candidate
from backtest.money import format_price
from backtest.params import ReportJson
from backtest.reports.dates import date_of_name
from backtest.reports.directory import Directory
from backtest.reports.fields.grade import implausible
from backtest.reports.hostile import MAX_BYTES
from backtest.reports.identity import identify
from backtest.reports.json_report import WHAT, read_analyzer_json, read_candidates_json
from backtest.reports.model import Problem, ReportReading, ReportSource, problems_of
from backtest.reports.verdict import Doubt
from backtest.strict_json import read_bytes

_ANALYZER_NAME = re.compile(r"earnings_trade_analyzer_\d{4}-\d{2}-\d{2}_\d{6}\.json", re.ASCII)


def twin_of(report: Path, day: date, wanted: ReportJson) -> Path | None:
    """Return the JSON to read beside a report, of several analyzers' the newest; None where there need be none.

    Raises InputError (7) when the analyzer's is wanted and missing.
    """
    if wanted is ReportJson.NONE:
        return None
    if wanted is ReportJson.CANDIDATES:
        path = report.with_name(f"earnings_trade_candidates_{day}.json")
        return path if path.exists() or path.is_symlink() else None
    found = report.parent.glob(f"earnings_trade_analyzer_{day}_*.json")
    newest = max((path for path in found if _ANALYZER_NAME.fullmatch(path.name)), default=None)
    if newest is None:
        raise InputError(
            f"analyzer JSON missing beside {report}: report_json is analyzer (expected "
            f"earnings_trade_analyzer_{day}_HHMMSS.json)",
            next_step="Put it there, or set report_json to candidates.",
        )
    return newest


def read_twin(path: Path, content: bytes, day: date | None, directory: Directory | None) -> ReportReading:
    """Read a JSON alone: names and plausibility are judged, there is no page to compare. Raises InputError (7)."""
    reader = read_analyzer_json if _ANALYZER_NAME.fullmatch(path.name) else read_candidates_json
    read = reader(content, path, day)
    if not read.candidates and day is None and date_of_name(path.name) is None:
        raise InputError(f"{WHAT} invalid in {path}: its name gives no date (expected YYYY-MM-DD in it)")
    doubts: dict[str, list[Doubt]] = {}
    needs_price: dict[str, str] = {}
    for one in read.candidates:
        identity = identify(one.ticker, [one.company_name] if one.company_name else [], one.company_name, directory)
        doubts[one.ticker] = identity.doubts(directory)
        if read.source is ReportSource.CANDIDATES_JSON:  # the analyzer's score is of another scale
            doubts[one.ticker] += implausible(one, path.name, has_scale=True)
        if identity.needs_price:
            needs_price[one.ticker] = identity.against_price
    return replace(read, needs_price=needs_price).with_doubts(doubts)


def with_twin(
    path: Path, content: bytes, page: ReportReading | InputError, day: date, twin: Path, directory: Directory | None
) -> ReportReading:
    """Return the twin's reading, each stock doubtful of which the page says something else.

    Reviewed (`reviewed.html_sha256` is this very page's): differences are only reported. Raises InputError (7).
    """
    read = read_twin(twin, read_bytes(twin, what=WHAT, max_bytes=MAX_BYTES), day, directory)
    read = replace(read, file=path, sha256=hashlib.sha256(content).hexdigest())
    reviewed = read.reviewed_page == read.sha256
    told: list[Problem] = []
    if read.reviewed_page is not None and not reviewed:
        told.append(Problem(None, "report", "the JSON was reviewed against another page", False, twin.name))
    if isinstance(page, InputError):
        told.append(Problem(None, "report", f"the page could not be read, only its JSON: {page.what}"))
        alone = {one.ticker: [Doubt("ticker", "the page could not be read", twin.name)] for one in read.candidates}
        return replace(read, told=tuple(told)).with_doubts({} if reviewed else alone)
    listed = {one.ticker for one in read.candidates}
    doubts: dict[str, list[Doubt]] = {}
    if read.source is ReportSource.CANDIDATES_JSON:
        doubts = _differences(page, read.candidates, twin.name)
        text = "only the page lists it, not the JSON; it is left out"
        unlisted = [one.ticker for one in page.candidates if one.ticker not in listed]
        told += problems_of(doubts) if reviewed else []
        told += [Problem(ticker, "ticker", text, False, twin.name) for ticker in unlisted]
    told += [problem for problem in page.told if problem.ticker not in listed]
    read = replace(read, told=tuple(told), notes=(*read.notes, *page.notes))
    return read.with_doubts({} if reviewed else doubts)


def _differences(page: ReportReading, twin: Sequence[Candidate], place: str) -> dict[str, list[Doubt]]:
    """Return by ticker where the page says something else than the twin."""
    by_ticker = {candidate.ticker: candidate for candidate in page.candidates}
    found: dict[str, list[Doubt]] = {}
    for candidate in twin:
        other = by_ticker.get(candidate.ticker)
        if other is None:
            found[candidate.ticker] = [Doubt("ticker", "only the JSON lists it, not the page", place)]
            continue
        for name in ("grade", "score", "price", "gap_size"):
            ours, theirs = getattr(candidate, name), getattr(other, name)
            if ours != theirs and theirs is not None:
                text = f"JSON {_shown(name, ours)}, page {_shown(name, theirs)}"
                found.setdefault(candidate.ticker, []).append(Doubt(name, text, place))
    return found


def _shown(name: str, value: float | int | str | None) -> str:
    if value is None:
        return "nothing"
    return format_price(value) if name == "price" and isinstance(value, int) else f"{value}"
