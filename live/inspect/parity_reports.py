"""The candidates of the account's sessions: of the reports it read, told by their hashes, else of its signal files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from backtest.candidates import find_entry_session
from backtest.errors import InputError
from backtest.model import Candidate, Price
from backtest.params import REPORTS, Params
from backtest.reports.directory import Directory, load_directory
from backtest.reports.find import date_in_name, reports_in
from backtest.reports.identity import MarketPrice
from backtest.reports.model import ReportReading
from backtest.reports.read import judge_prices, read_reports
from backtest.reports.verdict import Verdict
from backtest.sessions import Sessions
from backtest.text import how_many
from backtest.user_folders import default_cache_dir
from live.generate.asset_directory import folder_beside
from live.generate.reports import DayReports
from live.signals.file import ReportRef, SignalFile
from live.signals.lines import CandidateLine, EntryLine

SHOWN = 3


@dataclass(frozen=True, slots=True)
class _Read:
    """One day's readings with the directory they were judged by. others: of reports that are not there."""

    day: date
    directory: Directory | None
    readings: tuple[ReportReading, ...]
    others: tuple[Candidate, ...]


@dataclass(slots=True)
class Offered:
    """What was offered on the account's sessions.

    unread: tickers of reports that were there for a session of a run, and that it did not read. notes: what of the
    folder is not what the account read.
    """

    params: Params
    days: list[_Read] = field(default_factory=list)
    unread: dict[date, frozenset[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def tickers(self) -> frozenset[str]:
        readings = (one for day in self.days for reading in day.readings for one in reading.candidates)
        others = (one for day in self.days for one in day.others)
        return frozenset(one.ticker for one in (*readings, *others))

    def candidates(self, prices_on: Callable[[date], MarketPrice], last: date) -> Iterator[Candidate]:
        """Yield the candidates up to `last` with their verdicts. prices_on: the last closes before a trade date."""
        for day in (one for one in self.days if one.day <= last):
            price_of = prices_on(day.day)
            for reading in day.readings:
                yield from judge_prices(reading, self.params, day.directory, price_of).candidates
            yield from day.others


def gather_reports(
    folder: Path, days: Sequence[date], files: Mapping[date, SignalFile], sessions: Sessions, params: Params, db: Path
) -> Offered:
    """Read the reports of the sessions `days`. files: the account's, by trade date. db: beside it lie the directories.

    Candidates of a scan are those that the signal files name; no folder is read for them. Raises InputError (7) when
    the folder cannot be listed.
    """
    if params.source.id != REPORTS:
        return _scanned(days, files, params)
    pages: dict[date, list[Path]] = {}
    for path in reports_in(folder):
        day = date_in_name(path)
        trade_date = None if day is None else find_entry_session(day, params.entry_mode, sessions)
        if trade_date is not None:
            pages.setdefault(trade_date, []).append(path)
    offered = Offered(params)
    missing: list[ReportRef] = []
    unread: list[str] = []
    directory: Directory | None = None
    for day in days:
        signal = files.get(day)
        directory = _directory(signal, folder_beside(db)) or directory
        refs = () if signal is None else signal.inputs.reports
        paths = [*pages.get(day, ()), *(folder / ref.file for ref in refs if _is_alone(ref, refs, folder))]
        readings = _readings(paths, params, directory, offered.notes)
        found, taken = [], set()
        for reading in readings:
            named = {(ref.file, ref.sha256) for ref in DayReports((reading,)).refs}
            if signal is None or named <= {(ref.file, ref.sha256) for ref in refs}:
                taken |= named
                found.append(reading)
            elif reading.file.name not in {ref.file for ref in refs}:
                unread.append(reading.file.name)
                offered.unread[day] = frozenset(one.ticker for one in reading.candidates)
                found.append(reading)
        gone = [ref for ref in refs if (ref.file, ref.sha256) not in taken]
        missing += gone
        read = {one.ticker for reading in found for one in reading.candidates}
        others = () if signal is None or not gone else _kept(signal, gone, read)
        offered.days.append(_Read(day, directory, tuple(found), others))
    offered.notes += _notes(missing, unread, folder)
    return offered


def _scanned(days: Sequence[date], files: Mapping[date, SignalFile], params: Params) -> Offered:
    """Return what the source of the executed strategy proposed, as its signal files have it."""
    offered = Offered(params)
    for day in days:
        lines = files[day].candidates if day in files else ()
        found = (_as_candidate(line, line.price, line.verdict, line.problem) for line in lines)
        offered.days.append(_Read(day, None, (), tuple(found)))
    without = [day for day in days if day not in files]
    if without:
        offered.notes.append(
            f"{how_many(len(without), 'session')} without a signal file ({_some([str(day) for day in without])}): what "
            f"{params.source.id} would have proposed there is not on record"
        )
    return offered


def _readings(
    paths: Sequence[Path], params: Params, directory: Directory | None, notes: list[str]
) -> Iterator[ReportReading]:
    for path in paths:
        try:
            yield from read_reports([path], params, directory, cache_dir=default_cache_dir() / "reports")
        except InputError as error:
            notes.append(error.what)


def _is_alone(ref: ReportRef, refs: Sequence[ReportRef], folder: Path) -> bool:
    """Return whether a file was read without a page: a candidates file that was named itself."""
    has_page = any(not one.file.lower().endswith(".json") for one in refs)
    return not has_page and ref.file == Path(ref.file).name and (folder / ref.file).is_file()


def _directory(signal: SignalFile | None, folder: Path) -> Directory | None:
    """Return the list that a day's candidates were judged by, where it is still kept."""
    ref = None if signal is None else signal.inputs.assets
    if ref is None:
        return None
    try:
        return load_directory(folder / f"assets_{ref.day}_{ref.sha256}.csv")
    except InputError:
        return None


def _kept(signal: SignalFile, gone: Sequence[ReportRef], read: Set[str]) -> tuple[Candidate, ...]:
    """Return what a signal file says of reports that are not there: their candidates; of an earlier version, entries.

    read: tickers of the day's other reports.
    """
    names = {ref.file for ref in gone}
    lines = [line for line in signal.candidates if line.report in names]
    if lines:
        return tuple(_as_candidate(line, line.price, line.verdict, line.problem) for line in lines)
    return tuple(_as_candidate(line) for line in signal.entries if line.ticker not in read)


def _as_candidate(
    line: CandidateLine | EntryLine,
    price: Price | None = None,
    verdict: Verdict = Verdict.CONFIRMED,
    problem: str | None = None,
) -> Candidate:
    return Candidate(
        ticker=line.ticker,
        report_date=line.report_date,
        grade=line.grade,
        grade_source=line.grade_source,
        score=line.score,
        price=price,
        gap_size=line.gap_size,
        company_name=line.company_name,
        problem=problem,
        verdict=verdict,
    )


def _notes(missing: Sequence[ReportRef], unread: Sequence[str], folder: Path) -> Iterator[str]:
    if missing:
        yield (
            f"{how_many(len(missing), 'report')} that the account read {'is' if len(missing) == 1 else 'are'} not in "
            f"{folder}, or changed since: "
            f"{_some([one.file for one in missing])}; the signal files stand in for them"
        )
    if unread:
        yield f"{how_many(len(unread), 'report')} in {folder} not read by the account: {_some(unread)}"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + ", …" * (len(names) > SHOWN)
