"""The reports that were named, and those of the next trade date in a folder, read as the generator would."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from backtest.errors import DriftError, InputError
from backtest.sources.resolve import has_scan
from live.doctor.answer import Answer, NotAskedError, failed, ok
from live.doctor.context import Context
from live.generate.reports import NO_REPORT_HINT, ReportReader


def asset_directory(context: Context) -> Iterable[Answer]:
    """Ask for the day's list of names where a report is to be read or a strategy scans.

    Raises BrokerUnavailableError (8).
    """
    if not _are_asked(context) and not has_scan(context.config.strategy):
        return ()
    found = context.directory.get()
    return (ok("; ".join((f"{len(found.directory.names):,} stocks of {found.ref.day}", *found.notes))),)


def reports(context: Context) -> Iterator[Answer]:
    """Read the reports; one that is refused (7) keeps no other from being read."""
    if not _are_asked(context):
        return
    reader = _reader(context)
    for path in (*context.asked.report_files, *_of_folder(context)):
        try:
            yield _read(path, reader)
        except DriftError as error:
            yield failed(error)


def _are_asked(context: Context) -> bool:
    return bool(context.asked.report_files) or context.asked.report_dir is not None


def _reader(context: Context) -> ReportReader:
    """Return what reads them, with names compared where the directory can be had."""
    try:
        context.directory.get()
    except (NotAskedError, DriftError):  # `asset directory` tells
        return ReportReader(context.config.strategy)
    return ReportReader(context.config.strategy, context.directory)


def _of_folder(context: Context) -> Iterable[Path]:
    """Return the reports of the next trade date. Raises InputError (7) where there is none."""
    from backtest.reports.find import reports_for, reports_in  # late: only a command with --report-dir looks

    folder = context.asked.report_dir
    if folder is None:
        return ()
    reports_in(folder)  # a folder that cannot be listed needs no broker to be told
    sessions = context.sessions
    trade_date = sessions.trade_date(context.connected.broker.clock.now())
    paths = reports_for(folder, trade_date, context.config.strategy.entry_mode, sessions)
    if not paths:
        raise InputError(f"no report for {trade_date} in {folder}", next_step=NO_REPORT_HINT)
    return tuple(paths)


def _read(path: Path, reader: ReportReader) -> Answer:
    (reading,) = reader.read([path])
    by_price = f", {len(reading.needs_price)} more if the price fits" if reading.needs_price else ""
    counts = f"{len(reading.tradable)} of {len(reading.candidates)} candidates confirmed{by_price}"
    return ok(f"{path.name}: {counts}, {len(reading.problems)} doubts")
