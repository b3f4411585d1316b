"""One session of a simulated ledger, shared by the portfolio simulator and the live shadow.

For each session D in turn: `begin_session` (splits), `decide` (rules), `play_session` (open, stops,
delisting). The book between two sessions is all the state there is. The shadow persists it after
`accept`, in units of D, and plays D in its next run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, overload

from backtest.ledger import Trade, closed_trade
from backtest.model import Bar, Book, Decisions, ExitReason, Holding, Price, Skip
from backtest.params import Params
from backtest.rules import Sale, Settle, Settlement, settle_open
from backtest.splits import holding_after
from backtest.stops import stop_fill
from backtest.take_profit import is_before_stop, take_profit_fill

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

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
    return Book(tuple(holding_after(holding, market.splits(holding.ticker)) for holding in book.holdings))


def accept(book: Book, decisions: Decisions) -> Book:
    """Write decisions into the book: pending exits with reason and session, `decided_through` where resolved.

    An exit already pending keeps its first reason. Doing it twice changes nothing.
    """
    leaving = {(exit_.ticker, exit_.position_id): exit_ for exit_ in decisions.exits}
    unresolved = frozenset(decisions.unresolved)
    accepted = []
    for holding in book.holdings:
        exit_ = leaving.get((holding.ticker, holding.position_id))
        if exit_ is not None and holding.pending_exit_reason is None:
            holding = replace(holding, pending_exit_reason=exit_.reason, pending_exit_since=exit_.decided_on)
        if holding.ticker not in unresolved and holding.decided_through != decisions.as_of:
            holding = replace(holding, decided_through=decisions.as_of)
        accepted.append(holding)
    return Book(tuple(accepted))


def play_session(
    book: Book,
    decisions: Decisions | None,
    bars: Mapping[str, Bar],
    market: Market,
    params: Params,
    settle: Settle | None = None,
) -> SessionResult:
    """Play the session `market.trade_date`: pending exits, rotation and entries at the open, stops, delisting.

    book: in units of that session, as given to `decide` (accepted already or not). decisions: None for a session
    without a run: nothing is sold or bought at its open, stops work. bars: that session's bars
    (`PriceHistory.bars_on`) of every holding and entry that has one. market: the one `decide` was asked with; it
    gives the last close of tickers without a bar. settle: stands in for `settle_open`.
    """
    settled = Settlement(book)
    if decisions is not None:
        opens = {ticker: bar.open for ticker, bar in bars.items()}
        settled = (settle or settle_open)(accept(book, decisions), decisions, opens, params)
    sales = list(settled.sold)
    staying: list[Holding] = []
    for holding in settled.book.holdings:
        sale = _sale_in_session(holding, bars.get(holding.ticker), market, params)
        if sale is None:
            staying.append(holding)
        else:
            sales.append(sale)
    return SessionResult(
        book=Book(tuple(staying)),
        bought=settled.bought,
        trades=tuple(closed_trade(sale.holding, market.trade_date, sale.price, sale.reason, params) for sale in sales),
        skipped=settled.skipped,
    )


def close_at_end_of_data(book: Book, bars: Mapping[str, Bar], market: Market, params: Params) -> tuple[Trade, ...]:
    """Mark every open position at its last close up to `market.trade_date`: `end_of_data`, no slippage."""
    return tuple(
        closed_trade(holding, market.trade_date, last_price(holding, bars, market), ExitReason.END_OF_DATA, params)
        for holding in book.holdings
    )


def last_price(holding: Holding, bars: Mapping[str, Bar], market: Market) -> Price:
    """Return a holding's last close up to the session: of its bar, else the last before it, else its entry."""
    bar = bars.get(holding.ticker)
    if bar is not None:
        return bar.close
    last = market.last_close(holding.ticker)
    return holding.entry_price if last is None else last.price


@overload
def is_delisted(sessions_without_bar: int, delisted_after: int) -> bool: ...
@overload
def is_delisted(sessions_without_bar: NDArray[np.int32], delisted_after: int) -> NDArray[np.bool_]: ...
def is_delisted(sessions_without_bar: int | NDArray[np.int32], delisted_after: int) -> bool | NDArray[np.bool_]:
    """Return whether a ticker without a bar in so many sessions, this one included, is taken for delisted."""
    return sessions_without_bar >= delisted_after


def _sale_in_session(holding: Holding, bar: Bar | None, market: Market, params: Params) -> Sale | None:
    if bar is not None:
        return _sale_by_price(holding, bar, params)
    last = market.last_close(holding.ticker)
    if last is None:
        return None
    without_bar = len(market.sessions.between(last.day + timedelta(days=1), market.trade_date))
    if not is_delisted(without_bar, params.delisted_after_sessions):
        return None
    return Sale(holding, last.price, ExitReason.DELISTED)


def _sale_by_price(holding: Holding, bar: Bar, params: Params) -> Sale | None:
    """Return the sale at the stop or at the target, whichever the session's path reaches first."""
    stopped, taken = stop_fill(holding, bar, params), take_profit_fill(holding, bar)
    if stopped is None:
        return None if taken is None else Sale(holding, taken, ExitReason.TAKE_PROFIT)
    if taken is None or not is_before_stop(holding.target_price or 0, bar.open, params.stop_mode):
        return Sale(holding, stopped, ExitReason.STOP_LOSS)
    return Sale(holding, taken, ExitReason.TAKE_PROFIT)
