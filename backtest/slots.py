"""The slots of one book on one trade date: who may have one, who is turned away, who makes room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtest.model import Book, Candidate, Exit, Price, Skip, SkipReason
from backtest.money import format_usd
from backtest.params import Params
from backtest.rotation import Weakest, loses_to, rotate_out, score_of, weakest_holding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backtest.market import Market


NOTHING_AGAINST, EXITED_TODAY, DUPLICATE_TICKER, DAILY_LIMIT = range(4)
REFUSALS = (None, SkipReason.EXITED_TODAY, SkipReason.DUPLICATE_TICKER, SkipReason.DAILY_LIMIT)
"""What the numbers of `refusal` mean."""

NO_LIMIT = 1 << 40


def refusal(leaves: bool, is_taken: bool, entries: int, daily_limit: int, reentry: bool) -> int:
    """Return why a candidate gets no slot, however many are free: a place in REFUSALS.

    leaves: its ticker is sold at this open. is_taken: it is held and stays, or was given a slot today. entries: how
    many were given one today, of `daily_limit`. reentry: whether a ticker may be bought at the open it is sold at.
    """
    if leaves and not reentry:
        return EXITED_TODAY
    if is_taken:
        return DUPLICATE_TICKER
    return DAILY_LIMIT if entries >= daily_limit else NOTHING_AGAINST


def daily_limit(params: Params) -> int:
    """Return how many entries a session may have; NO_LIMIT without a limit."""
    return NO_LIMIT if params.daily_entry_limit is None else params.daily_entry_limit


def full_book_why(ticker: str, unrealized: Price) -> dict[str, str | int]:
    """Return the numbers behind `capacity_full` where a weakest holding was tested and stays."""
    return {"weakest": ticker, "unrealized": format_usd(unrealized)}


class Slots:
    """Free slots = max_positions - held + exits decided for the trade date; candidates take them in rank order.

    rotation: the exit decided to make room, at most one. rotation_blocked: the book was full and a holding has no
    price, so that none could be tested.
    """

    def __init__(self, book: Book, exits: Sequence[Exit], market: Market, params: Params) -> None:
        leaving = {exit_.ticker for exit_ in exits}
        self.rotation: Exit | None = None
        self.rotation_blocked = False
        self._staying = tuple(holding for holding in book.holdings if holding.ticker not in leaving)
        self._held = frozenset(holding.ticker for holding in self._staying)
        self._leaving = leaving
        self._decided: set[str] = set()
        self._free = params.max_positions - len(self._staying)
        self._market = market
        self._params = params
        self._weakest: Weakest | None = None
        self._has_looked = False

    def offer(self, candidate: Candidate) -> Exit | Skip | None:
        """Give a candidate a slot: None for a free one, the exit that made room, or the refusal."""
        refusal = self._refusal(candidate)
        if refusal is not None:
            return Skip(candidate, refusal)
        if self._free > 0:
            self._free -= 1
            self._decided.add(candidate.ticker)
            return None
        return self._rotate(candidate)

    def _refusal(self, candidate: Candidate) -> SkipReason | None:
        leaves = candidate.ticker in self._leaving
        is_taken = candidate.ticker in self._decided or self._is_held(candidate.ticker)
        reentry = self._params.allow_same_day_reentry
        return REFUSALS[refusal(leaves, is_taken, len(self._decided), daily_limit(self._params), reentry)]

    def _is_held(self, ticker: str) -> bool:
        return ticker not in self._leaving and ticker in self._held

    def _rotate(self, candidate: Candidate) -> Exit | Skip:
        # with more holdings than slots (taken over by hand, or fewer slots since) one exit makes no room
        if not self._params.rotation or self.rotation is not None or self._free < 0:
            return Skip(candidate, SkipReason.CAPACITY_FULL)
        weakest = self._tested()
        if weakest is None:
            return Skip(candidate, SkipReason.CAPACITY_FULL)
        if not loses_to(weakest.unrealized, score_of(weakest.holding.score), score_of(candidate.score)):
            why = full_book_why(weakest.holding.ticker, weakest.unrealized)
            return Skip(candidate, SkipReason.CAPACITY_FULL, why)
        self.rotation = rotate_out(weakest, candidate, self._market.as_of)
        self._leaving.add(weakest.holding.ticker)
        self._decided.add(candidate.ticker)
        return self.rotation

    def _tested(self) -> Weakest | None:
        if not self._has_looked:
            self._has_looked = True
            self._weakest = weakest_holding(self._staying, self._market)
            self.rotation_blocked = self._weakest is None and bool(self._staying)
        return self._weakest
