"""What a run works on: candidates and prices of a stretch of sessions, read once; any number of simulations use it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from backtest.candidates import entry_session, find_entry_session
from backtest.candidates_file import read_candidates
from backtest.engine.prepared import prepare
from backtest.errors import InputError, PriceDataError, PriceSourceUnavailableError, UsageError
from backtest.manifest import DataUsed
from backtest.market import PriceHistory, history_start
from backtest.market_filter import FilterSeries, filters_of, read_filter, without_value
from backtest.model import TICKER_PATTERN, Candidate, Price
from backtest.params import Params
from backtest.portfolio_simulator import Ledger
from backtest.prices.coverage import require_cover
from backtest.prices.doubts import doubts
from backtest.prices.named import is_remote, open_named
from backtest.prices.provider import PriceData, PriceProvider
from backtest.prices.settings import PriceSettings
from backtest.prices.survivors import survivors_note
from backtest.progress import progress_bar
from backtest.sessions import Sessions, load_sessions
from backtest.text import how_many
from backtest.user_folders import default_cache_dir

if TYPE_CHECKING:
    from backtest.reports.directory import Directory
    from backtest.reports.model import ReportReading


CandidateMaker: TypeAlias = Callable[[PriceHistory], Sequence[Candidate]]
"""Gives the candidates that can be known from a history, and those of any date that stand in a file."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a run's data come from, and its stretch of sessions.

    prices: a path of bars, or a source that `prices.named` knows. Exactly one of reports (a folder) and candidates (a
    CSV file) is given. assets: a CSV of listed symbols that confirms the readings of reports. price_settings: the feed
    of a source, and where its bars are kept.
    """

    prices: str
    first: date
    last: date
    reports: Path | None = None
    candidates: Path | None = None
    assets: Path | None = None
    price_settings: PriceSettings = field(default_factory=PriceSettings)


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything a simulation reads. candidates: those whose session lies in the stretch, in report order.

    notes: for the user. refused_bars: how many the price check refused. data.candidates_sha256 is of the whole source.
    """

    candidates: Sequence[Candidate]
    history: PriceHistory
    first: date
    last: date
    data: DataUsed
    notes: tuple[str, ...] = ()
    refused_bars: int = 0


def load_inputs(source: Source, params: Params) -> Inputs:
    """Read candidates and prices. params: their entry mode, what they accept, and how many weeks they look back.

    Raises DriftError subclasses: 2 usage, 6 configuration, 7 unreadable or unusable input, 8 price source.
    """
    return load_with_maker(source, params)[0]


def load_with_maker(source: Source, params: Params) -> tuple[Inputs, CandidateMaker]:
    """Read as `load_inputs` does; return too what gives the candidates that a shorter history would have given."""
    sessions = _sessions_of(source)
    directory = _directory(source)
    gathered = _gather(source, params, sessions, directory)
    inside = _inside(gathered.candidates, source, params, sessions)
    tickers = sorted({one.ticker for one in inside})
    provider, data = _fetch(source, tickers, params, sessions)
    series = read_filter(params)
    history = PriceHistory(data.series, sessions, data.splits, data.failed, filters_of(params, series))
    candidates, notes = _judge(gathered, history, source, params, directory)
    used = _data_used(source, provider, data, candidates, directory.sha256 if directory is not None else None)
    if is_remote(source.prices):
        notes = (*doubts(data, tickers, history_start(source.first, params), sessions), *notes)
    offered = tuple(one for one in candidates if _is_inside(one.report_date, source, params, sessions))
    if series is not None:
        used = replace(used, market_filter_sha256=series.sha256)
        notes = (*_filter_notes(series, offered, params, sessions), *notes)
    if len(offered) < len(candidates):
        outside = how_many(len(candidates) - len(offered), "candidate")
        notes = (f"{outside} outside {source.first} to {source.last} left out", *notes)
    alive = survivors_note(data.series.values(), source.first, source.last, sessions)
    notes = notes if alive is None else (alive, *notes)
    inputs = Inputs(offered, history, source.first, source.last, used, notes, len(data.refused))
    return inputs, _Again(gathered, source, params, directory)


def tickers_of(source: Source, params: Params) -> list[str]:
    """Return the tickers whose bars a run asks for, sorted. Raises as `load_inputs` does, but for prices."""
    sessions = _sessions_of(source)
    gathered = _gather(source, params, sessions, _directory(source))
    return sorted({one.ticker for one in _inside(gathered.candidates, source, params, sessions)})


def simulate(inputs: Inputs, params: Params, mode: str = "portfolio") -> Ledger:
    """Run the rules over the inputs. mode: "portfolio" holds slots, "trade" takes every candidate alone."""
    return prepare(inputs).ledger(params, mode)


