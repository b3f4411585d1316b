"""The walk of one book over the sessions: who gets a slot, who is turned away, who makes room.

Plain lists, one step an offer. What a configuration does not change, and when each entry would leave by itself, is
known before; only sessions with offers are visited.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from backtest.engine.result import SKIP_REASONS
from backtest.model import Price, SkipReason
from backtest.params import Params
from backtest.rotation import loses_to, order_of_weakness
from backtest.slots import refusal

TAKEN = -1
"""In `Walked.outcome`: bought. Any other value counts in SKIP_REASONS."""

CAPACITY_FULL = SKIP_REASONS.index(SkipReason.CAPACITY_FULL)


@dataclass(frozen=True, slots=True)
class Walk:
    """What a book is walked with; most have a value for each offer, by session and rank.

    starts: the first offer of each session that has any, and the end. score: as a rotation counts it. at_open: TAKEN,
    or why the open refuses the entry. entry_price, shares: of the fill. staying, sold, delisted: of its own exit.
    splits: by offer, what splits make of entry price and shares: (session, entry price, shares).
    before, next_bar: of the price table, row after row. tickers: by row.
    """

    starts: Sequence[int]
    row: Sequence[int]
    session: Sequence[int]
    score: Sequence[float]
    at_open: Sequence[int]
    entry_price: Sequence[Price]
    shares: Sequence[int]
    staying: Sequence[int]
    sold: Sequence[int]
    delisted: Sequence[int]
    splits: Mapping[int, Sequence[tuple[int, Price, int]]]
    before: Sequence[Price]
    next_bar: Sequence[int]
    tickers: Sequence[str]
    sessions: int


@dataclass(slots=True)
class Walked:
    """What became of each offer.

    outcome: TAKEN, or why it was skipped. rotated: of holdings rotated out, the session of that. weakest: of offers
    refused in a full book, the holding that was tested and its unrealized result.
    """

    outcome: list[int]
    rotated: dict[int, int] = field(default_factory=dict)
    weakest: dict[int, tuple[int, Price]] = field(default_factory=dict)


class _Held(NamedTuple):
    """A holding: where its row of prices begins, its entry price and shares, its offer, the last session it stays."""

    base: int
    entry_price: Price
    shares: int
    offer: int
    staying: int


def walk_book(walk: Walk, params: Params) -> Walked:
    """Offer every candidate a slot, session by session, as `rules.decide` and `rules.settle_open` do."""
    done = Walked([TAKEN] * len(walk.row))
    outcome, rows, at_open, slots = done.outcome, walk.row, walk.at_open, params.max_positions
    limit = len(rows) if params.daily_entry_limit is None else params.daily_entry_limit
    stays_until, leaves_until = [-1] * len(walk.tickers), [-1] * len(walk.tickers)
    book: list[_Held] = []
    for first, end in zip(walk.starts, walk.starts[1:], strict=False):
        day, bought, may_rotate = walk.session[first], 0, params.rotation
        given: list[int] = []
        is_current, tested = False, None
        for offer in range(first, end):
            row = rows[offer]
            stays, is_given = stays_until[row] >= day, row in given
            leaves = not stays and leaves_until[row] >= day
            if stays or leaves or is_given or len(given) >= limit:
                reason = refusal(params, leaves=leaves, is_taken=stays or is_given, entries=len(given))
                if reason is not None:
                    outcome[offer] = SKIP_REASONS.index(reason)
                    continue
            if len(book) + len(given) - bought >= slots and not is_current:
                book, is_current = [one for one in book if one.staying >= day], True
            if len(book) + len(given) - bought >= slots:  # those given a slot and not filled have theirs today
                if may_rotate and tested is None:
                    book = _after_splits(book, walk, day)
                    tested = _weakest(book[: len(book) - bought], walk, day)
                if not may_rotate or tested is None:
                    outcome[offer] = CAPACITY_FULL
                    continue
                weakest, unrealized = tested
                if not loses_to(unrealized, walk.score[weakest.offer], walk.score[offer]):
                    outcome[offer], done.weakest[offer] = CAPACITY_FULL, (weakest.offer, unrealized)
                    continue
                may_rotate = False
                done.rotated[weakest.offer] = day
                book.remove(weakest)
                gone = rows[weakest.offer]
                stays_until[gone], leaves_until[gone] = day - 1, _leaves_until(walk, weakest.offer, day)
            given.append(row)
            if at_open[offer] != TAKEN:
                outcome[offer] = at_open[offer]
                continue
            bought += 1
            stays_until[row], leaves_until[row] = walk.staying[offer], walk.sold[offer]
            book.append(
                _Held(row * walk.sessions, walk.entry_price[offer], walk.shares[offer], offer, walk.staying[offer])
            )
    return done


def _weakest(staying: Sequence[_Held], walk: Walk, day: int) -> tuple[_Held, Price] | None:
    """Return the weakest of the holdings that stay, and its unrealized result; None when there is none."""
    if not staying:
        return None
    before = walk.before
    results = [(before[base + day] - price) * shares for base, price, shares, _, _ in staying]
    lowest = min(results)
    if results.count(lowest) == 1:
        return staying[results.index(lowest)], lowest
    equal = [one for one, result in zip(staying, results, strict=True) if result == lowest]
    return min(equal, key=lambda one: _order(one, walk, lowest)), lowest


def _order(held: _Held, walk: Walk, unrealized: Price) -> tuple[object, ...]:
    return order_of_weakness(unrealized, walk.session[held.offer], walk.tickers[walk.row[held.offer]])


def _after_splits(book: list[_Held], walk: Walk, day: int) -> list[_Held]:
    """Return the book in units of a session."""
    if not walk.splits:
        return book
    scaled = []
    for held in book:
        for session, price, shares in walk.splits.get(held.offer, ()):
            if session <= day:
                held = held._replace(entry_price=price, shares=shares)
        scaled.append(held)
    return scaled


def _leaves_until(walk: Walk, offer: int, day: int) -> int:
    """Return the session in which a holding to be sold from session `day` on is sold, or taken for delisted."""
    return min(walk.next_bar[walk.row[offer] * (walk.sessions + 1) + day], walk.delisted[offer])
