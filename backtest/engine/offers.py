"""Candidates as a book meets them: by session and rank, those refused before any book is asked already apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from backtest.candidates import Screened, market_refusal, screen
from backtest.engine.kept import Kept
from backtest.engine.price_table import PriceTable
from backtest.engine.result import SKIP_REASONS
from backtest.entries import Sized, size_entry
from backtest.market import LastClose, PriceHistory
from backtest.model import Candidate, Reference, ReferenceSource, Skip, SkipReason
from backtest.params import Params
from backtest.portfolio_simulator import by_trade_date
from backtest.rotation import score_of


@dataclass(frozen=True, slots=True, eq=False)
class Offers:
    """What depends on the candidates, their prices before the entry, and the parameters about these.

    candidate: the position in the inputs; row: of its ticker in the price table; session: of its entry; score: as a
    rotation counts it; reference, shares: of its sizing. starts: the first offer of each session that has any, and the
    end; ordinals in `order` say where a skip stands among all: refused by the book, refused at the open.
    refused: skips before the book is asked, with their places in the order.
    """

    candidate: NDArray[np.int64]
    row: NDArray[np.int64]
    session: NDArray[np.int64]
    score: NDArray[np.float64]
    reference: NDArray[np.int64]
    shares: NDArray[np.int64]
    starts: NDArray[np.int64]
    order: NDArray[np.int64]
    order_at_open: NDArray[np.int64]
    refused: tuple[Skip, ...]
    refused_reason: NDArray[np.int64]
    refused_candidate: NDArray[np.int64]
    refused_order: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.candidate)


class OfferBook:
    """All candidates of a set of inputs; makes `Offers` and keeps the latest ones."""

    def __init__(self, candidates: Sequence[Candidate], history: PriceHistory, table: PriceTable) -> None:
        self._candidates = candidates
        self._history = history
        self._table = table
        self._place = {id(one): place for place, one in enumerate(candidates)}
        self._rows = {ticker: row for row, ticker in enumerate(table.tickers)}
        self._days = [date.fromordinal(day) for day in table.days.tolist()]
        self._session_of = {day: session for session, day in enumerate(self._days)}
        self._groups: Kept[_Groups] = Kept(2)
        self._asked: dict[tuple[str, int], _OneTicker] = {}
        self._screened: Kept[_Screenings] = Kept(8)
        self._sized: Kept[dict[int, Sized | Skip]] = Kept(8)
        self._offers: Kept[Offers] = Kept(16)

    def offers(self, params: Params) -> Offers:
        """Return the offers under these parameters."""
        return self._offers.get(offers_key(params), lambda: self._make(params))

    def _make(self, params: Params) -> Offers:
        screenings = self._screened.get(_screening_key(params), lambda: self._screen(params))
        sized = self._sized.get(_sizing_key(params), dict)
        made = _Made()
        for screened in screenings.outside:
            made.refuse(screened.skipped)
            made.refuse(Skip(candidate, SkipReason.NO_PRICE_DATA) for candidate in screened.eligible)
        for session, screened in screenings.inside:
            made.refuse(screened.skipped)
            made.start_session()
            for candidate in screened.eligible:
                place = self._place[id(candidate)]
                if place not in sized:
                    sized[place] = self._size(candidate, session, params)
                made.take(session, sized[place])
            made.end_session()
        return made.offers(self._place, self._rows)

    def _screen(self, params: Params) -> _Screenings:
        groups = self._groups.get(params.entry_mode, lambda: self._by_session(params))
        inside = []
        for session, group in groups.inside:
            value_of = self._history.market(self._days[session]).filter_value
            inside.append((session, screen(group, params, market_refusal(params, value_of))))
        return _Screenings(inside, [screen(group, params) for group in groups.outside])

    def _by_session(self, params: Params) -> _Groups:
        first, last = self._days[0], self._days[-1]
        inside, outside = by_trade_date(self._candidates, self._history.sessions, first, last, params)
        return _Groups(sorted((self._session_of[day], group) for day, group in inside.items()), outside)

    def _size(self, candidate: Candidate, session: int, params: Params) -> Sized | Skip:
        ticker = candidate.ticker
        if (ticker, session) not in self._asked:
            row = self._rows.get(ticker)
            as_of = self._history.sessions.previous(self._days[session])
            last = None if row is None else self._last_close(row, session)
            self._asked[ticker, session] = _OneTicker(as_of, last, ticker in self._history.failed)
        return size_entry(candidate, self._asked[ticker, session], params)

    def _last_close(self, row: int, session: int) -> LastClose | None:
        price = int(self._table.before[row, session])
        if not price:
            return None
        bar = int(self._table.last_bar[row, session - 1]) if session else -1
        ordinal = self._table.days[bar] if bar >= 0 else self._table.earlier[row]
        return LastClose(date.fromordinal(int(ordinal)), price)


def offers_key(params: Params) -> tuple[object, ...]:
    """Return the parameters that `Offers` depend on."""
    return _screening_key(params), _sizing_key(params)


def _screening_key(params: Params) -> tuple[object, ...]:
    filters = [getattr(params, f"{end}_{name}") for name in ("score", "gap", "price") for end in ("min", "max")]
    return (params.entry_mode, params.min_grade, params.accept, params.market_filter, *filters)


def _sizing_key(params: Params) -> tuple[object, ...]:
    return params.entry_mode, params.max_price_deviation_bp, params.position_units, params.size_on


@dataclass(frozen=True, slots=True)
class _Groups:
    """Candidates by the session of their entry, and those without one in the stretch."""

    inside: Sequence[tuple[int, Sequence[Candidate]]]
    outside: Sequence[Sequence[Candidate]]


@dataclass(frozen=True, slots=True)
class _Screenings:
    """The same, screened and ranked."""

    inside: Sequence[tuple[int, Screened]]
    outside: Sequence[Screened]


@dataclass(frozen=True, slots=True)
class _OneTicker:
    """What sizing asks of a market, for one ticker before one session."""

    as_of: date
    last: LastClose | None
    failed: bool

    def has_failed(self, ticker: str) -> bool:
        return self.failed

    def last_close(self, ticker: str) -> LastClose | None:
        return self.last

    def reference(self, ticker: str) -> Reference | None:
        return None if self.last is None else Reference(self.last.price, ReferenceSource.LAST_CLOSE)


class _Made:
    """Offers and skips in the order they are met."""

    def __init__(self) -> None:
        self._refused: list[Skip] = []
        self._refused_order: list[int] = []
        self._sized: list[Sized] = []
        self._session: list[int] = []
        self._order: list[int] = []
        self._at_open: list[int] = []
        self._starts: list[int] = []
        self._next = 0

    def refuse(self, skips: Iterable[Skip]) -> None:
        for skip in skips:
            self._refused.append(skip)
            self._refused_order.append(self._next)
            self._next += 1

    def start_session(self) -> None:
        self._starts.append(len(self._sized))

    def take(self, session: int, answer: Sized | Skip) -> None:
        if isinstance(answer, Skip):
            self.refuse([answer])
            return
        self._sized.append(answer)
        self._session.append(session)
        self._order.append(self._next)
        self._next += 1

    def end_session(self) -> None:
        """Skips at the open come after all others of the session, in rank order."""
        count = len(self._sized) - self._starts[-1]
        self._at_open += range(self._next, self._next + count)
        self._next += count
        if not count:
            self._starts.pop()

    def offers(self, place: Mapping[int, int], rows: Mapping[str, int]) -> Offers:
        taken = [one.candidate for one in self._sized]
        return Offers(
            candidate=_int64([place[id(one)] for one in taken]),
            row=_int64([rows[one.ticker] for one in taken]),
            session=_int64(self._session),
            score=np.array([score_of(one.score) for one in taken], np.float64),
            reference=_int64([one.reference.price for one in self._sized]),
            shares=_int64([one.shares for one in self._sized]),
            starts=_int64([*self._starts, len(taken)]),
            order=_int64(self._order),
            order_at_open=_int64(self._at_open),
            refused=tuple(self._refused),
            refused_reason=_int64([SKIP_REASONS.index(skip.reason) for skip in self._refused]),
            refused_candidate=_int64([place[id(skip.candidate)] for skip in self._refused]),
            refused_order=_int64(self._refused_order),
        )


def _int64(values: Sequence[int]) -> NDArray[np.int64]:
    return np.array(values, np.int64)
