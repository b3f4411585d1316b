"""What one configuration gave, as arrays: what a sweep reads, without an object for every trade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backtest.model import Candidate, ExitReason, Price, SkipReason
from backtest.portfolio_simulator import Ledger

EXIT_REASONS = tuple(ExitReason)
"""`TradeColumns.reason` counts in this order."""

SKIP_REASONS = tuple(SkipReason)
"""`SkipColumns.reason` counts in this order."""


@dataclass(frozen=True, slots=True, eq=False)
class TradeColumns:
    """The trades of a ledger, in its order. Prices and shares are in units of the exit day.

    candidate: the position of the candidate in the inputs. entry_day, exit_day: datetime64[D]. entry_price,
    exit_price, pnl: int64, 1/10,000 USD. shares: int64. reason: int8, see EXIT_REASONS.
    """

    candidate: NDArray[np.int64]
    entry_day: NDArray[np.datetime64]
    exit_day: NDArray[np.datetime64]
    entry_price: NDArray[np.int64]
    exit_price: NDArray[np.int64]
    shares: NDArray[np.int64]
    pnl: NDArray[np.int64]
    reason: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.candidate)

    @property
    def is_closed(self) -> NDArray[np.bool_]:
        """Which trades the rules closed: all but those still open at the end of the data."""
        return np.not_equal(self.reason, EXIT_REASONS.index(ExitReason.END_OF_DATA))

    @property
    def return_pct(self) -> NDArray[np.float64]:
        """P&L in percent of what was invested; 0 when nothing was."""
        invested = self.entry_price * self.shares
        percent: NDArray[np.float64] = np.zeros(len(self))
        np.divide(100.0 * self.pnl, invested, out=percent, where=invested != 0)
        return percent


@dataclass(frozen=True, slots=True, eq=False)
class SkipColumns:
    """The skips of a ledger, in its order. candidate: as in `TradeColumns`. reason: int8, see SKIP_REASONS."""

    candidate: NDArray[np.int64]
    reason: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.candidate)


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """One configuration's run.

    days: the sessions, datetime64[D]. equity, cash: int64, 1/10,000 USD after each session's close. positions: int64,
    open after it. capital: 1/10,000 USD before the first session.
    """

    capital: Price
    days: NDArray[np.datetime64]
    equity: NDArray[np.int64]
    cash: NDArray[np.int64]
    positions: NDArray[np.int64]
    trades: TradeColumns
    skips: SkipColumns


def result_of(ledger: Ledger, candidates: Sequence[Candidate], capital: Price) -> Result:
    """Return a ledger as columns. candidates: those it was made of, in the order of the inputs."""
    places: dict[int, list[int]] = {}
    for place, one in enumerate(candidates):
        places.setdefault(id(one), []).append(place)
    skipped = [places[id(skip.candidate)].pop(0) for skip in ledger.skipped]
    left = {(candidates[i].report_date, candidates[i].ticker): i for found in places.values() for i in found}
    trades = ledger.trades
    return Result(
        capital=capital,
        days=np.array([point.day for point in ledger.equity], dtype="datetime64[D]"),
        equity=_int64([point.equity for point in ledger.equity]),
        cash=_int64([point.cash for point in ledger.equity]),
        positions=_int64([point.positions for point in ledger.equity]),
        trades=TradeColumns(
            candidate=_int64([left[one.report_date, one.ticker] for one in trades]),
            entry_day=np.array([one.entry_date for one in trades], dtype="datetime64[D]"),
            exit_day=np.array([one.exit_date for one in trades], dtype="datetime64[D]"),
            entry_price=_int64([one.entry_price for one in trades]),
            exit_price=_int64([one.exit_price for one in trades]),
            shares=_int64([one.shares for one in trades]),
            pnl=_int64([one.pnl for one in trades]),
            reason=np.array([EXIT_REASONS.index(one.exit_reason) for one in trades], dtype=np.int8),
        ),
        skips=SkipColumns(_int64(skipped), np.array([SKIP_REASONS.index(s.reason) for s in ledger.skipped], np.int8)),
    )


def _int64(values: Sequence[int]) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)
