"""One configuration on prepared arrays: offers, fills, exits, the book's walk, positions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from backtest.engine.account import Positions
from backtest.engine.book import TAKEN, Walk, Walked, walk_book
from backtest.engine.exits import ROTATED_OUT, Entries, ExitFinder, Exits, sold_from
from backtest.engine.fills import Changes, Fills, entries_of, fill_offers
from backtest.engine.kept import Kept
from backtest.engine.offers import OfferBook, Offers, offers_key
from backtest.engine.price_table import PriceTable
from backtest.engine.weekly_table import weekly_table
from backtest.market import PriceHistory
from backtest.model import Candidate, Holding, Price
from backtest.params import Params


@dataclass(frozen=True, slots=True, eq=False)
class Simulated:
    """What one configuration gave, by offer and by position. stop: of the positions, in units of the entry."""

    offers: Offers
    positions: Positions
    stop: NDArray[np.int64]
    outcome: NDArray[np.int64]
    weakest: Mapping[int, tuple[int, Price]]


class Simulation:
    """Prices, weeks and candidates as arrays; simulates any configuration on them."""

    def __init__(self, candidates: Sequence[Candidate], history: PriceHistory, table: PriceTable) -> None:
        self.table = table
        self._candidates = candidates
        self._book = OfferBook(candidates, history, table)
        self._finder = ExitFinder(table, weekly_table(history, table))
        self._fills: Kept[Fills] = Kept(8)
        self._before = memoryview(table.before.ravel().data)
        self._next_bar = memoryview(table.next_bar.ravel().data)

    def simulate(self, params: Params, mode: str) -> Simulated:
        """Run the rules over the stretch. mode: as in `Prepared.ledger`."""
        offers = self._book.offers(params)
        key = offers_key(params)
        fills = self._fills.get((key, params.entry_slippage_bp), lambda: fill_offers(offers, self.table, params))
        entries = entries_of(fills, offers, params)
        exits = self._finder.exits(entries, params, key)
        splits = self._splits(offers, fills, exits)
        if mode == "trade":
            walked = Walked(fills.outcome.tolist())
        else:
            walked = walk_book(self._walk(offers, fills, exits, splits), params)
        positions, stop = self._positions(offers, fills, entries, exits, walked, splits, params)
        return Simulated(offers, positions, stop, np.array(walked.outcome, np.int64), walked.weakest)

    def _walk(self, offers: Offers, fills: Fills, exits: Exits, splits: Mapping[int, Changes]) -> Walk:
        def spread(values: NDArray[np.int64]) -> list[int]:
            whole = np.zeros(len(offers), np.int64)
            whole[fills.filled] = values
            return whole.tolist()

        return Walk(
            starts=offers.starts.tolist(),
            row=offers.row.tolist(),
            session=offers.session.tolist(),
            score=offers.score.tolist(),
            at_open=fills.outcome.tolist(),
            entry_price=spread(fills.price),
            shares=spread(fills.shares),
            staying=spread(exits.staying),
            sold=spread(exits.sold),
            delisted=spread(exits.delisted),
            splits=splits,
            before=self._before,
            next_bar=self._next_bar,
            tickers=self.table.tickers,
            sessions=self.table.sessions,
        )

    def _splits(self, offers: Offers, fills: Fills, exits: Exits) -> dict[int, Changes]:
        """Return by offer what splits change until its own exit."""
        events, table = self.table.splits, self.table
        if not len(events.session):
            return {}
        row = offers.row[fills.filled]
        first = np.minimum(fills.first_split, len(events.session) - 1)
        is_split = (fills.first_split < events.bounds[row + 1]) & (events.session[first] <= exits.sold)
        found: dict[int, Changes] = {}
        for place in np.flatnonzero(is_split).tolist():
            offer, sold = int(fills.filled[place]), int(exits.sold[place])
            holding = self._holding(offers, offer, int(fills.price[place]), int(fills.shares[place]))
            changes = fills.changes(place, holding, table, int(offers.row[offer]))
            found[offer] = [change for change in changes if change[0] <= sold]
        return found

    def _holding(self, offers: Offers, offer: int, price: Price, shares: int) -> Holding:
        """Return an entry as a holding of the rules, for what only prices and shares matter to."""
        candidate = self._candidates[int(offers.candidate[offer])]
        day = date.fromordinal(int(self.table.days[offers.session[offer]]))
        return Holding(candidate.ticker, day, price, shares, price, day, candidate.report_date)

    def _positions(
        self,
        offers: Offers,
        fills: Fills,
        entries: Entries,
        exits: Exits,
        walked: Walked,
        splits: Mapping[int, Changes],
        params: Params,
    ) -> tuple[Positions, NDArray[np.int64]]:
        """Return the positions that offers became, and their stops in units of the entry."""
        outcome = np.array(walked.outcome, np.int64)
        place = np.flatnonzero(outcome[fills.filled] == TAKEN)
        offer = fills.filled[place]
        sold, price, reason = exits.sold[place], exits.price[place], exits.reason[place]
        if walked.rotated:
            out = np.searchsorted(offer, np.array(sorted(walked.rotated), np.int64))
            day = np.array([walked.rotated[one] for one in sorted(walked.rotated)], np.int64)
            why = np.full(len(out), ROTATED_OUT, np.int8)
            row, delisted = offers.row[offer[out]], exits.delisted[place[out]]
            sold[out], price[out], reason[out] = sold_from(self.table, row, day, why, delisted, params)
        number = {one: position for position, one in enumerate(offer.tolist())} if splits else {}
        changes = {
            number[one]: kept
            for one, found in splits.items()
            if one in number and (kept := [change for change in found if change[0] <= sold[number[one]]])
        }
        positions = Positions(
            offer, offers.row[offer], offers.session[offer], sold, fills.price[place], fills.shares[place], price,
            reason, changes,
        )  # fmt: skip
        return positions, entries.stop[place]