def _sessions_of(source: Source) -> Sessions:
    if (source.reports is None) == (source.candidates is None):
        raise UsageError("give either --reports DIR or --candidates FILE")
    sessions = load_sessions(source.last)
    require_sessions(sessions, source.first, source.last)
    return sessions


def require_sessions(sessions: Sessions, first: date, last: date) -> None:
    """Raise UsageError (2) unless both are sessions, in this order."""
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


@dataclass(frozen=True, slots=True)
class _Again:
    """Judges what was gathered by another history; a value, so that it can be sent to another process."""

    gathered: _Gathered
    source: Source
    params: Params
    directory: Directory | None

    def __call__(self, history: PriceHistory) -> Sequence[Candidate]:
        return _judge(self.gathered, history, self.source, self.params, self.directory)[0]


def _directory(source: Source) -> Directory | None:
    if source.assets is None:
        return None
    from backtest.reports.directory import load_directory

    return load_directory(source.assets)


def _gather(source: Source, params: Params, sessions: Sessions, directory: Directory | None) -> _Gathered:
    if source.candidates is not None:
        read = read_candidates(source.candidates)
        return _Gathered(read.candidates, read.notes)
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
        path for path in found if (day := date_in_name(path)) is not None and _is_inside(day, source, params, sessions)
    ]
    cache = default_cache_dir() / "reports"
    readings = tuple(read_reports(inside, params, directory, cache_dir=cache))
    return _Gathered([one for reading in readings for one in reading.candidates], readings=readings)


def _judge(
    gathered: _Gathered, history: PriceHistory, source: Source, params: Params, directory: Directory | None
) -> tuple[Sequence[Candidate], tuple[str, ...]]:
    """Return the candidates with their verdicts: where no name confirms a stock, its last close before the entry."""
    if source.candidates is not None:
        return gathered.candidates, gathered.notes
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


def _filter_notes(
    series: FilterSeries, offered: Iterable[Candidate], params: Params, sessions: Sessions
) -> tuple[str, ...]:
    days = {entry_session(one.report_date, params.entry_mode, sessions) for one in offered}
    missing = without_value(series, days, sessions)
    if not missing:
        return ()
    where = f"{missing[0]}" if len(missing) == 1 else f"{missing[0]} to {missing[-1]}"
    return (
        f"{params.market_filter.file} has no value for {how_many(len(missing), 'as-of session')} ({where}): "
        "the candidates decided on are skipped",
    )


def _is_inside(report_date: date, source: Source, params: Params, sessions: Sessions) -> bool:
    trade_date = find_entry_session(report_date, params.entry_mode, sessions)
    return trade_date is not None and source.first <= trade_date <= source.last


def _inside(candidates: Iterable[Candidate], source: Source, params: Params, sessions: Sessions) -> list[Candidate]:
    inside = [one for one in candidates if _is_inside(one.report_date, source, params, sessions)]
    if not inside:
        where = source.candidates or source.reports
        raise InputError(f"no candidate of {where} belongs to a session from {source.first} to {source.last}")
    return [one for one in inside if TICKER_PATTERN.fullmatch(one.ticker)]


def _fetch(
    source: Source, tickers: Sequence[str], params: Params, sessions: Sessions
) -> tuple[PriceProvider, PriceData]:
    """Return the prices, and the source that gave them; a download shows how far it is."""
    with progress_bar("symbols") if is_remote(source.prices) else nullcontext() as tell:
        provider = open_named(source.prices, source.price_settings, tell)
        data = provider.fetch(tickers, history_start(source.first, params), source.last)
    if data.failed:
        ticker, why = min(data.failed.items())
        what = f"prices unusable in {source.prices}: {ticker}: {why} ({how_many(len(data.failed), 'ticker')} failed)"
        if is_remote(source.prices):
            raise PriceSourceUnavailableError(what, next_step="What came is kept; run the same command again.")
        raise PriceDataError(what)
    require_cover(data.series.values(), sessions, source.first, source.last, Path(source.prices))
    return provider, data


def _data_used(
    source: Source, provider: PriceProvider, data: PriceData, candidates: Sequence[Candidate], assets_sha256: str | None
) -> DataUsed:
    digest = hashlib.sha256()
    for one in candidates:
        digest.update(
            repr(
                (one.ticker, one.report_date.isoformat(), one.grade.value, one.score, one.price, one.gap_size)
            ).encode()
        )
    return DataUsed(
        source=provider.source,
        feed=provider.feed,
        adjustment=provider.adjustment,
        fingerprint=data.fingerprint,
        first=source.first,
        last=source.last,
        tickers=len(data.series),
        candidates_sha256=digest.hexdigest(),
        assets_sha256=assets_sha256,
    )
