"""Offers bought at the open of their session: which are filled, at which price, how many shares, what splits change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backtest.engine.book import ABOVE_LIMIT, NO_PRICE_DATA, TAKEN, ZERO_SHARES
from backtest.engine.exits import Entries
from backtest.engine.offers import Offers
from backtest.engine.price_table import PriceTable
from backtest.entry_limit import is_above_limit, limit_price, limited_fill
from backtest.model import Price
from backtest.money import buy_fill, shares_for, split_price, split_shares, stop_price, target_price
from backtest.params import Params, SizeOn
from backtest.rules import opens_below_provisional_stop


@dataclass(frozen=True, slots=True, eq=False)
class Fills:
    """What every offer would be filled with; independent of stops.

    outcome: `book.OUTCOMES`. filled: the offers that are not refused. open, price,
    shares: of these.
    """

    outcome: NDArray[np.int64]
    filled: NDArray[np.int64]
    open: NDArray[np.int64]
    price: NDArray[np.int64]
    shares: NDArray[np.int64]


def fill_offers(offers: Offers, table: PriceTable, params: Params) -> Fills:
    """Fill every offer at the open of its session, as `rules.settle_open` does."""
    opens = table.open[offers.row, offers.session]
    shares = offers.shares
    if params.size_on is SizeOn.ENTRY_OPEN:
        shares = np.where(opens > 0, shares_for(params.position_units, np.maximum(opens, 1)), 0)
    outcome = np.full(len(offers), TAKEN)
    outcome[shares == 0] = ZERO_SHARES
    limit = None if params.entry_limit_bp is None else limit_price(offers.reference, params.entry_limit_bp)
    if limit is not None:
        outcome[is_above_limit(opens, limit)] = ABOVE_LIMIT
    outcome[opens == 0] = NO_PRICE_DATA
    filled = np.flatnonzero(outcome == TAKEN)
    price = buy_fill(opens[filled], params.entry_slippage_bp)
    if limit is not None:
        price = limited_fill(price, limit[filled])
    return Fills(outcome, filled, opens[filled], price, shares[filled])


def entries_of(fills: Fills, offers: Offers, params: Params) -> Entries:
    """Return the filled offers with their stops and targets."""
    provisional = stop_price(offers.reference[fills.filled], params.stop_loss_bp)
    at_open = opens_below_provisional_stop(provisional, fills.open, params)
    return Entries(
        row=offers.row[fills.filled],
        session=offers.session[fills.filled],
        stop=stop_price(fills.price, params.stop_loss_bp),
        target=None if params.take_profit_bp is None else target_price(fills.price, params.take_profit_bp),
        at_open=np.asarray(at_open, np.bool_),
    )


class SplitChanges:
    """What all later splits make of every fill's entry price and shares, one split after the other.

    start, end: by fill, where its changes are in session, price and shares.
    """

    def __init__(self, offers: Offers, fills: Fills, table: PriceTable) -> None:
        events, row = table.splits, offers.row[fills.filled]
        first, after = events.first_after(row, offers.session[fills.filled]), events.bounds[row + 1]
        self.end = np.cumsum(after - first)
        self.start = self.end - (after - first)
        made: list[tuple[int, Price, int]] = []
        for fill in np.flatnonzero(after > first).tolist():
            price, shares = int(fills.price[fill]), int(fills.shares[fill])
            for event in range(int(first[fill]), int(after[fill])):
                ratio = events.split[event].ratio
                price, shares = split_price(price, ratio), split_shares(shares, ratio)
                made.append((int(events.session[event]), price, shares))
        self.session, self.price, self.shares = np.array(made, np.int64).reshape(-1, 3).T

    def of_positions(self, fill: NDArray[np.int64], sold: NDArray[np.int64]) -> dict[int, list[tuple[int, Price, int]]]:
        """Return what splits changed up to the end of positions, for those with any. fill: of each position."""
        found: dict[int, list[tuple[int, Price, int]]] = {}
        for position in np.flatnonzero(self.end[fill] > self.start[fill]).tolist():
            some = slice(int(self.start[fill[position]]), int(self.end[fill[position]]))
            columns = (self.session[some], self.price[some], self.shares[some])
            changes = [one for one in zip(*(c.tolist() for c in columns), strict=True) if one[0] <= sold[position]]
            if changes:
                found[position] = changes
        return found
