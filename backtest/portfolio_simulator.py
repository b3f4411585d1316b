"""The portfolio over a stretch of sessions: gather, decide, play, day by day; holds the book, no rules."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeAlias

from backtest.candidates import find_entry_session, screen
from backtest.ledger import Trade, order_fees
from backtest.market import Market, PriceHistory
from backtest.model import Book, Candidate, Decisions, Price, Skip, SkipReason
from backtest.params import Params
from backtest.rules import Settle, decide
from backtest.session_step import (
    SessionResult,
    accept,
    begin_session,
    close_at_end_of_data,
    last_price,
    play_session,
)
from backtest.sessions import Sessions

Decide: TypeAlias = Callable[[Book, Sequence[Candidate], Market, Params], Decisions]


@dataclass(frozen=True, slots=True)
class EquityPoint:
    """The account after a session's close: equity = cash + shares at their last close; positions still open."""

    day: date
    equity: Price
    cash: Price
    positions: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """What a run gave. trades: by exit date, entry date, ticker. skipped: in the order the sessions refused them."""

    trades: tuple[Trade, ...]
    skipped: tuple[Skip, ...]
    equity: tuple[EquityPoint, ...]
    candidates: int
    sessions: int


def simulate_portfolio(
    candidates: Iterable[Candidate],
    history: PriceHistory,
    first: date,
    last: date,
    params: Params,
    *,
    skip_sessions: Collection[date] = (),
    refused_sessions: Collection[date] = (),
    decides_when_skipped: bool = False,
    decide: Decide = decide,
    settle: Settle | None = None,
) -> Ledger:
    """Run the rules over the sessions from `first` to `last` and return the ledger.

    candidates: in report order, of any date; those without a session in the run end `no_price_data`.
    skip_sessions: sessions without a run (docs/design.md#rules): their candidates end `after_cutoff`; the executed
    strategy decides no exits for them, a shadow (`decides_when_skipped`) does. refused_sessions: those whose run was
    refused: for the executed strategy as without a run; a shadow decides as usual, and is offered its candidates.
    decide, settle: what stands in for the rules' own. Every candidate ends exactly once, as a trade or as a skip.
    """
    without_run = {*skip_sessions, *(() if decides_when_skipped else refused_sessions)}
    offered, outside = by_trade_date(candidates, history.sessions, first, last, params)
    skipped = [skip for group in outside for skip in _outside_run(group, params)]
    book, cash, next_id = Book(), params.capital_units, 1
    trades: list[Trade] = []
    equity: list[EquityPoint] = []
    days = history.sessions.between(first, last)
    for day in days:
        market = history.market(day)
        book = begin_session(book, market)
        decisions = None
        if day in without_run:
            skipped += [Skip(candidate, SkipReason.AFTER_CUTOFF) for candidate in offered.get(day, ())]
        if day not in without_run or decides_when_skipped:
            group = () if day in without_run else offered.get(day, ())
            decisions = decide(book, group, market, params)
            book = accept(book, decisions)
            skipped += decisions.skipped
        bars = history.bars_on(day, _tickers(book, decisions))
        result = play_session(book, decisions, bars, market, params, settle)
        trades += result.trades
        skipped += result.skipped
        cash += _cash_flow(result, params)
        book, next_id = _numbered(result.book, next_id)
        worth = sum(holding.shares * last_price(holding, bars, market) for holding in book.holdings)
        equity.append(EquityPoint(day, cash + worth, cash, len(book.holdings)))
        if day == days[-1]:
            trades += close_at_end_of_data(book, bars, market, params)
    counted = sum(map(len, offered.values())) + sum(map(len, outside))
    ledger = Ledger(_by_exit(trades), tuple(skipped), tuple(equity), counted, len(days))
    check_conservation(ledger)
    return ledger


def _by_exit(trades: Iterable[Trade]) -> tuple[Trade, ...]:
    return tuple(sorted(trades, key=lambda trade: (trade.exit_date, trade.entry_date, trade.ticker)))


def by_trade_date(
    candidates: Iterable[Candidate], sessions: Sessions, first: date, last: date, params: Params
) -> tuple[Mapping[date, Sequence[Candidate]], Sequence[Sequence[Candidate]]]:
    """Group candidates by the session they belong to: those inside the run by session, the others by report date.

    Earlier reports come first within a group; candidates of one report keep their order.
    """
    inside: dict[date, list[Candidate]] = {}
    outside: dict[date, list[Candidate]] = {}
    for candidate in sorted(candidates, key=lambda one: one.report_date):
        day = candidate.report_date
        trade_date = find_entry_session(day, params.entry_mode, sessions)
        if trade_date is not None and first <= trade_date <= last:
            inside.setdefault(trade_date, []).append(candidate)
        else:
            outside.setdefault(day, []).append(candidate)
    return inside, tuple(outside.values())


def check_conservation(ledger: Ledger) -> None:
    """Refuse a ledger that lost or doubled a candidate: trades + skips = candidates, always."""
    ended = len(ledger.trades) + len(ledger.skipped)
    if ended != ledger.candidates:
        raise AssertionError(f"{ledger.candidates} candidates gave {ended} trades and skips")


def _outside_run(group: Sequence[Candidate], params: Params) -> list[Skip]:
    screened = screen(group, params)
    return [*screened.skipped, *(Skip(candidate, SkipReason.NO_PRICE_DATA) for candidate in screened.eligible)]


def _tickers(book: Book, decisions: Decisions | None) -> list[str]:
    entries = () if decisions is None else decisions.entries
    return [*(holding.ticker for holding in book.holdings), *(entry.ticker for entry in entries)]


def _cash_flow(result: SessionResult, params: Params) -> Price:
    spent = sum(one.entry_price * one.shares + order_fees(one.shares, params) for one in result.bought)
    earned = sum(one.exit_price * one.shares - order_fees(one.shares, params) for one in result.trades)
    return earned - spent


def _numbered(book: Book, next_id: int) -> tuple[Book, int]:
    """Give new holdings their position_id, so that exits find them even where a ticker is held twice (trade mode)."""
    holdings = []
    for holding in book.holdings:
        if holding.position_id is None:
            holding = replace(holding, position_id=next_id)
            next_id += 1
        holdings.append(holding)
    return Book(tuple(holdings)), next_id
