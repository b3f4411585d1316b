"""A report's JSON as its source: the page is then the second reader, unless a person has reviewed the JSON."""

from __future__ import annotations

import hashlib
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
from backtest.reports.json_report import read_analyzer_json, read_candidates_json
from backtest.reports.model import Problem, ReportReading, ReportSource
from backtest.reports.verdict import Doubt
from backtest.strict_json import read_bytes


def read_twin(
    path: Path, content: bytes, day: date | None, source: ReportSource, directory: Directory | None
) -> ReportReading:
    """Read a JSON alone: names and plausibility are judged, there is no page to compare. Raises InputError (7)."""
    reader = read_analyzer_json if source is ReportSource.ANALYZER_JSON else read_candidates_json
    read = reader(content, path, day)
    stated = read.candidates[0].report_date if read.candidates else (date_of_name(path.name) or day)
    if stated is None:
        raise InputError(f"candidates JSON invalid in {path}: its name gives no date (expected YYYY-MM-DD in it)")
    doubts: dict[str, list[Doubt]] = {}
    needs_price: dict[str, str] = {}
    for one in read.candidates:
        printed = [one.company_name] if one.company_name else []
        identity = identify(one.ticker, printed, one.company_name, directory)
        doubts[one.ticker] = identity.doubts(directory)
        if source is ReportSource.CANDIDATES_JSON:  # the analyzer's score is of another scale
            doubts[one.ticker] += implausible(one, path.name, has_scale=True)
        if identity.needs_price:
            needs_price[one.ticker] = identity.against_price
    digest = hashlib.sha256(content).hexdigest()
    return ReportReading(
        path, stated, tuple(read.candidates), (), digest, source, path, digest, tuple(read.notes),
        needs_price=needs_price, reviewed_page=read.reviewed_page,
    ).with_doubts(doubts)  # fmt: skip


def with_twin(
    path: Path,
    content: bytes,
    page: ReportReading | InputError,
    day: date,
    twin: Path,
    report_json: ReportJson,
    directory: Directory | None,
) -> ReportReading:
    """Return the twin's reading, each stock doubtful of which the page says something else.

    Reviewed (`reviewed.html_sha256` is this very page's): differences are only reported. Raises InputError (7).
    """
    source = ReportSource.CANDIDATES_JSON if report_json is ReportJson.CANDIDATES else ReportSource.ANALYZER_JSON
    read = read_twin(twin, read_bytes(twin, what="candidates JSON", max_bytes=MAX_BYTES), day, source, directory)
    page_sha256 = hashlib.sha256(content).hexdigest()
    read = replace(read, file=path, sha256=page_sha256)
    reviewed = read.reviewed_page == page_sha256
    told: list[Problem] = []
    if read.reviewed_page is not None and not reviewed:
        told.append(Problem(None, "report", "the JSON was reviewed against another page", False, twin.name))
    if isinstance(page, InputError):
        told.append(Problem(None, "report", f"the page could not be read, only its JSON: {page.what}"))
        alone = {one.ticker: [Doubt("ticker", "the page could not be read", twin.name)] for one in read.candidates}
        return replace(read, told=tuple(told)).with_doubts({} if reviewed else alone)
    doubts = differences(page, read.candidates, twin.name) if source is ReportSource.CANDIDATES_JSON else {}
    if reviewed:
        told += [
            Problem(ticker, doubt.field, doubt.text, False, doubt.place)
            for ticker, found in doubts.items()
            for doubt in found
        ]
        doubts = {}
    listed = {one.ticker for one in read.candidates}
    told += [
        Problem(one.ticker, "ticker", "only the page lists it, not the JSON; it is left out", False, twin.name)
        for one in page.candidates
        if one.ticker not in listed and source is ReportSource.CANDIDATES_JSON
    ]
    told += [problem for problem in page.told if problem.ticker is None or problem.ticker not in listed]
    return replace(read, told=tuple(told), notes=(*read.notes, *page.notes)).with_doubts(doubts)


def differences(page: ReportReading, twin: Sequence[Candidate], place: str) -> dict[str, list[Doubt]]:
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
