"""Does a run know what it could not know? The same run on data that end earlier must have done the same until then.

The data are cut after the close of a session: later bars, later splits and later candidates are taken away. The run on
what is left is compared with the whole run: the candidates and the decisions up to the session after the cut (they
are made before its open), the fills, the closed trades and the account up to the cut. What differs was decided on
something that lies behind the cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from backtest.candidates import find_entry_session
from backtest.ledger import Trade
from backtest.market import Market, PriceHistory
from backtest.model import Book, Candidate, Decisions, ExitReason
from backtest.money import format_price
from backtest.params import Params
from backtest.portfolio_simulator import Decide, Ledger, simulate_portfolio
from backtest.runs.inputs import CandidateMaker
from backtest.text import why_text

Key = TypeVar("Key")

CANDIDATE, DECISION, TRADE, SKIP, EQUITY = "candidate", "decision", "trade", "skip", "equity"


@dataclass(frozen=True, slots=True)
class Studied:
    """What is tried: a source of candidates and the decisions, on one stretch of one history."""

    candidates_of: CandidateMaker
    decide: Decide
    history: PriceHistory
    first: date
    last: date
    params: Params


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not the same on the cut data. what: one of the words above. ticker: None of the account.

    whole, cut: what it is in the whole run and on the data cut after the session `after`, in words; None: not there.
    """

    after: date
    session: date
    ticker: str | None
    what: str
    whole: str | None
    cut: str | None


@dataclass(frozen=True, slots=True)
class Compared:
    """One cut. differences: those of the first session that has any; later ones may only follow from them.

    decisions: how many were compared, of candidates and of holdings. more: how many sessions differ after the first.
    """

    after: date
    decisions: int
    trades: int
    differences: tuple[Difference, ...] = ()
    more: int = 0


@dataclass(frozen=True, slots=True)
class Observed:
    """A run with everything that is compared: its candidates by entry session, and each session's decisions."""

    offered: Mapping[date, Sequence[Candidate]]
    decisions: Mapping[date, Decisions]
    ledger: Ledger


def observe(studied: Studied, history: PriceHistory, last: date) -> Observed:
    """Run over the sessions to `last` on a history, and keep what was decided in each session."""
    offered: dict[date, list[Candidate]] = {}
    for one in studied.candidates_of(history):
        session = find_entry_session(one.report_date, studied.params.entry_mode, history.sessions)
        if session is not None and studied.first <= session <= last:
            offered.setdefault(session, []).append(one)
    decided: dict[date, Decisions] = {}

    def keep(book: Book, group: Sequence[Candidate], market: Market, params: Params) -> Decisions:
        decided[market.trade_date] = studied.decide(book, group, market, params)
        return decided[market.trade_date]

    inside = [one for session in sorted(offered) for one in offered[session]]
    ledger = simulate_portfolio(inside, history, studied.first, last, studied.params, decide=keep)
    return Observed(offered, decided, ledger)


def draw_cuts(whole: Observed, studied: Studied, count: int, seed: int) -> tuple[date, ...]:
    """Draw sessions without replacement after which to cut, in order of time.

    Drawn are the days before a session with candidates, the more likely the more there are: that is where most is
    decided. Where there are too few of them the rest is drawn from the other days.
    """
    days = studied.history.sessions.between(studied.first, studied.last)
    offered = {day: len(whole.offered.get(after, ())) for day, after in pairwise(days)}
    generator = np.random.default_rng(seed)
    busy = [day for day, candidates in offered.items() if candidates]
    weights = np.array([offered[day] for day in busy], dtype=np.float64)
    drawn = _draw(generator, busy, count, weights / weights.sum() if busy else None)
    drawn += _draw(generator, [day for day, candidates in offered.items() if not candidates], count - len(drawn))
    return tuple(sorted(drawn))


def _draw(
    generator: np.random.Generator, days: Sequence[date], count: int, weights: NDArray[np.float64] | None = None
) -> list[date]:
    wanted = min(count, len(days))
    return [days[i] for i in generator.choice(len(days), size=wanted, replace=False, p=weights)] if wanted else []


def compare_at(tried: tuple[Studied, Observed], after: date) -> Compared:
    """Run on the data cut after the close of `after`, and compare with the whole run. tried: what, and that run."""
    studied, whole = tried
    next_session = studied.history.sessions.next(after)
    cut = observe(studied, studied.history.cut(after, next_session), next_session)
    found = sorted(_differences(studied, whole, cut, after, next_session), key=lambda one: one.session)
    sessions = sorted({one.session for one in found})
    first = tuple(one for one in found if one.session == sessions[0])
    counted = [some for day, some in cut.decisions.items() if day <= next_session]
    return Compared(
        after,
        decisions=sum(len(some.entries) + len(some.skipped) + len(some.exits) for some in counted),
        trades=len(_closed(cut.ledger, after)),
        differences=first,
        more=max(len(sessions) - 1, 0),
    )


