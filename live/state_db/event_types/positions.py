"""Events of positions; `corr_id` is `position:<id>`."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from backtest.model import ExitReason
from live.state_db.event_types.units import Units


class PositionOpened(NamedTuple):
    """The first fill of an entry."""

    ticker: str
    shares: int
    entry_price: Units
    stop_price: Units


class PositionIncreased(NamedTuple):
    """shares: bought now; actual_shares: held now."""

    ticker: str
    shares: int
    actual_shares: int
    entry_price: Units
    stop_price: Units


class EntryPriceCorrected(NamedTuple):
    """The broker corrected the price of the entry; the stop follows it."""

    ticker: str
    entry_price: Units
    stop_price: Units


class PositionReduced(NamedTuple):
    """shares: sold now; actual_shares: still held."""

    ticker: str
    shares: int
    actual_shares: int
    reason: ExitReason


class PositionClosed(NamedTuple):
    """The last share is gone. shares: sold now; exit_price and pnl: of the whole position."""

    ticker: str
    shares: int
    reason: ExitReason
    exit_date: date
    exit_price: Units
    pnl: Units


class ExitPriceCorrected(NamedTuple):
    """The broker corrected the price of sold shares, or of what they had cost.

    exit_price and pnl: None while shares are held.
    """

    ticker: str
    exit_price: Units | None
    pnl: Units | None


class ExitDecided(NamedTuple):
    """Its shares are to be sold. since: the session of the decision."""

    ticker: str
    reason: ExitReason
    since: date


class StopChanged(NamedTuple):
    """stop_order_id: the broker's id of the live stop, None when there is none."""

    ticker: str
    stop_order_id: str | None


class StopBreached(NamedTuple):
    """The market was already below a stop that had to be placed; so many shares are sold at once."""

    ticker: str
    stop_price: Units
    shares: int


class PositionSplit(NamedTuple):
    """Brought into units after a split. ratio: new shares for an old one, `2` or `1/5`."""

    ticker: str
    ratio: str
    ex_date: date
    shares: int
    entry_price: Units
    stop_price: Units
    why: str


class PositionRenamed(NamedTuple):
    """ticker: the new one."""

    ticker: str
    previous_ticker: str
    why: str


class ClosedWithoutFill(NamedTuple):
    """What is still held is closed at a price without a fill of ours; `position.closed` follows."""

    ticker: str
    why: str


class PositionRepaired(NamedTuple):
    """A person resolved a difference; what it changed follows. how: the way of `admin repair`."""

    ticker: str
    how: str
    reason: str
    who: str


class SharesSet(NamedTuple):
    """The number of shares as the broker has it, without a fill; the entry price stays."""

    ticker: str
    previous_shares: int
    shares: int
