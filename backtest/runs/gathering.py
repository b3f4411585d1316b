"""The candidates of a run: of a file, of reports with their verdicts, or proposed by the executed strategy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, TypeAlias

from backtest.candidates import entry_session, find_entry_session
from backtest.candidates_file import read_candidates
from backtest.errors import InputError, UsageError
from backtest.market import PriceHistory
from backtest.model import TICKER_PATTERN, Candidate, Price
from backtest.params import REPORTS, Params
from backtest.runs.source import Source
from backtest.sessions import Sessions
from backtest.sources.proposing import Scan, scan_of
from backtest.user_folders import default_cache_dir

if TYPE_CHECKING:
    from backtest.reports.directory import Directory
    from backtest.reports.model import ReportReading

Tell: TypeAlias = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Gathered:
    """Candidates of a file, not questioned; those of reports with the readings behind them; or what proposes them."""

    candidates: Sequence[Candidate] = ()
    notes: tuple[str, ...] = ()
    readings: tuple[ReportReading, ...] = ()
    scan: Scan | None = None

    def tickers(self, source: Source, params: Params, sessions: Sessions) -> list[str]:
        """Return the tickers whose bars a run asks for, sorted.

        Raises InputError (7) when no candidate that is known already belongs to the stretch.
        """
        if self.scan is not None:
            return sorted(self.scan.symbols)
        inside = [one for one in self.candidates if is_inside(one.report_date, source, params, sessions)]
        if not inside:
            where = source.candidates or source.reports
            raise InputError(f"no candidate of {where} belongs to a session from {source.first} to {source.last}")
        return sorted({one.ticker for one in inside if TICKER_PATTERN.fullmatch(one.ticker)})


def require_one_source(source: Source, params: Params) -> None:
    """Raise UsageError (2) unless exactly one of reports, file and strategy gives the candidates."""
    own = params.source.id
    if own != REPORTS and (source.reports is not None or source.candidates is not None):
        given = "--reports" if source.reports is not None else "--candidates"
        raise UsageError(
            f"{given} not possible: the strategy proposes its own candidates (primary.source is {own})",
            next_step=f"Leave {given} out, or set primary.source=reports.",
        )
    if own == REPORTS and (source.reports is None) == (source.candidates is None):
        raise UsageError("give either --reports DIR or --candidates FILE")


def gather(source: Source, params: Params, sessions: Sessions, directory: Directory | None) -> Gathered:
    """Read the candidates, or find what proposes them. Raises InputError (7)."""
    scan = scan_of(params)
    if scan is not None:
        return Gathered(scan=scan)
    if source.candidates is not None:
        read = read_candidates(source.candidates)
        return Gathered(read.candidates, read.notes)
    from backtest.reports.find import date_in_name, reports_in  # late: the HTML reader
    from backtest.reports.read import read_reports

    assert source.reports is not None
    found = reports_in(source.reports)
    if not found:
        raise InputError(
            f"no report in {source.reports} (expected earnings_trade_analysis_YYYY-MM-DD.html)",
            next_step="Name the folder of the reports with --reports.",
        )
    inside = [
        path for path in found if (day := date_in_name(path)) is not None and is_inside(day, source, params, sessions)
    ]
    cache = default_cache_dir() / "reports"
    readings = tuple(read_reports(inside, params, directory, cache_dir=cache))
    return Gathered([one for reading in readings for one in reading.candidates], readings=readings)


def judge(
    gathered: Gathered,
    history: PriceHistory,
    source: Source,
    params: Params,
    directory: Directory | None,
    tell: Tell | None = None,
) -> tuple[Sequence[Candidate], tuple[str, ...]]:
    """Return the candidates with their verdicts, and notes for the user. tell: how many sessions are done, of how many.

    Where no name confirms a stock of a report, its last close before the entry may. Raises InputError (7) for a
    strategy that gives no usable answer.
    """
    if source.candidates is not None:
        return gathered.candidates, gathered.notes
    if gathered.scan is not None:
        return _proposed(gathered.scan, history, source, params, directory, tell)
    from backtest.reports.read import identity_note, judge_prices

    def market_price(one: Candidate) -> Price | None:
        day = entry_session(one.report_date, params.entry_mode, history.sessions)
        reference = history.market(day).reference(one.ticker)
        return None if reference is None else reference.price

    readings = [judge_prices(reading, params, directory, market_price) for reading in gathered.readings]
    note = identity_note(directory, priced=True)
    notes = [note] if note else []
    notes += _by_text([(reading.file.name, text) for reading in readings for text in _told(reading)])
    return [one for reading in readings for one in reading.candidates], tuple(dict.fromkeys(notes))


def _proposed(
    scan: Scan,
    history: PriceHistory,
    source: Source,
    params: Params,
    directory: Directory | None,
    tell: Tell | None,
) -> tuple[Sequence[Candidate], tuple[str, ...]]:
    from backtest.sources.scanning import last_known, scan_sessions

    known = last_known(history, scan.symbols)
    last = source.last if known is None else min(source.last, history.sessions.next(known))
    found = scan_sessions(scan, history, source.first, last, params.entry_mode, directory, tell)
    return found.candidates, found.notes


def _told(reading: ReportReading) -> Iterator[str]:
    yield from (one.sentence() for one in reading.problems)
    yield from reading.notes


def _by_text(notes: Sequence[tuple[str, str]]) -> list[str]:
    """Return each text once, with the file that has it, or the first of them."""
    files: dict[str, dict[str, None]] = {}
    for name, text in notes:
        files.setdefault(text, {})[name] = None
    more = {text: f" and {len(names) - 1} more" if len(names) > 1 else "" for text, names in files.items()}
    return [f"{next(iter(names))}{more[text]}: {text}" for text, names in files.items()]


def is_inside(report_date: date, source: Source, params: Params, sessions: Sessions) -> bool:
    """Return whether a report's trade date lies in the stretch of a run."""
    trade_date = find_entry_session(report_date, params.entry_mode, sessions)
    return trade_date is not None and source.first <= trade_date <= source.last