def _differences(
    studied: Studied, whole: Observed, cut: Observed, after: date, next_session: date
) -> Iterator[Difference]:
    def tell(session: date, ticker: str | None, what: str, one: str | None, other: str | None) -> Difference:
        return Difference(after, session, ticker, what, one, other)

    for day in studied.history.sessions.between(studied.first, next_session):
        offered, again = whole.offered.get(day, ()), cut.offered.get(day, ())
        for key, one, other in _unequal(_offers(offered), _offers(again)):
            yield tell(day, key, CANDIDATE, one, other)
        first, second = _orders(offered, again)
        if first != second:
            yield tell(day, None, CANDIDATE, f"order {first}", f"order {second}")
        for key, one, other in _unequal(_decided(whole.decisions.get(day)), _decided(cut.decisions.get(day))):
            yield tell(day, key, DECISION, one, other)
    for trade_key, one, other in _unequal(_closed(whole.ledger, after), _closed(cut.ledger, after)):
        yield tell(trade_key[0], trade_key[1], TRADE, one, other)
    for skip_key, one, other in _unequal(_skips(whole, studied, after), _skips(cut, studied, after)):
        yield tell(skip_key[0], skip_key[1], SKIP, one, other)
    for day, one, other in _unequal(_account(whole.ledger, after), _account(cut.ledger, after)):
        yield tell(day, None, EQUITY, one, other)


def _unequal(whole: Mapping[Key, str], cut: Mapping[Key, str]) -> Iterator[tuple[Key, str | None, str | None]]:
    for key in [*whole, *(key for key in cut if key not in whole)]:
        if whole.get(key) != cut.get(key):
            yield key, whole.get(key), cut.get(key)


def _offers(candidates: Sequence[Candidate]) -> dict[str, str]:
    """Return what each ticker was offered with: everything a candidate says, and its place among the others."""
    return _joined((one.ticker, _candidate(one)) for one in candidates)


def _orders(whole: Sequence[Candidate], cut: Sequence[Candidate]) -> tuple[str, str]:
    """Return the order of the tickers that both have; ties of the score are resolved by it."""
    both = {one.ticker for one in whole} & {one.ticker for one in cut}
    first, second = (", ".join(one.ticker for one in some if one.ticker in both) for some in (whole, cut))
    return first, second


def _candidate(one: Candidate) -> str:
    score = "none" if one.score is None else f"{one.score:g}"
    price = "none" if one.price is None else format_price(one.price)
    gap = "none" if one.gap_size is None else f"{one.gap_size:g}"
    return f"report {one.report_date}, grade {one.grade}, score {score}, price {price}, gap {gap}, {one.verdict}"


def _decided(decisions: Decisions | None) -> dict[str, str]:
    if decisions is None:
        return {}
    entries = (
        (
            one.ticker,
            f"buy {one.shares} at rank {one.rank}, reference {format_price(one.reference.price)}, "
            f"stop {format_price(one.stop_price)}" + (f", replaces {one.replaces}" if one.replaces else ""),
        )
        for one in decisions.entries
    )
    skips = ((one.ticker, f"skip {one.reason}{_why(one.why)}") for one in decisions.skipped)
    exits = ((one.ticker, f"sell {one.shares} {one.reason}{_why(one.why)}") for one in decisions.exits)
    return _joined([*exits, *entries, *skips])


def _why(numbers: Mapping[str, str | int]) -> str:
    return f" ({why_text(numbers)})" if numbers else ""


def _closed(ledger: Ledger, through: date) -> dict[tuple[date, str, date], str]:
    """Return the trades that the rules closed by the session `through`."""
    return {
        (trade.exit_date, trade.ticker, trade.report_date): _trade(trade)
        for trade in ledger.trades
        if trade.exit_date <= through and trade.exit_reason is not ExitReason.END_OF_DATA
    }


def _trade(trade: Trade) -> str:
    return (
        f"{trade.shares} from {trade.entry_date} at {format_price(trade.entry_price)}, stop "
        f"{format_price(trade.stop_price)}, sold at {format_price(trade.exit_price)}, {trade.exit_reason}"
    )


def _skips(run: Observed, studied: Studied, through: date) -> dict[tuple[date, str, date], str]:
    """Return the candidates that were decided on and found no fill by the session `through`, or were skipped."""
    found: dict[tuple[date, str, date], str] = {}
    for skip in run.ledger.skipped:
        report = skip.candidate.report_date
        session = find_entry_session(report, studied.params.entry_mode, studied.history.sessions)
        if session is not None and session <= through:
            key = (session, skip.ticker, report)
            found[key] = f"{found[key]}; {skip.reason}" if key in found else skip.reason.value
    return found


def _account(ledger: Ledger, through: date) -> dict[date, str]:
    return {
        one.day: f"equity {format_price(one.equity)}, cash {format_price(one.cash)}, positions {one.positions}"
        for one in ledger.equity
        if one.day <= through
    }


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the words by ticker; several of one ticker stand together."""
    found: dict[str, str] = {}
    for ticker, words in pairs:
        found[ticker] = f"{found[ticker]}; {words}" if ticker in found else words
    return found
