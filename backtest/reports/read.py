"""Read one report: the page, its JSON twin when there is one, and what the two say about each other."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

from backtest.errors import InputError
from backtest.params import Params, ReportJson
from backtest.reports.dates import date_of_name
from backtest.reports.directory import Directory
from backtest.reports.hostile import MAX_BYTES, NEXT_STEP, checked_text
from backtest.reports.identity import NOT_COMPARED, NOT_JUDGED, WITHOUT_DIRECTORY, MarketPrice, price_doubt
from backtest.reports.model import Evidence, Problem, ReportReading, ReportSource
from backtest.reports.verdict import Doubt
from backtest.strict_json import read_bytes

ONLY_SECOND = "stands on the page like a stock, the first reader has no such candidate"
MAX_NAMED = 60
"""Stocks named in the message about a page of which none could be read."""


def read_reports(
    paths: Iterable[Path],
    params: Params,
    directory: Directory | None = None,
    market_price: MarketPrice | None = None,
    *,
    cache_dir: Path | None = None,
) -> list[ReportReading]:
    """Read reports and judge every candidate of theirs: by name where one is printed, else by price.

    This and `judge_prices` are the one way to verdicts, for backtests and live programs alike. Who knows the tickers'
    prices only after reading leaves `market_price` out and calls `judge_prices` then. Without a directory and without
    prices identity is not judged; `identity_note` says so. Raises InputError (7).
    """
    readings = [
        read_report(path, report_json=params.report_json, cache_dir=cache_dir, directory=directory) for path in paths
    ]
    if market_price is None:
        return readings
    return [judge_prices(reading, params, directory, market_price) for reading in readings]


def judge_prices(
    reading: ReportReading, params: Params, directory: Directory | None, market_price: MarketPrice | None
) -> ReportReading:
    """Return a reading with the stocks that no name confirms judged by their price.

    market_price: None when there are no prices at all; then, with a directory, such a stock is doubtful.
    """
    if directory is None and market_price is None:
        return reading
    doubts: dict[str, list[Doubt]] = {}
    for one in reading.candidates:
        if one.ticker in reading.needs_price:
            against = reading.needs_price[one.ticker]
            market = market_price(one) if market_price is not None else None
            doubt = price_doubt(one, market, params.max_identity_deviation_bp)
            if doubt is None and against:
                doubt = Doubt("identity", f"{against}; its price alone confirms nothing")
            if doubt is not None:
                doubts[one.ticker] = [doubt]
    compared = {
        ticker: tuple(doubt for doubt in found if doubt != NOT_COMPARED) for ticker, found in reading.doubts.items()
    }
    return replace(reading, doubts=compared, needs_price={}).with_doubts(doubts)


def identity_note(directory: Directory | None, *, priced: bool) -> str | None:
    """Return what a person should know, once, about how identity was judged; None with a directory."""
    if directory is not None:
        return None
    return WITHOUT_DIRECTORY if priced else NOT_JUDGED


def read_report(
    path: Path,
    *,
    report_json: str = "candidates",
    report_date: date | None = None,
    cache_dir: Path | None = None,
    explain: bool = False,
    directory: Directory | None = None,
) -> ReportReading:
    """Read a report and return its candidates with every doubt about them, but for those that need a market price.

    path: `earnings_trade_analysis_YYYY-MM-DD.html`, or one of the JSON companions itself.
    report_json: `candidates` (the twin is used when present), `analyzer` (on request; another score
    scale) or `none`. report_date: the date a caller demands; name, page and this must agree.
    cache_dir: folder for parsed candidates by content hash (backtests); None reads afresh.
    Raises InputError (exit 7): missing, unreadable, hostile, of another date, or with stocks of which
    none could be read. A valid report without stocks gives an empty reading.
    """
    wanted = ReportJson(report_json)
    content = _bytes_of(path)
    if path.suffix.lower() == ".json":
        return _told_of_age(_json_alone(path, content, report_date, directory), directory)
    page = _page(path, content, report_date, cache_dir, explain, directory)
    day = page.report_date if isinstance(page, ReportReading) else _date_for_twin(path, report_date, page)
    twin = _twin_path(path, day, wanted)
    if twin is not None:
        from backtest.reports.twin import with_twin

        page = with_twin(path, content, page, day, twin, wanted, directory)
    if isinstance(page, InputError):
        raise page
    return _told_of_age(page, directory)


def _told_of_age(reading: ReportReading, directory: Directory | None) -> ReportReading:
    note = directory.age_note(reading.report_date) if directory is not None else None
    return replace(reading, notes=(*reading.notes, note)) if note else reading


def _bytes_of(path: Path) -> bytes:
    try:
        return read_bytes(path, what="report", max_bytes=MAX_BYTES)
    except InputError as error:
        raise InputError(error.what, next_step=NEXT_STEP) from None


def _page(
    path: Path, content: bytes, wanted: date | None, cache_dir: Path | None, explain: bool, directory: Directory | None
) -> ReportReading | InputError:
    from backtest.reports.cache import load_reading, store_reading

    judged_by = directory.sha256 if directory is not None else ""
    if cache_dir is not None and not explain:
        cached = load_reading(cache_dir, path, content, judged_by)
        if cached is not None and (wanted is None or cached.report_date == wanted):
            return cached
    try:
        reading = read_html(path, content, wanted, explain=explain, directory=directory)
    except InputError as error:
        return error
    if cache_dir is not None and not explain:
        store_reading(cache_dir, path, content, judged_by, reading)
    return reading


def read_html(
    path: Path,
    content: bytes,
    wanted: date | None = None,
    *,
    explain: bool = False,
    directory: Directory | None = None,
) -> ReportReading:
    """Read a page alone, without its twin. Raises InputError (exit 7)."""
    text = checked_text(content, path)
    collects = gc.isenabled()
    gc.disable()  # a page makes many objects and frees them at once; looking through them costs a fifth of the time
    try:
        return _read_text(text, path, content, wanted, explain=explain, directory=directory)
    finally:
        if collects:
            gc.enable()


def _read_text(
    text: str, path: Path, content: bytes, wanted: date | None, *, explain: bool, directory: Directory | None
) -> ReportReading:
    from backtest.reports.html_report import evidence_of, read_page
    from backtest.reports.page import parse_page
    from backtest.reports.report_date import agreed_date
    from backtest.reports.second_reader import Entry, second_look
    from backtest.reports.self_check import check_counts, check_end, check_unread, says_empty

    try:
        page = parse_page(text, directory)
        day, told = agreed_date(page, path, wanted)
        found = read_page(page, day)
    except ValueError as error:
        raise InputError(
            f"report unreadable in {path}: {error} (expected an earnings report)", next_step=NEXT_STEP
        ) from None
    unread = list(check_unread(page, found))
    entries = [Entry(one.candidate, one.record.mention.line.at) for one in found.found]
    second = second_look(text, entries, directory.names if directory is not None else {}, found.left_out)
    if not found.found and (unread or not says_empty(page)):
        raise InputError(_nothing_read(path, [*found.left_out, *second.unread], bool(unread)), next_step=NEXT_STEP)
    told += [*check_end(text), *(problem for one in found.found for problem in one.told)]
    told += [*found.left_out.values(), *unread, *(check_counts(page, found) if found.found else [])]
    told += [Problem(ticker, "ticker", ONLY_SECOND, False, f"line {line}") for ticker, line in second.unread.items()]
    doubts: dict[str, list[Doubt]] = {}
    evidence: dict[str, tuple[Evidence, ...]] = {
        ticker: (Evidence("ticker", "left out", "", one.text),) for ticker, one in found.left_out.items()
    }
    for one in found.found:
        own = one.identity.doubts(directory)
        doubts[one.ticker] = [*one.doubts, *own, *second.doubts.get(one.ticker, ())]
        evidence[one.ticker] = tuple(evidence_of(one)) if explain else ()
    needs_price = {one.ticker: one.identity.against_price for one in found.found if one.identity.needs_price}
    return ReportReading(
        path, day, tuple(found.candidates), tuple(told), hashlib.sha256(content).hexdigest(),
        notes=tuple(found.notes), evidence=evidence if explain else {}, needs_price=needs_price,
    ).with_doubts(doubts)  # fmt: skip


def _nothing_read(path: Path, named: list[str], unread: bool) -> str:
    if named or unread:
        more = f" and {len(named) - MAX_NAMED} more" if len(named) > MAX_NAMED else ""
        shown = ", ".join(named[:MAX_NAMED]) + more or "blocks that look like stocks"
        return (
            f"report not understood in {path}: it shows {shown}, but none could be read "
            "(expected a ticker with its grade or score)"
        )
    return (
        f"nothing recognised in {path}: no stock, and no word that none qualified (expected an earnings trade analysis)"
    )


def _date_for_twin(path: Path, wanted: date | None, error: InputError) -> date:
    day = date_of_name(path.name) or wanted
    if day is None or (wanted is not None and day != wanted):
        raise error
    return day


def _twin_path(path: Path, day: date, report_json: ReportJson) -> Path | None:
    from backtest.reports.json_report import analyzer_file, candidates_file

    if report_json is ReportJson.NONE:
        return None
    if report_json is ReportJson.CANDIDATES:
        return candidates_file(path, day)
    twin = analyzer_file(path, day)
    if twin is None:
        raise InputError(
            f"analyzer JSON missing beside {path}: report_json is analyzer (expected "
            f"earnings_trade_analyzer_{day}_HHMMSS.json)",
            next_step="Put it there, or set report_json to candidates.",
        )
    return twin


def _json_alone(path: Path, content: bytes, wanted: date | None, directory: Directory | None) -> ReportReading:
    from backtest.reports.json_report import ANALYZER_NAME
    from backtest.reports.twin import read_twin

    source = ReportSource.ANALYZER_JSON if ANALYZER_NAME.fullmatch(path.name) else ReportSource.CANDIDATES_JSON
    return read_twin(path, content, wanted, source, directory)
