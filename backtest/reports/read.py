"""Read one report: the page, its JSON twin when there is one, and what the two say about each other."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

from backtest.errors import InputError
from backtest.params import Params, ReportJson
from backtest.reports.cache import load_reading, store_reading
from backtest.reports.dates import date_of_name
from backtest.reports.directory import Directory
from backtest.reports.hostile import MAX_BYTES, NEXT_STEP, checked_text
from backtest.reports.identity import NOT_COMPARED, NOT_JUDGED, WITHOUT_DIRECTORY, MarketPrice, price_doubt
from backtest.reports.json_report import read_json
from backtest.reports.model import Evidence, Problem, ReportReading
from backtest.reports.twin import twin_of, with_twin
from backtest.reports.verdict import Doubt
from backtest.strict_json import read_bytes

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

    Who knows the tickers' prices only after reading leaves `market_price` out and calls `judge_prices` then. Without a
    directory and without prices identity is not judged; `identity_note` says so. Raises InputError (7).
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
        against = reading.needs_price.get(one.ticker)
        if against is None:
            continue
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
    without = WITHOUT_DIRECTORY if priced else NOT_JUDGED
    return without if directory is None else None


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

    path: `earnings_trade_analysis_YYYY-MM-DD.html`, or one of the JSON companions itself. report_json: `candidates`
    (used when present), `analyzer` (another score scale) or `none`. report_date: the date a caller demands; name, page
    and this must agree. cache_dir: folder for parsed pages by content hash; None reads afresh. Raises InputError (7):
    missing, unreadable, hostile, of another date, or with stocks of which none could be read. A valid report without
    stocks gives an empty reading.
    """
    wanted = ReportJson(report_json)
    reading: ReportReading | InputError
    try:
        content = read_bytes(path, what="report", max_bytes=MAX_BYTES)
    except InputError as error:
        raise InputError(error.what, next_step=NEXT_STEP) from None
    if path.suffix.lower() == ".json":
        reading = read_json(path, content, report_date, directory)
    else:
        reading = _page(path, content, report_date, None if explain else cache_dir, explain, directory)
        day = reading.report_date if isinstance(reading, ReportReading) else _day_without_page(path, report_date)
        if day is not None and (twin := twin_of(path, day, wanted)) is not None:
            reading = with_twin(path, content, reading, day, twin, directory)
    if isinstance(reading, InputError):
        raise reading
    note = directory.age_note(reading.report_date) if directory is not None else None
    return replace(reading, notes=(*reading.notes, note)) if note else reading


def _day_without_page(path: Path, wanted: date | None) -> date | None:
    """Return the one date that the name and the caller give a report whose page cannot be read."""
    days = {day for day in (date_of_name(path.name), wanted) if day is not None}
    return days.pop() if len(days) == 1 else None


def _page(
    path: Path, content: bytes, wanted: date | None, cache_dir: Path | None, explain: bool, directory: Directory | None
) -> ReportReading | InputError:
    judged_by = directory.sha256 if directory is not None else ""
    cached = load_reading(cache_dir, path, content, judged_by) if cache_dir is not None else None
    if cached is not None and wanted in (None, cached.report_date):
        return cached
    try:
        reading = read_html(path, content, wanted, explain=explain, directory=directory)
    except InputError as error:
        return error
    if cache_dir is not None:
        store_reading(cache_dir, path, content, judged_by, reading)
    return reading


@contextmanager
def _without_collector() -> Iterator[None]:
    """A page makes many objects and frees them at once; looking through them costs a fifth of the time."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


@_without_collector()
def read_html(
    path: Path, content: bytes, wanted: date | None = None, *, explain: bool = False, directory: Directory | None = None
) -> ReportReading:
    """Read a page alone, without its twin. Raises InputError (exit 7)."""
    from backtest.reports.html_report import evidence_of, read_page
    from backtest.reports.page import parse_page
    from backtest.reports.report_date import agreed_date
    from backtest.reports.second_reader import Entry, second_look
    from backtest.reports.self_check import check_counts, check_end, check_unread, says_empty

    text = checked_text(content, path)
    try:
        page = parse_page(text, directory)
        day, told = agreed_date(page, path, wanted)
        read = read_page(page, day)
    except ValueError as error:
        what = f"report unreadable in {path}: {error} (expected an earnings report)"
        raise InputError(what, next_step=NEXT_STEP) from None
    unread = list(check_unread(page, read))
    entries = [Entry(one.candidate, one.record.mention.line.at) for one in read.found]
    second = second_look(text, entries, directory.names if directory is not None else {}, read.left_out)
    if not read.found and (unread or not says_empty(page)):
        raise InputError(_nothing_read(path, [*read.left_out, *second.unread], bool(unread)), next_step=NEXT_STEP)
    told += [*check_end(text), *(problem for one in read.found for problem in one.told)]
    told += [*read.left_out.values(), *unread, *(check_counts(page, read) if read.found else [])]
    what = "stands on the page like a stock, the first reader has no such candidate"
    told += [Problem(ticker, "ticker", what, False, f"line {line}") for ticker, line in second.unread.items()]
    doubts = {
        one.ticker: [*one.doubts, *one.identity.doubts(directory), *second.doubts.get(one.ticker, ())]
        for one in read.found
    }
    evidence: dict[str, tuple[Evidence, ...]] = {}
    if explain:
        evidence |= {ticker: (Evidence("ticker", "left out", "", one.text),) for ticker, one in read.left_out.items()}
        evidence |= {one.ticker: tuple(evidence_of(one)) for one in read.found}
    needs_price = {one.ticker: one.identity.against_price for one in read.found if one.identity.needs_price}
    return ReportReading(
        path, day, tuple(read.candidates), tuple(told), hashlib.sha256(content).hexdigest(),
        notes=tuple(read.notes), evidence=evidence, needs_price=needs_price,
    ).with_doubts(doubts)  # fmt: skip


def _nothing_read(path: Path, named: list[str], unread: bool) -> str:
    if not named and not unread:
        expected = "no stock, and no word that none qualified (expected an earnings trade analysis)"
        return f"nothing recognised in {path}: {expected}"
    more = f" and {len(named) - MAX_NAMED} more" if len(named) > MAX_NAMED else ""
    shown = ", ".join(named[:MAX_NAMED]) + more or "blocks that look like stocks"
    expected = "none could be read (expected a ticker with its grade or score)"
    return f"report not understood in {path}: it shows {shown}, but {expected}"
