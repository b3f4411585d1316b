"""`python -m backtest run`: candidates and prices in, ledger, metrics and manifest out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from backtest.candidates import entry_session, find_entry_session
from backtest.candidates_file import read_candidates
from backtest.errors import ConfigError, InputError, PriceDataError, UsageError
from backtest.manifest import DataUsed, RunFacts, manifest_bytes
from backtest.market import PriceHistory, history_start
from backtest.metrics import compute_metrics
from backtest.model import TICKER_PATTERN, Candidate, Price
from backtest.params import Params
from backtest.portfolio_simulator import Ledger, simulate_portfolio
from backtest.prices.coverage import require_cover
from backtest.prices.provider import PriceData, PriceProvider
from backtest.run_files import equity_csv, json_bytes, publish, require_folder, skipped_csv, trades_csv
from backtest.sessions import Sessions, default_cache_dir, load_sessions
from backtest.trade_simulator import simulate_trades

if TYPE_CHECKING:
    from backtest.reports.directory import Directory
    from backtest.reports.model import ReportReading


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What a run is asked for. Exactly one of reports (a folder) and candidates (a CSV file) is given."""

    prices: str
    first: date
    last: date
    out: Path
    params: Params
    reports: Path | None = None
    candidates: Path | None = None
    mode: str = "portfolio"
    assets: Path | None = None


@dataclass(frozen=True, slots=True)
class RunDone:
    """What a finished run returns: the ledger, its metrics, and notes for the user."""

    ledger: Ledger
    metrics: dict[str, object]
    notes: tuple[str, ...]


def run(options: RunOptions) -> RunDone:
    """Run the backtest and write its files into `options.out`; nothing is written when it does not finish.

    Raises DriftError subclasses: 2 usage, 6 configuration, 7 unreadable or unusable input, 8 price source.
    """
    if (options.reports is None) == (options.candidates is None):
        raise UsageError("give either --reports DIR or --candidates FILE")
    require_folder(options.out)
    sessions = load_sessions(options.last)
    _require_sessions(sessions, options.first, options.last)
    directory = _directory(options)
    gathered = _gather(options, sessions, directory)
    inside = _inside(gathered.candidates, options, sessions)
    data = _fetch(open_prices(options.prices), sorted({one.ticker for one in inside}), options, sessions)
    history = PriceHistory(data.series, sessions, data.splits, data.failed)
    candidates, notes = _judge(gathered, history, options, sessions, directory)
    simulate = simulate_trades if options.mode == "trade" else simulate_portfolio
    ledger = simulate(candidates, history, options.first, options.last, options.params)
    metrics = compute_metrics(ledger, options.params.capital_units)
    assets_sha256 = directory.sha256 if directory is not None else None
    facts = RunFacts(_data_used(options, data, candidates, assets_sha256), _counts(ledger, data), metrics)
    files = {
        "trades.csv": trades_csv(ledger.trades),
        "skipped.csv": skipped_csv(ledger.skipped),
        "equity.csv": equity_csv(ledger.equity),
        "metrics.json": json_bytes(metrics),
        "run_manifest.json": manifest_bytes(options.params, facts),
    }
    publish(options.out, files)
    refused = (f"{len(data.refused)} bars refused by the price check",) if data.refused else ()
    return RunDone(ledger, metrics, (*notes, *refused))


def open_prices(spec: str) -> PriceProvider:
    """Return the price source a `--prices` names: a path of bars. Raises ConfigError, PriceDataError."""
    if spec in ("alpaca", "fmp", "sim"):
        raise ConfigError(
            f"prices not possible in a backtest: {spec} (expected the path of a bar file or folder)",
            next_step="Download the bars once and name their folder.",
        )
    from backtest.prices.folder import open_folder  # late: it brings the readers of CSV and Parquet

    return open_folder(spec)


def _require_sessions(sessions: Sessions, first: date, last: date) -> None:
    if first > last:
        raise UsageError(f"--from {first} is after --to {last} (expected the earlier session first)")
    for flag, day in (("--from", first), ("--to", last)):
        if not sessions.first < day < sessions.last:
            raise UsageError(f"{flag} {day} is outside the exchange calendar, {sessions.first} to {sessions.last}")
        if not sessions.is_session(day):
            near = f"{sessions.previous(day)} or {sessions.next(day)}"
            raise UsageError(f"{flag} {day} is no session of the exchange (expected one, such as {near})")


