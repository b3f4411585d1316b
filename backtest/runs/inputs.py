"""What a run works on: candidates and prices of a stretch of sessions, read once; any number of simulations use it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from backtest.candidates import entry_session
from backtest.engine.prepared import prepare
from backtest.errors import InputError, PriceDataError, PriceSourceUnavailableError, UsageError
from backtest.history_start import history_start
from backtest.manifest import DataUsed
from backtest.market import PriceHistory
from backtest.market_filter import FilterSeries, filters_of, read_filter, without_value
from backtest.model import Candidate
from backtest.params import REPORTS, CandidateSource, Params
from backtest.portfolio_simulator import Ledger
from backtest.prices.coverage import require_cover
from backtest.prices.doubts import doubts
from backtest.prices.named import is_remote, open_named
from backtest.prices.provider import PriceData, PriceProvider
from backtest.prices.survivors import survivors_note
from backtest.progress import progress_bar
from backtest.runs.gathering import Gathered, gather, is_inside, judge, require_one_source
from backtest.runs.source import Source as Source
from backtest.sessions import Sessions, load_sessions
from backtest.text import how_many

if TYPE_CHECKING:
    from backtest.reports.directory import Directory


CandidateMaker: TypeAlias = Callable[[PriceHistory], Sequence[Candidate]]
"""Gives the candidates that can be known from a history, and those of any date that stand in a file."""


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
    sessions = _sessions_of(source, params)
    directory = _directory(source)
    gathered = gather(source, params, sessions, directory)
    tickers = gathered.tickers(source, params, sessions)
    start = history_start(source.first, params)
    provider, data = fetch_bars(source, tickers, start, sessions)
    series = read_filter(params)
    history = PriceHistory(data.series, sessions, data.splits, data.failed, filters_of(params, series))
    with progress_bar("sessions") if gathered.scan is not None else nullcontext() as tell:
        candidates, notes = judge(gathered, history, source, params, directory, tell)
    used = _data_used(source, provider, data, candidates, directory.sha256 if directory is not None else None)
    if is_remote(source.prices):
        notes = (*doubts(data, tickers, start, sessions), *notes)
    offered = tuple(one for one in candidates if is_inside(one.report_date, source, params, sessions))
    if series is not None:
        used = replace(used, market_filter_sha256=series.sha256)
        notes = (*_filter_notes(series, offered, params, sessions), *notes)
    if not offered:
        raise InputError(f"{params.source.id} proposed nothing in the sessions from {source.first} to {source.last}")
    if len(offered) < len(candidates):
        outside = how_many(len(candidates) - len(offered), "candidate")
        notes = (f"{outside} outside {source.first} to {source.last} left out", *notes)
    alive = survivors_note(data.series.values(), source.first, source.last, sessions)
    notes = notes if alive is None else (alive, *notes)
    inputs = Inputs(offered, history, source.first, source.last, used, notes, len(data.refused))
    return inputs, _Again(gathered, source, params, directory)


def load_each(
    source: Source, params: Params, executed: Sequence[Params]
) -> Mapping[CandidateSource, tuple[Source, Inputs]]:
    """Read the inputs of strategies of a configuration, once for each source of their candidates.

    params: the configuration. executed: each strategy's, of `as_executed`. Reports or a file that are given are those
    of the strategies on reports; the others propose their own. Returned with each is what it was read from. Raises as
    `load_inputs`.
    """
    owners = {own.source: own for own in (*executed, params)}  # the configuration's own reaches back for all of them
    wanted = dict.fromkeys(own.source for own in executed)
    are_given = any(one.id == REPORTS for one in wanted)
    found = {}
    for one in wanted:
        own = source if one.id == REPORTS or not are_given else replace(source, reports=None, candidates=None)
        found[one] = own, load_inputs(own, owners[one])
    return found


def tickers_of(source: Source, params: Params) -> list[str]:
    """Return the tickers whose bars a run asks for, sorted. Raises as `load_inputs` does, but for prices."""
    sessions = _sessions_of(source, params)
    return gather(source, params, sessions, _directory(source)).tickers(source, params, sessions)


def simulate(inputs: Inputs, params: Params, mode: str = "portfolio") -> Ledger:
    """Run the rules over the inputs. mode: "portfolio" holds slots, "trade" takes every candidate alone."""
    return prepare(inputs).ledger(params, mode)


def _sessions_of(source: Source, params: Params) -> Sessions:
    require_one_source(source, params)
    sessions = load_sessions(source.last)
    require_sessions(sessions, source.first, source.last)
    return sessions


def require_sessions(sessions: Sessions, first: date, last: date, flags: tuple[str, str] = ("--from", "--to")) -> None:
    """Raise UsageError (2) unless both are sessions, in this order. flags: by which they were given."""
    if first > last:
        raise UsageError(f"{flags[0]} {first} is after {flags[1]} {last} (expected the earlier session first)")
    for flag, day in zip(flags, (first, last), strict=True):
        if not sessions.first < day < sessions.last:
            raise UsageError(f"{flag} {day} is outside the exchange calendar, {sessions.first} to {sessions.last}")
        if not sessions.is_session(day):
            near = f"{sessions.previous(day)} or {sessions.next(day)}"
            raise UsageError(f"{flag} {day} is no session of the exchange (expected one, such as {near})")


def _directory(source: Source) -> Directory | None:
    if source.assets is None:
        return None
    from backtest.reports.directory import load_directory

    return load_directory(source.assets)


@dataclass(frozen=True, slots=True)
class _Again:
    """Judges what was gathered by another history; a value, so that it can be sent to another process."""

    gathered: Gathered
    source: Source
    params: Params
    directory: Directory | None

    def __call__(self, history: PriceHistory) -> Sequence[Candidate]:
        return judge(self.gathered, history, self.source, self.params, self.directory)[0]


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


def fetch_bars(
    source: Source, tickers: Sequence[str], start: date, sessions: Sessions
) -> tuple[PriceProvider, PriceData]:
    """Return the prices, and the source that gave them; a download shows how far it is."""
    with progress_bar("symbols") if is_remote(source.prices) else nullcontext() as tell:
        provider = open_named(source.prices, source.price_settings, tell)
        data = provider.fetch(tickers, start, source.last)
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
