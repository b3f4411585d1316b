"""One session of a simulated ledger, shared by the portfolio simulator and the live shadow.

For each session D in turn: `begin_session` (splits), `decide` (rules), `play_session` (open, stops,
delisting). The book between two sessions is all the state there is. The shadow persists it after
`decide`, in units of D, and plays D in its next run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backtest.ledger import Trade
from backtest.model import Bar, Book, Decisions, Holding, Skip
from backtest.params import Params

if TYPE_CHECKING:
    from backtest.market import Market


@dataclass(frozen=True, slots=True)
class SessionResult:
    """The ledger after a session's close: the book, what was bought and closed in it, which entries failed."""

    book: Book
    bought: tuple[Holding, ...] = ()
    trades: tuple[Trade, ...] = ()
    skipped: tuple[Skip, ...] = ()


def begin_session(book: Book, market: Market) -> Book:
    """Bring a book into units of the market's trade date: its splits are events before the open."""
    raise NotImplementedError


def accept(book: Book, decisions: Decisions) -> Book:
    """Write decisions into the book: pending exits with reason and session, `decided_through` where resolved."""
    raise NotImplementedError


def play_session(
    book: Book, decisions: Decisions | None, bars: Mapping[str, Bar], market: Market, params: Params
) -> SessionResult:
    """Play the session `market.trade_date`: pending exits, rotation and entries at the open, stops, delisting.

    book: in units of that session, as given to `decide`. decisions: None for a session without a run: nothing is
    sold or bought at its open, stops work. bars: that session's bars (`PriceHistory.bars_on`) of every holding
    and entry that has one. market: the one `decide` was asked with; it gives the last close of tickers without a bar.
    """
    raise NotImplementedError


def close_at_end_of_data(book: Book, bars: Mapping[str, Bar], market: Market, params: Params) -> tuple[Trade, ...]:
    """Mark every open position at its last close up to `market.trade_date`: `end_of_data`, no slippage."""
    raise NotImplementedError
