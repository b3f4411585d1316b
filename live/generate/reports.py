"""The reports of one trade date: read what was given, take what belongs to D, report what was missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from backtest.candidates import find_entry_session
from backtest.errors import InputError
from backtest.model import TICKER_PATTERN, Candidate
from backtest.params import EntryMode, Params
from backtest.sources.resolve import has_scan
from backtest.text import strip_control
from live.errors import BrokerUnavailableError
from live.generate.asset_directory import DayDirectory, DirectorySource, KeptDirectory
from live.generate.options import GeneratorOptions
from live.signals.file import ReportRef

if TYPE_CHECKING:
    from backtest.reports.directory import Directory
    from backtest.reports.identity import MarketPrice
    from backtest.reports.model import ReportReading
    from backtest.sessions import Sessions

NO_REPORT_HINT = "Without a report on purpose: --no-report."


@dataclass(frozen=True, slots=True)
class DayReports:
    """What the reports of one trade date offer.

    readings: every report that belongs to D, earlier report first. assets: the directory that candidates are judged
    by; None when there is no report and no strategy scans. not_read: files of the folder that look like reports of D
    and are none by their name.
    """

    readings: tuple[ReportReading, ...] = ()
    assets: DayDirectory | None = None
    not_read: tuple[str, ...] = ()

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """Every candidate with its verdict, in report order."""
        return tuple(candidate for reading in self.readings for candidate in reading.candidates)

    @property
    def directory(self) -> Directory | None:
        """Who is listed."""
        return None if self.assets is None else self.assets.directory

    @property
    def refs(self) -> tuple[ReportRef, ...]:
        """The files read."""
        return tuple(ref for reading in self.readings for ref in _refs(reading))

    @property
    def notes(self) -> tuple[str, ...]:
        """Every doubt about the reports, and what was left out of the directory."""
        about_list = self.assets.notes if self.assets is not None else ()
        return (*about_list, *(note for reading in self.readings for note in _notes(reading)))

    @property
    def needs_hand(self) -> tuple[str, ...]:
        """What a person should look at before the open: reports that were not read, or not whole."""
        whole = (
            f"{reading.file.name}: {problem.sentence()}"
            for reading in self.readings
            for problem in reading.problems
            if problem.field == "report" and problem.ticker is None
        )
        return (*map(_not_read, self.not_read), *whole)

    @property
    def without_name(self) -> frozenset[str]:
        """The tickers that no name confirms: their verdict needs a price."""
        tickers = frozenset(ticker for reading in self.readings for ticker in reading.needs_price)
        return frozenset(ticker for ticker in tickers if TICKER_PATTERN.fullmatch(ticker))

    def judged_by_price(self, params: Params, market_price: MarketPrice) -> DayReports:
        """Return the reports with the stocks that no name confirms judged by their price."""
        from backtest.reports.read import judge_prices

        judged = (judge_prices(reading, params, self.directory, market_price) for reading in self.readings)
        return replace(self, readings=tuple(judged))


@dataclass(frozen=True, slots=True)
class ReportReader:
    """Reads reports and judges their candidates by name.

    source: of the asset directory; None: names are not compared.
    """

    params: Params
    source: DirectorySource | KeptDirectory | None = None

    def read(self, paths: Sequence[Path]) -> tuple[ReportReading, ...]:
        """Read reports. Raises InputError (7), and after it BrokerUnavailableError (8) without a directory."""
        from backtest.reports.read import read_reports

        if not paths:
            return ()
        directory = None
        if self.source is not None:
            try:
                directory = self.source.get().directory
            except BrokerUnavailableError:
                read_reports(paths, self.params)
                raise
        return tuple(read_reports(paths, self.params, directory))


def read_given(options: GeneratorOptions, reader: ReportReader) -> tuple[ReportReading, ...]:
    """Read the files of --report-file; with --report-dir only see whether the folder can be listed.

    Needs no trade date, so it comes before that is asked. Raises InputError (7), BrokerUnavailableError (8).
    """
    if options.report_dir is not None:
        from backtest.reports.find import reports_in

        reports_in(options.report_dir)
    return reader.read(options.report_files)


def reports_of_day(
    options: GeneratorOptions,
    given: Sequence[ReportReading],
    reader: ReportReader,
    trade_date: date,
    sessions: Sessions,
) -> DayReports:
    """Return the candidates offered on `trade_date`.

    Raises InputError (7) for a given file that belongs to another trade date, and when the folder has none.
    """
    entry_mode = reader.params.entry_mode
    readings = list(given)
    not_read: tuple[str, ...] = ()
    for reading in given:
        day = find_entry_session(reading.report_date, entry_mode, sessions)
        if day != trade_date:
            raise InputError(
                f"report of another date in {reading.file}: {reading.report_date}, which belongs to the trade date "
                f"{day or 'of another year'} (expected one for {trade_date}, entry_mode {entry_mode})",
                next_step=NO_REPORT_HINT,
            )
    if options.report_dir is not None:
        from backtest.reports.find import reports_for, unread_for

        paths = reports_for(options.report_dir, trade_date, entry_mode, sessions)
        not_read = tuple(unread_for(options.report_dir, trade_date, entry_mode, sessions))
        if not paths:
            raise InputError(
                f"no report for {trade_date} in {options.report_dir} (expected "
                f"earnings_trade_analysis_YYYY-MM-DD.html that belongs to it, entry_mode {entry_mode})"
                + "".join(f"; {_not_read(name)}" for name in not_read[:1]),
                next_step=NO_REPORT_HINT,
            )
        readings += reader.read(paths)
    readings.sort(key=lambda reading: reading.report_date)
    is_judged = bool(readings) or has_scan(reader.params)
    assets = reader.source.get() if reader.source is not None and is_judged else None
    return DayReports(tuple(readings), assets, not_read)


def _not_read(name: str) -> str:
    return f"{strip_control(name)} looks like a report of the day and was not read, for its name"


def missed_reports(
    folder: Path | None, last: date | None, trade_date: date, entry_mode: EntryMode, sessions: Sessions
) -> tuple[str, ...]:
    """Report the sessions without a run between the last one and this, and the reports in the folder that belonged
    to them; their candidates are offered to neither book."""
    if last is None:
        return ()
    days = sessions.between(last, trade_date)[1:-1] if last < trade_date else ()
    if not days:
        return ()
    notes = [
        f"no run on {len(days)} session{'s' * (len(days) > 1)} ({days[0]} to {days[-1]}); their closes are judged now"
    ]
    if folder is not None:
        from backtest.reports.find import date_in_name, reports_in

        for path in reports_in(folder):
            day = date_in_name(path)
            if day is not None and find_entry_session(day, entry_mode, sessions) in days:
                notes.append(f"missed report {path.name}: its candidates are not offered (after_cutoff)")
    return tuple(notes)


def _refs(reading: ReportReading) -> tuple[ReportRef, ...]:
    refs = [ReportRef(reading.file.name[:255], reading.sha256)]
    if reading.twin is not None and reading.twin_sha256 is not None and reading.twin != reading.file:
        refs.append(ReportRef(reading.twin.name[:255], reading.twin_sha256))
    return tuple(refs)


def _notes(reading: ReportReading) -> list[str]:
    name = reading.file.name
    if not reading.candidates:
        return [f"{name}: no qualifying stocks, an empty day", *(f"{name}: {note}" for note in reading.notes)]
    return [f"{name}: {text}" for text in (*(problem.sentence() for problem in reading.problems), *reading.notes)]
