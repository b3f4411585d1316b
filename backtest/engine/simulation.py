"""One configuration on prepared arrays: offers, fills, exits, the book's walk, positions."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backtest.engine.account import Positions
from backtest.engine.book import NONE, TAKEN, Terms, Walk, Walked, walk_book
from backtest.engine.exits import ROTATED_OUT, Entries, ExitFinder, Exits, sold_from
from backtest.engine.fills import Fills, SplitChanges, entries_of, fill_offers
from backtest.engine.judged_table import JudgedTables
from backtest.engine.kept import Kept
from backtest.engine.offers import OfferBook, Offers, offers_key
from backtest.engine.price_table import PriceTable
from backtest.market import PriceHistory
from backtest.model import Candidate
from backtest.params import Params
from backtest.slots import daily_limit

_FITS = 2.0**62
"""Sums of amounts below this are whole numbers of 64 bits, with room."""


@dataclass(frozen=True, slots=True, eq=False)
class Simulated:
    """What one configuration gave, by offer and by position.

    stop: of the positions, in units of the entry. outcome, weakest, unrealized: of the offers, see `book.Walked`.
    """

    offers: Offers
    positions: Positions
    stop: NDArray[np.int64]
    outcome: NDArray[np.int64]
    weakest: NDArray[np.int64]
    unrealized: NDArray[np.int64]


class Simulation:
    """Prices, judged weeks and days, and candidates as arrays; simulates any configuration on them."""

    def __init__(
        self,
        candidates: Sequence[Candidate],
        history: PriceHistory,
        table: PriceTable,
        judged: JudgedTables | None = None,
    ) -> None:
        """judged: of the table, where it is there already."""
        self.table = table
        self.judged = judged or JudgedTables(history, table)
        self._book = OfferBook(candidates, history, table)
        self._finder = ExitFinder(table, self.judged, lambda: table.highs(history))
        self._highest = float(table.close.max(initial=0))
        self._fills: Kept[_Filled] = Kept(8)
        self._before = table.before.T.ravel().data
        self._next_bar = table.next_bar.ravel().data

    def simulate(self, params: Params, mode: str) -> Simulated | None:
        """Run the rules over the stretch; None where amounts may not fit into 64 bits. mode: as in `Prepared`."""
        offers = self._book.offers(params)
        key = (offers_key(params), params.entry_limit_bp)
        filled = self._fills.get((key, params.entry_slippage_bp), lambda: self._fill(offers, params))
        held = len(offers) if mode == "trade" else params.max_positions
        if float(filled.most_shares) * self._highest * held > _FITS:
            return None
        entries = entries_of(filled.fills, offers, params)
        exits = self._finder.exits(entries, params, key)
        if mode == "trade":
            done = _nothing_done(len(offers), filled.fills.outcome.tolist())
        else:
            done = _nothing_done(len(offers), array("q", [TAKEN]) * len(offers))
            terms = Terms(params.max_positions, params.rotation, daily_limit(params), params.allow_same_day_reentry)
            walk_book(filled.walk(exits, self._before, self._next_bar, self.table), terms, done)
        return self._simulated(offers, filled, entries, exits, done, params)

    def _fill(self, offers: Offers, params: Params) -> _Filled:
        fills = fill_offers(offers, self.table, params)
        return _Filled(offers, fills, SplitChanges(offers, fills, self.table))

    def _simulated(
        self, offers: Offers, filled: _Filled, entries: Entries, exits: Exits, done: Walked, params: Params
    ) -> Simulated:
        """Return the positions that offers became: rotated out, or ended by their own exits."""
        outcome, rotated, weakest, unrealized = (np.frombuffer(column, np.int64) for column in done)
        fills = filled.fills
        place = np.flatnonzero(outcome[fills.filled] == TAKEN)
        offer = fills.filled[place]
        sold, price, reason = exits.sold[place], exits.price[place], exits.reason[place]
        out = np.flatnonzero(rotated[offer] != NONE)
        if len(out):
            why = np.full(len(out), ROTATED_OUT, np.int8)
            row, day, delisted = offers.row[offer[out]], rotated[offer[out]], exits.delisted[place[out]]
            sold[out], price[out], reason[out] = sold_from(self.table, row, day, why, delisted, params)
        positions = Positions(
            offer=offer,
            row=offers.row[offer],
            session=offers.session[offer],
            sold=sold,
            entry_price=fills.price[place],
            shares=fills.shares[place],
            exit_price=price,
            reason=reason,
            splits=filled.changes.of_positions(place, sold),
        )
        return Simulated(offers, positions, entries.stop[place], outcome, weakest, unrealized)


class _Filled:
    """Offers and their fills, with all of a walk that stops and exits do not change."""

    def __init__(self, offers: Offers, fills: Fills, changes: SplitChanges) -> None:
        self.fills = fills
        self.changes = changes
        self.most_shares = max(int(fills.shares.max(initial=0)), int(changes.shares.max(initial=0)))
        self._offers = offers
        self._walk: Walk | None = None

    def walk(self, exits: Exits, before: Sequence[int], next_bar: Sequence[int], table: PriceTable) -> Walk:
        """Return what a book is walked with when these are the exits."""
        staying, sold, delisted = (self._spread(column) for column in (exits.staying, exits.sold, exits.delisted))
        if self._walk is None:
            offers, fills, changes = self._offers, self.fills, self.changes
            self._walk = Walk(
                starts=offers.starts.tolist(),
                row=offers.row.tolist(),
                session=offers.session.tolist(),
                score=offers.score.tolist(),
                at_open=fills.outcome.tolist(),
                entry_price=self._spread(fills.price),
                shares=self._spread(fills.shares),
                split_from=self._spread(changes.start),
                split_to=self._spread(changes.end),
                split_session=changes.session.tolist(),
                split_price=changes.price.tolist(),
                split_shares=changes.shares.tolist(),
                before=before,
                next_bar=next_bar,
                sessions=table.sessions,
                rows=len(table.tickers),
                staying=staying,
                sold=sold,
                delisted=delisted,
            )
        return self._walk._replace(staying=staying, sold=sold, delisted=delisted)

    def _spread(self, values: NDArray[np.int64]) -> Sequence[int]:
        """Return values of the filled offers with a place for every offer; few of them are read, so it is no list."""
        whole = np.zeros(len(self._offers), np.int64)
        whole[self.fills.filled] = values
        return whole.data


def _nothing_done(offers: int, outcome: Sequence[int]) -> Walked:
    """Return the columns that a walk writes into; they become arrays without a copy."""
    none = array("q", [NONE]) * offers
    return Walked(array("q", outcome), none, none[:], array("q", [0]) * offers)
