"""Offers bought at the open of their session: which are filled, at which price, how many shares, what splits change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from backtest.engine.book import TAKEN
from backtest.engine.exits import Entries
from backtest.engine.offers import Offers
from backtest.engine.price_table import PriceTable
from backtest.engine.result import SKIP_REASONS
from backtest.model import Holding, Price, SkipReason
from backtest.money import buy_fill, shares_for, stop_price
from backtest.params import Params, SizeOn
from backtest.rules import opens_below_provisional_stop
from backtest.splits import holding_after

Changes = Sequence[tuple[int, Price, int]]
"""What splits make of an entry: (session, entry price, shares)."""


@dataclass(frozen=True, slots=True, eq=False)
class Fills:
    """What every offer would be filled with; independent of stops.

    outcome: TAKEN, or why the open refuses it (SKIP_REASONS). filled: the offers that are not refused. open, price,
    shares: of these. first_split: their first split after the entry.
    """

    outcome: NDArray[np.int64]
    filled: NDArray[np.int64]
    open: NDArray[np.int64]
    price: NDArray[np.int64]
    shares: NDArray[np.int64]
    first_split: NDArray[np.int64]
    _changes: dict[int, Changes] = field(default_factory=dict)

    def changes(self, place: int, holding: Holding, table: PriceTable, row: int) -> Changes:
        """Return what all later splits make of the entry at `place`; holding: that entry."""
        if place not in self._changes:
            events = range(int(self.first_split[place]), int(table.splits.bounds[row + 1]))
            found = []
            for event in events:
                holding = holding_after(holding, [table.splits.split[event]])
                found.append((int(table.splits.session[event]), holding.entry_price, holding.shares))
            self._changes[place] = found
        return self._changes[place]


def fill_offers(offers: Offers, table: PriceTable, params: Params) -> Fills:
    """Fill every offer at the open of its session, as `rules.settle_open` does."""
    opens = table.open[offers.row, offers.session]
    shares = offers.shares
    if params.size_on is SizeOn.ENTRY_OPEN:
        shares = np.where(opens > 0, shares_for(params.position_units, np.maximum(opens, 1)), 0)
    outcome = np.full(len(offers), TAKEN)
    outcome[shares == 0] = SKIP_REASONS.index(SkipReason.ZERO_SHARES)
    outcome[opens == 0] = SKIP_REASONS.index(SkipReason.NO_PRICE_DATA)
    filled = np.flatnonzero(outcome == TAKEN)
    price = buy_fill(opens[filled], params.entry_slippage_bp)
    first_split = table.splits.first_after(offers.row[filled], offers.session[filled])
    return Fills(outcome, filled, opens[filled], price, shares[filled], first_split)


def entries_of(fills: Fills, offers: Offers, params: Params) -> Entries:
    """Return the filled offers with their stops."""
    provisional = stop_price(offers.reference[fills.filled], params.stop_loss_bp)
    at_open = opens_below_provisional_stop(provisional, fills.open, params)
    return Entries(
        row=offers.row[fills.filled],
        session=offers.session[fills.filled],
        stop=stop_price(fills.price, params.stop_loss_bp),
        at_open=np.asarray(at_open, np.bool_),
    )