@dataclass(frozen=True, slots=True)
class _Gathered:
    """Candidates of a file, not questioned, or those of reports with the readings behind them."""

    candidates: Sequence[Candidate]
    notes: tuple[str, ...] = ()
    readings: tuple[ReportReading, ...] = ()


def _directory(options: RunOptions) -> Directory | None:
    if options.assets is None:
        return None
    from backtest.reports.directory import load_directory

    return load_directory(options.assets)


def _gather(options: RunOptions, sessions: Sessions, directory: Directory | None) -> _Gathered:
    if options.candidates is not None:
        read = read_candidates(options.candidates)
        return _Gathered(read.candidates, read.notes)
    from backtest.reports.find import date_in_name, reports_in  # late: the HTML reader
    from backtest.reports.read import read_reports

    assert options.reports is not None
    found = reports_in(options.reports)
    if not found:
        raise InputError(
            f"no report in {options.reports} (expected earnings_trade_analysis_YYYY-MM-DD.html)",
            next_step="Name the folder of the reports with --reports.",
        )
    inside = [path for path in found if (day := date_in_name(path)) is not None and _is_inside(day, options, sessions)]
    cache = default_cache_dir() / "reports"
    readings = tuple(read_reports(inside, options.params, directory, cache_dir=cache))
    return _Gathered([one for reading in readings for one in reading.candidates], readings=readings)


def _judge(
    gathered: _Gathered, history: PriceHistory, options: RunOptions, sessions: Sessions, directory: Directory | None
) -> tuple[Sequence[Candidate], tuple[str, ...]]:
    """Return the candidates with their verdicts: where no name confirms a stock, its last close before the entry."""
    if options.candidates is not None:
        return gathered.candidates, gathered.notes
    from backtest.reports.read import identity_note, judge_prices

    def market_price(one: Candidate) -> Price | None:
        day = entry_session(one.report_date, options.params.entry_mode, sessions)
        reference = history.market(day).reference(one.ticker)
        return None if reference is None else reference.price

    readings = [judge_prices(reading, options.params, directory, market_price) for reading in gathered.readings]
    note = identity_note(directory, priced=True)
    notes = [note] if note else []
    for reading in readings:
        name = reading.file.name
        notes += [f"{name}: {text}" for text in (*(one.sentence() for one in reading.problems), *reading.notes)]
    return [one for reading in readings for one in reading.candidates], tuple(dict.fromkeys(notes))


def _is_inside(report_date: date, options: RunOptions, sessions: Sessions) -> bool:
    trade_date = find_entry_session(report_date, options.params.entry_mode, sessions)
    return trade_date is not None and options.first <= trade_date <= options.last


def _inside(candidates: Iterable[Candidate], options: RunOptions, sessions: Sessions) -> list[Candidate]:
    inside = [one for one in candidates if _is_inside(one.report_date, options, sessions)]
    if not inside:
        where = options.candidates or options.reports
        raise InputError(f"no candidate of {where} belongs to a session from {options.first} to {options.last}")
    return [one for one in inside if TICKER_PATTERN.fullmatch(one.ticker)]


def _fetch(source: PriceProvider, tickers: Sequence[str], options: RunOptions, sessions: Sessions) -> PriceData:
    data = source.fetch(tickers, history_start(options.first, options.params), options.last)
    if data.failed:
        ticker, why = min(data.failed.items())
        raise PriceDataError(
            f"prices unusable in {options.prices}: {ticker}: {why} ({len(data.failed)} tickers failed)"
        )
    require_cover(data.series.values(), sessions, options.first, options.last, Path(options.prices))
    return data


def _data_used(
    options: RunOptions, data: PriceData, candidates: Sequence[Candidate], assets_sha256: str | None
) -> DataUsed:
    digest = hashlib.sha256()
    for one in candidates:
        digest.update(
            repr(
                (one.ticker, one.report_date.isoformat(), one.grade.value, one.score, one.price, one.gap_size)
            ).encode()
        )
    return DataUsed(
        source="folder",
        fingerprint=data.fingerprint,
        first=options.first,
        last=options.last,
        tickers=len(data.series),
        candidates_sha256=digest.hexdigest(),
        assets_sha256=assets_sha256,
    )


def _counts(ledger: Ledger, data: PriceData) -> dict[str, int]:
    return {
        "sessions": ledger.sessions,
        "candidates": ledger.candidates,
        "trades": len(ledger.trades),
        "skipped": len(ledger.skipped),
        "refused_bars": len(data.refused),
    }
