"""A shadow strategy: plays every session since its last run by the simulator's own steps, then decides for D.

Pure. The book in the state DB stands at the close of `stepped_through`, before any decision for a later
session; a session's decisions are a function of that book, the candidates offered and the bars, so they
are taken again when the session's bars are known. That makes the ledger equal to the simulator's,
whatever happened in between: a second run, a session without a run, bars that came late. The reference
price is always the last close (never a quote), as in the simulator.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from backtest.model import Book, Candidate, Decisions, Split
from backtest.params import Params
from backtest.rules import decide
from backtest.session_step import SessionResult, begin_session, play_session

if TYPE_CHECKING:
    from backtest.market import PriceHistory
    from backtest.sessions import Sessions


@dataclass(frozen=True, slots=True)
class ShadowStart:
    """Where a shadow stands in the state DB.

    strategy: its id. params: under which it is the executed strategy. book: at the close of `stepped_through` (None:
    it never ran). candidates: those offered to it in later sessions; a session without an entry had no run and offers
    none.
    """

    strategy: str
    params: Params
    book: Book
    stepped_through: date | None
    candidates: Mapping[date, tuple[Candidate, ...]]


@dataclass(frozen=True, slots=True)
class PlayedSession:
    """One session played. splits: those applied before its open to tickers held."""

    day: date
    splits: tuple[Split, ...]
    decisions: Decisions
    result: SessionResult


@dataclass(frozen=True, slots=True)
class ShadowRun:
    """What a shadow did since its last run, and its decisions for D.

    strategy, params: as in `ShadowStart`. sessions: played from the start's book on, oldest first. book: before the
    decisions for D, in units of D. not_final: why the sessions must not be written yet (the next run plays them
    again); None when they may. ids: of the book's positions that have no open row, by ticker and entry date.
    """

    strategy: str
    params: Params
    sessions: tuple[PlayedSession, ...]
    book: Book
    decisions: Decisions
    not_final: str | None = None
    ids: Mapping[tuple[str, date], int] = field(default_factory=dict)


def sessions_to_play(start: ShadowStart, as_of: date, sessions: Sessions) -> tuple[date, ...]:
    """Return the sessions after `stepped_through` up to the as-of session; none at the very first run."""
    if start.stepped_through is None or start.stepped_through >= as_of:
        return ()
    return sessions.between(sessions.next(start.stepped_through), as_of)


def run_shadow(
    start: ShadowStart,
    candidates: Sequence[Candidate],
    history: PriceHistory,
    trade_date: date,
    *,
    as_of_is_empty: bool = False,
) -> ShadowRun:
    """Play the sessions before `trade_date`, then decide for it.

    candidates: those offered for the trade date, in report order. as_of_is_empty: no ticker at all has a bar in the
    as-of session.
    """
    params = start.params
    sessions = history.sessions
    as_of = sessions.previous(trade_date)
    book = start.book
    played = []
    for day in sessions_to_play(start, as_of, sessions):
        session = play_shadow_session(book, start.candidates.get(day, ()), history, day, params)
        played.append(session)
        book = session.result.book
    market = history.market(trade_date)
    book = begin_session(_by_ticker(book), market)
    decisions = decide(book, candidates, market, params)
    not_final = _why_not_final(start, played, history, as_of_is_empty)
    return ShadowRun(start.strategy, params, tuple(played), book, decisions, not_final)


def _by_ticker(book: Book) -> Book:
    """Return the book in the order in which the state DB gives it to the next run, which lists its exits alike."""
    return Book(tuple(sorted(book.holdings, key=lambda held: held.ticker)))


def play_shadow_session(
    book: Book, candidates: Sequence[Candidate], history: PriceHistory, day: date, params: Params
) -> PlayedSession:
    """Play one session: splits, decisions on the session before, open, stops, close."""
    market = history.market(day)
    splits = tuple(split for held in book.holdings for split in market.splits(held.ticker))
    book = begin_session(book, market)
    decisions = decide(book, candidates, market, params)
    tickers = {held.ticker for held in book.holdings} | {entry.ticker for entry in decisions.entries}
    result = play_session(book, decisions, history.bars_on(day, sorted(tickers)), market, params)
    return PlayedSession(day, splits, decisions, result)


def _why_not_final(
    start: ShadowStart, played: Sequence[PlayedSession], history: PriceHistory, as_of_is_empty: bool
) -> str | None:
    """Missing bars may still come: the sessions are played again, but no longer than a delisting takes."""
    if not played or len(played) > start.params.delisted_after_sessions:
        return None
    used = {held.ticker for held in start.book.holdings}
    used |= {one.ticker for session in played for one in start.candidates.get(session.day, ())}
    failed = sorted(used & history.failed)
    if failed:
        return f"the price source could not answer for {', '.join(failed)}"
    return f"no bars of {played[-1].day} yet" if used and as_of_is_empty else None
