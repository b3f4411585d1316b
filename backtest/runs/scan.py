"""`python -m backtest scan`: a candidate source asked for one session or a stretch, and the file it leaves."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backtest.candidates_file import candidates_csv
from backtest.errors import InputError
from backtest.files import write_file
from backtest.market import PriceHistory
from backtest.model import Candidate
from backtest.money import format_price
from backtest.params import EntryMode
from backtest.progress import progress_bar
from backtest.runs.files import require_folder
from backtest.runs.inputs import fetch_bars
from backtest.runs.source import Source
from backtest.sessions import Sessions
from backtest.settings import plain_value
from backtest.sources.proposing import Scan, without_bar
from backtest.sources.scanning import Scanned, named, scan_sessions, scan_start
from backtest.sources.windows import Windows

if TYPE_CHECKING:
    from backtest.reports.directory import Directory

CANDIDATES = "candidates.csv"


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """What is asked. source: prices, and the stretch of **as-of** sessions; each stands for the session after it.

    is_one_day: the file of one trade date is written, else the candidates of a backtest. force: over another file.
    """

    scan: Scan
    source: Source
    sessions: Sessions
    entry_mode: EntryMode
    directory: Directory | None
    out: Path
    is_one_day: bool
    force: bool = False

    @property
    def trade_dates(self) -> tuple[date, ...]:
        asked = self.sessions.between(self.source.first, self.source.last)
        return tuple(self.sessions.next(day) for day in asked)

    @property
    def file(self) -> Path:
        if self.is_one_day:
            return self.out / f"scan_candidates_{self.scan.strategy.id}_{self.trade_dates[0]}.json"
        return self.out / CANDIDATES


@dataclass(frozen=True, slots=True)
class ScanDone:
    """What a scan found. without_bar: symbols without a bar in the last as-of session. content: plain JSON values."""

    request: ScanRequest
    candidates: tuple[Candidate, ...]
    without_bar: tuple[str, ...]
    notes: tuple[str, ...]
    content: Mapping[str, Any]


def run_scan(request: ScanRequest) -> ScanDone:
    """Ask for every session and write the file.

    Raises DriftError subclasses: 7 unreadable or unusable input, or another file there, 8 price source.
    """
    require_folder(request.out)
    scan, source, sessions = request.scan, request.source, request.sessions
    days = request.trade_dates
    provider, data = fetch_bars(source, sorted(scan.symbols), scan_start(scan, days[0], sessions), sessions)
    prices = PriceHistory(data.series, sessions, data.splits, data.failed)
    with progress_bar("sessions") as tell:
        found = scan_sessions(scan, prices, days[0], days[-1], request.entry_mode, request.directory, tell)
    missing = without_bar(scan, Windows(prices, scan.symbols).history(days[-1], scan.strategy.warm_up))
    told = {"source": provider.source, "feed": provider.feed, "adjustment": provider.adjustment}
    content = _content(request, found, missing, told | {"fingerprint": data.fingerprint})
    written = _json_bytes(content) if request.is_one_day else candidates_csv(found.candidates)
    _write(request, written)
    notes = found.notes
    if request.is_one_day and missing:
        notes = (f"{named(missing)} without a bar on {source.last}, not asked about",)
    return ScanDone(request, found.candidates, missing, notes, content)


def _content(
    request: ScanRequest, found: Scanned, missing: Sequence[str], prices: Mapping[str, str | None]
) -> dict[str, Any]:
    strategy = request.scan.strategy
    days = request.trade_dates
    when: dict[str, Any] = {"as_of": request.source.first.isoformat(), "trade_date": days[0].isoformat()}
    if not request.is_one_day:
        when = {"from": days[0].isoformat(), "to": days[-1].isoformat(), "sessions": len(days)}
    return {
        "strategy": {
            "id": strategy.id,
            "name": strategy.name,
            "version": strategy.recorded_version,
            "parameters": {name: plain_value(value) for name, value in request.scan.values.items()},
        },
        **when,
        "symbols": len(request.scan.symbols),
        "without_bar": list(missing),
        "prices": dict(prices),
        "candidates": [_candidate(one, is_dated=not request.is_one_day) for one in found.candidates],
    }


def _candidate(one: Candidate, *, is_dated: bool) -> dict[str, Any]:
    dated = {"report_date": one.report_date.isoformat()} if is_dated else {}
    return {
        **dated,
        "ticker": one.ticker,
        "company_name": one.company_name,
        "grade": one.grade.value,
        "score": one.score,
        "price": None if one.price is None else format_price(one.price),
        "verdict": one.verdict.value,
        "problem": one.problem,
        "note": one.note,
    }


def _json_bytes(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, indent=2, ensure_ascii=True, allow_nan=False) + "\n").encode("ascii")


def _write(request: ScanRequest, content: bytes) -> None:
    file = request.file
    try:
        if not request.force and file.exists() and file.read_bytes() != content:
            raise InputError(
                f"candidates not written in {file}: there are others (expected no such file, or the same scan)",
                next_step="Name another folder with --out, or write over it with --force.",
            )
        request.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"candidates not written in {file}: {error.strerror}") from None
    write_file(file, content)
