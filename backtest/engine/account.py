"""From a walked book to its trades and its account: columns of trades, the equity after every session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backtest.engine.price_table import PriceTable
from backtest.ledger import order_fees
from backtest.model import Price
from backtest.params import Params


@dataclass(frozen=True, slots=True, eq=False)
class Positions:
    """Positions from their entry to their end, in the order they were bought.

    offer: which. row, session: of the entry; sold: the session, or the number of sessions. entry_price, shares: of the
    fill; exit_price: of the end. reason: EXIT_REASONS. splits: by position, what splits make of entry price and shares
    up to the end: (session, entry price, shares).
    """

    offer: NDArray[np.int64]
    row: NDArray[np.int64]
    session: NDArray[np.int64]
    sold: NDArray[np.int64]
    entry_price: NDArray[np.int64]
    shares: NDArray[np.int64]
    exit_price: NDArray[np.int64]
    reason: NDArray[np.int8]
    splits: Mapping[int, Sequence[tuple[int, Price, int]]]

    def at_end(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return entry prices and shares in units of the end."""
        price, shares = self.entry_price.copy(), self.shares.copy()
        for position, changes in self.splits.items():
            _, price[position], shares[position] = changes[-1]
        return price, shares


@dataclass(frozen=True, slots=True, eq=False)
class Account:
    """int64 after each session's close: equity and cash in 1/10,000 USD, positions open."""

    equity: NDArray[np.int64]
    cash: NDArray[np.int64]
    positions: NDArray[np.int64]


def account(positions: Positions, table: PriceTable, params: Params) -> Account:
    """Return what positions make of the initial capital."""
    count = table.sessions
    change, opened = np.zeros(count + 1, np.int64), np.zeros(count + 1, np.int64)
    spent = positions.entry_price * positions.shares + order_fees(positions.shares, params)
    np.subtract.at(change, positions.session, spent)
    np.add.at(opened, positions.session, 1)
    shares = positions.at_end()[1]
    closed = np.flatnonzero(positions.sold < count)
    earned = positions.exit_price[closed] * shares[closed] - order_fees(shares[closed], params)
    np.add.at(change, positions.sold[closed], earned)
    np.subtract.at(opened, positions.sold[closed], 1)
    cash = params.capital_units + np.cumsum(change[:count])
    return Account(cash + _worth(positions, table), cash, np.cumsum(opened[:count]))


def _worth(positions: Positions, table: PriceTable) -> NDArray[np.int64]:
    """Return what the positions open after each session's close are worth at their last closes."""
    row, start, end, shares = _stretches(positions)
    length = end - start
    begins = np.cumsum(length) - length
    session = np.arange(int(length.sum())) + np.repeat(start - begins, length)
    cell = session + np.repeat(row * table.sessions, length)
    worth = np.zeros(table.sessions, np.int64)
    np.add.at(worth, session, table.close.ravel().take(cell) * np.repeat(shares, length))
    return worth


def _stretches(positions: Positions) -> tuple[NDArray[np.int64], ...]:
    """Return row, first session, the one after the last, and shares of stretches without a split."""
    end = positions.sold
    if not positions.splits:
        return positions.row, positions.session, end, positions.shares
    first_end, more = end.copy(), []
    for position, changes in positions.splits.items():
        sessions = [session for session, _, _ in changes]
        first_end[position] = sessions[0]
        ends = [*sessions[1:], int(end[position])]
        more += [
            (positions.row[position], start, stop, shares)
            for (start, _, shares), stop in zip(changes, ends, strict=True)
        ]
    row, start, stop, shares = np.array(more, np.int64).T
    return (
        np.concatenate((positions.row, row)),
        np.concatenate((positions.session, start)),
        np.concatenate((first_end, stop)),
        np.concatenate((positions.shares, shares)),
    )
