"""Read one report: the page, its JSON twin when there is one, and what the two say about each other."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date
from pathlib import Path

from backtest.errors import InputError
from backtest.reports.hostile import MAX_BYTES, NEXT_STEP, checked_text
from backtest.reports.model import Problem, ReportReading, ReportSource
from backtest.strict_json import read_bytes

REPORT_JSON = ("candidates", "analyzer", "none")


def read_report(
    path: Path,
    *,
    report_json: str = "candidates",
    report_date: date | None = None,
    cache_dir: Path | None = None,
    explain: bool = False,
) -> ReportReading:
    """Read a report and return its candidates with every doubt about them.

    path: `earnings_trade_analysis_YYYY-MM-DD.html`, or one of the JSON companions itself.
    report_json: `candidates` (the twin is used when present), `analyzer` (on request; another score
    scale) or `none`. report_date: the date a caller demands; name, page and this must agree.
    cache_dir: folder for parsed candidates by content hash (backtests); None reads afresh.
    Raises InputError (exit 7): missing, unreadable, hostile, of another date, or with stocks of which
    none could be read. A valid report without stocks gives an empty reading.
    """
    if report_json not in REPORT_JSON:
        raise ValueError(f"report_json must be one of {', '.join(REPORT_JSON)}, is {report_json!r}")
    content = _bytes_of(path)
    if path.suffix.lower() == ".json":
        return _json_alone(path, content, report_date)
    page_reading = _page(path, content, report_date, cache_dir, explain)
    if isinstance(page_reading, ReportReading):
        day = page_reading.report_date
    else:
        day = _date_for_twin(path, report_date, page_reading)
    twin = _twin_path(path, day, report_json)
    if twin is None:
        if isinstance(page_reading, InputError):
            raise page_reading
        return page_reading
    return _with_twin(path, content, page_reading, day, twin, report_json)


def _bytes_of(path: Path) -> bytes:
    try:
        return read_bytes(path, what="report", max_bytes=MAX_BYTES)
    except InputError as error:
        raise InputError(error.what, next_step=NEXT_STEP) from None


def _page(
    path: Path, content: bytes, wanted: date | None, cache_dir: Path | None, explain: bool
) -> ReportReading | InputError:
    from backtest.reports.cache import load_reading, store_reading

    if cache_dir is not None and not explain:
        cached = load_reading(cache_dir, path, content)
        if cached is not None and (wanted is None or cached.report_date == wanted):
            return cached
    try:
        reading = read_html(path, content, wanted, explain=explain)
    except InputError as error:
        return error
    if cache_dir is not None and not explain:
        store_reading(cache_dir, path, content, reading)
    return reading


def read_html(path: Path, content: bytes, wanted: date | None = None, *, explain: bool = False) -> ReportReading:
    """Read a page alone, without its twin. Raises InputError (exit 7)."""
    from backtest.reports.html_report import read_page
    from backtest.reports.page import parse_page
    from backtest.reports.report_date import agreed_date
    from backtest.reports.self_check import check_counts, check_unread, says_empty, visible_stocks

    text = checked_text(content, path)
    try:
        page = parse_page(text)
        day, problems = agreed_date(page, path, wanted)
        found = read_page(page, day, explain=explain)
    except ValueError as error:
        raise InputError(
            f"report unreadable in {path}: {error} (expected an earnings report)", next_step=NEXT_STEP
        ) from None
    unread = [*found.unread, *check_unread(page, found)]
    if not found.candidates:
        named = visible_stocks(page, found)
        if unread or not says_empty(page) or (named and found.records):
            raise InputError(_nothing_read(path, named, bool(unread)), next_step=NEXT_STEP)
    problems = [*problems, *found.problems, *unread, *(check_counts(page, found) if found.candidates else [])]
    return ReportReading(
        path, day, tuple(found.candidates), tuple(problems), hashlib.sha256(content).hexdigest(),
        notes=tuple(found.notes), evidence=found.evidence,
    )  # fmt: skip


def _nothing_read(path: Path, named: list[str], unread: bool) -> str:
    if named or unread:
        shown = ", ".join(named[:5]) or "blocks that look like stocks"
        return (
            f"report not understood in {path}: it shows {shown}, but none could be read "
            "(expected a ticker with its grade or score)"
        )
    return (
        f"nothing recognised in {path}: no stock, and no word that none qualified (expected an earnings trade analysis)"
    )


def _date_for_twin(path: Path, wanted: date | None, error: InputError) -> date:
    from backtest.reports.report_date import date_of_name

    day = date_of_name(path) or wanted
    if day is None or (wanted is not None and day != wanted):
        raise error
    return day


def _twin_path(path: Path, day: date, report_json: str) -> Path | None:
    from backtest.reports.json_report import analyzer_file, candidates_file

    if report_json == "none":
        return None
    twin = candidates_file(path, day) if report_json == "candidates" else analyzer_file(path, day)
    if twin is None and report_json == "analyzer":
        raise InputError(
            f"analyzer JSON missing beside {path}: report_json is analyzer (expected "
            f"earnings_trade_analyzer_{day}_HHMMSS.json)",
            next_step="Put it there, or set report_json to candidates.",
        )
    return twin


def _with_twin(
    path: Path, content: bytes, page: ReportReading | InputError, day: date, twin: Path, report_json: str
) -> ReportReading:
    from backtest.reports.json_report import differences, read_analyzer_json, read_candidates_json

    twin_content = read_bytes(twin, what="candidates JSON", max_bytes=MAX_BYTES)
    reader = read_candidates_json if report_json == "candidates" else read_analyzer_json
    candidates, notes = reader(twin_content, twin, day)
    source = ReportSource.CANDIDATES_JSON if report_json == "candidates" else ReportSource.ANALYZER_JSON
    twin_hash = hashlib.sha256(twin_content).hexdigest()
    if isinstance(page, InputError):
        told = Problem(None, "report", f"the page could not be read, only its JSON: {page.what}")
        return ReportReading(
            path,
            day,
            tuple(candidates),
            (told,),
            hashlib.sha256(content).hexdigest(),
            source,
            twin,
            twin_hash,
            tuple(notes),
        )
    compared = differences(page.candidates, candidates, twin.name) if report_json == "candidates" else []
    general = tuple(problem for problem in page.problems if problem.ticker is None)
    return replace(
        page, candidates=tuple(candidates), problems=(*compared, *general), source=source, twin=twin,
        twin_sha256=twin_hash, notes=(*notes, *page.notes),
    )  # fmt: skip


def _json_alone(path: Path, content: bytes, wanted: date | None) -> ReportReading:
    from backtest.reports.json_report import ANALYZER_NAME, read_analyzer_json, read_candidates_json
    from backtest.reports.report_date import date_of_name

    analyzer = bool(ANALYZER_NAME.fullmatch(path.name))
    reader = read_analyzer_json if analyzer else read_candidates_json
    candidates, notes = reader(content, path, wanted)
    day = candidates[0].report_date if candidates else (date_of_name(path) or wanted)
    if day is None:
        raise InputError(f"candidates JSON invalid in {path}: its name gives no date (expected YYYY-MM-DD in it)")
    source = ReportSource.ANALYZER_JSON if analyzer else ReportSource.CANDIDATES_JSON
    digest = hashlib.sha256(content).hexdigest()
    return ReportReading(path, day, tuple(candidates), (), digest, source, path, digest, tuple(notes))
