"""A report's JSON as its source: the page is then the second reader, unless a person has reviewed the JSON."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date
from pathlib import Path

from backtest.errors import InputError
from backtest.model import Candidate
from backtest.money import format_price
from backtest.params import ReportJson
from backtest.reports.directory import Directory
from backtest.reports.hostile import MAX_BYTES
from backtest.reports.json_report import ANALYZER_NAME, WHAT, read_json
from backtest.reports.model import Problem, ReportReading, ReportSource, problems_of
from backtest.reports.verdict import Doubt
from backtest.strict_json import read_bytes


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
    newest = max((path for path in found if ANALYZER_NAME.fullmatch(path.name)), default=None)
    if newest is None:
        raise InputError(
            f"analyzer JSON missing beside {report}: report_json is analyzer (expected "
            f"earnings_trade_analyzer_{day}_HHMMSS.json)",
            next_step="Put it there, or set report_json to candidates.",
        )
    return newest


def with_twin(
    path: Path, content: bytes, page: ReportReading | InputError, day: date, twin: Path, directory: Directory | None
) -> ReportReading:
    """Return the twin's reading, each stock doubtful of which the page says something else.

    Reviewed (`reviewed.html_sha256` is this very page's): differences are only reported. Raises InputError (7).
    """
    read = read_json(twin, read_bytes(twin, what=WHAT, max_bytes=MAX_BYTES), day, directory)
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
        on_page = {one.ticker: one for one in page.candidates}
        doubts = {one.ticker: _differences(one, on_page.get(one.ticker), twin.name) for one in read.candidates}
        text = "only the page lists it, not the JSON; it is left out"
        told += problems_of(doubts) if reviewed else []
        told += [Problem(ticker, "ticker", text, False, twin.name) for ticker in on_page if ticker not in listed]
    told += [problem for problem in page.told if problem.ticker not in listed]
    read = replace(read, told=tuple(told), notes=(*read.notes, *page.notes))
    return read.with_doubts({} if reviewed else doubts)


def _differences(one: Candidate, other: Candidate | None, place: str) -> list[Doubt]:
    """Return where the page says something else of a stock than the twin."""
    if other is None:
        return [Doubt("ticker", "only the JSON lists it, not the page", place)]
    both = ((name, getattr(one, name), getattr(other, name)) for name in ("grade", "score", "price", "gap_size"))
    return [
        Doubt(name, f"JSON {_shown(name, ours)}, page {_shown(name, theirs)}", place)
        for name, ours, theirs in both
        if theirs is not None and ours != theirs
    ]


def _shown(name: str, value: float | int | str | None) -> str:
    if value is None:
        return "nothing"
    return format_price(value) if name == "price" and isinstance(value, int) else f"{value}"
