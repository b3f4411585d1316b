"""The walk of one book over the sessions: who gets a slot, who is turned away, who makes room.

One step an offer. What a configuration does not change, and when each entry would leave by itself, is known before;
only sessions with offers are visited. Plain sequences of numbers go in and out.
"""

from __future__ import annotations

from array import array
from collections.abc import MutableSequence, Sequence
from typing import NamedTuple, TypeAlias

from backtest.model import Price, SkipReason
from backtest.rotation import loses_to, order_of_weakness
from backtest.slots import NOTHING_AGAINST, REFUSALS, refusal

AT_OPEN = (SkipReason.NO_PRICE_DATA, SkipReason.ABOVE_LIMIT, SkipReason.ZERO_SHARES)
"""What an open may refuse."""
OUTCOMES = (*REFUSALS, *AT_OPEN, SkipReason.CAPACITY_FULL)
"""What the numbers of an outcome mean: the first is a purchase, the others are skips."""

TAKEN, NO_PRICE_DATA, ABOVE_LIMIT, ZERO_SHARES, CAPACITY_FULL = NOTHING_AGAINST, *range(len(REFUSALS), len(OUTCOMES))

NONE = -1

Held: TypeAlias = tuple[int, Price, int, int, int]
"""A holding: its row of prices, entry price, shares, its offer, the last session before whose open it stays."""


class Walk(NamedTuple):
    """What a book is walked with; most have a value for each offer, by session and rank.

    starts: the first offer of each session that has any, and the end. row: in the price table, in the order of tickers.
    score: as a rotation counts it. at_open: TAKEN, or what the open makes of the entry. entry_price, shares: of the
    fill. staying, sold, delisted: of its own exit. split_from, split_to: where it has its changes by splits, in
    split_session, split_price and split_shares. before, next_bar: of the price table, session after session and row
    after row. sessions, rows: how many.
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
    split_from: Sequence[int]
    split_to: Sequence[int]
    split_session: Sequence[int]
    split_price: Sequence[Price]
    split_shares: Sequence[int]
    before: Sequence[Price]
    next_bar: Sequence[int]
    sessions: int
    rows: int


class Terms(NamedTuple):
    """The parameters of the walk. daily_limit: entries a session; more than all offers when there is no limit."""

    slots: int
    rotation: bool
    daily_limit: int
    reentry: bool


class Walked(NamedTuple):
    """What became of each offer.

    outcome: OUTCOMES. rotated: the session it was rotated out in, else NONE. weakest, unrealized: of offers refused in
    a full book, the holding that was tested (else NONE) and its result.
    """

    outcome: array[int]
    rotated: array[int]
    weakest: array[int]
    unrealized: array[Price]


def walk_book(walk: Walk, terms: Terms, done: Walked) -> None:
    """Offer every candidate a slot, session by session, as `rules` decide and settle an open; write into `done`."""
    rows, at_open, outcome, daily_limit = walk.row, walk.at_open, done.outcome, terms.daily_limit
    stays_until, leaves_until = [NONE] * walk.rows, [NONE] * walk.rows  # by row, of its latest holding
    ends = [0] * (walk.sessions + 1)  # how many holdings stay last in each session
    book: list[Held] = []
    current = gone = 0  # of the book, `gone` stay no longer
    for place in range(len(walk.starts) - 1):
        first = walk.starts[place]
        day, bought, may_rotate, weakest, lowest = walk.session[first], 0, terms.rotation, NONE, 0
        given: list[int] = []
        gone, current = gone + sum(ends[current:day]), day
        free = terms.slots - len(book) + gone
        for offer in range(first, walk.starts[place + 1]):
            row = rows[offer]
            stays, is_given = stays_until[row] >= day, row in given
            leaves = leaves_until[row] >= day and not stays
            if stays or leaves or is_given or len(given) >= daily_limit:
                refused = refusal(leaves, stays or is_given, len(given), daily_limit, terms.reentry)
                if refused != NOTHING_AGAINST:
                    outcome[offer] = refused
                    continue
            if free > 0:
                free -= 1  # spent for the session even when the open refuses the entry
            else:
                if may_rotate and weakest == NONE and len(book) - gone > bought:
                    if gone:
                        book, gone = [one for one in book if one[4] >= day], 0
                    _apply_splits(book, walk, day)
                    weakest, lowest = _weakest(book, len(book) - bought, walk, day)
                if not may_rotate or weakest == NONE:
                    outcome[offer] = CAPACITY_FULL
                    continue
                held = book[weakest]
                if not loses_to(lowest, walk.score[held[3]], walk.score[offer]):
                    outcome[offer], done.weakest[offer], done.unrealized[offer] = CAPACITY_FULL, held[3], lowest
                    continue
                may_rotate, done.rotated[held[3]] = False, day
                book.pop(weakest)
                ends[min(held[4], walk.sessions)] -= 1
                stays_until[held[0]], leaves_until[held[0]] = day - 1, _sold_from(walk, held[3], day)
            given.append(row)
            outcome[offer] = at_open[offer]
            if at_open[offer] == TAKEN:
                bought += 1
                stays_until[row], leaves_until[row] = walk.staying[offer], walk.sold[offer]
                ends[min(walk.staying[offer], walk.sessions)] += 1
                book.append((row, walk.entry_price[offer], walk.shares[offer], offer, walk.staying[offer]))


def _weakest(book: Sequence[Held], count: int, walk: Walk, day: int) -> tuple[int, Price]:
    """Return which of the first `count` holdings is the weakest, and its unrealized result."""
    closes = walk.before[day * walk.rows : (day + 1) * walk.rows]
    results = [(closes[row] - price) * shares for row, price, shares, _, _ in book[:count]]
    lowest = min(results)
    weakest = results.index(lowest)
    if results.count(lowest) > 1:
        for place in range(weakest + 1, count):
            if results[place] == lowest and _order(book[place], walk, lowest) < _order(book[weakest], walk, lowest):
                weakest = place
    return weakest, lowest


def _order(held: Held, walk: Walk, unrealized: Price) -> tuple[Price, int, int]:
    return order_of_weakness(unrealized, walk.session[held[3]], held[0])


def _apply_splits(book: MutableSequence[Held], walk: Walk, day: int) -> None:
    """Bring the book into units of a session."""
    if not len(walk.split_session):
        return
    for place in range(len(book)):
        row, price, shares, offer, staying = book[place]
        for change in range(walk.split_from[offer], walk.split_to[offer]):
            if walk.split_session[change] <= day:
                price, shares = walk.split_price[change], walk.split_shares[change]
        book[place] = (row, price, shares, offer, staying)


def _sold_from(walk: Walk, offer: int, day: int) -> int:
    """Return the session in which a holding to be sold from session `day` on is sold, or taken for delisted."""
    return min(walk.next_bar[walk.row[offer] * (walk.sessions + 1) + day], walk.delisted[offer])
