"""Events of the shadow's positions; `corr_id` is `shadow:<id>`."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from backtest.model import ExitReason
from live.state_db.event_types.units import Units


class ShadowDecided(NamedTuple):
    """An entry is pending. rank: its place among the day's entries."""

    ticker: str
    trade_date: date
    shares: int
    rank: int


class ShadowOpened(NamedTuple):
    """Bought at the open of `entry_date`."""

    ticker: str
    entry_date: date
    shares: int
    entry_price: Units
    stop_price: Units


class ShadowSkipped(NamedTuple):
    """A pending entry was never bought."""

    ticker: str
    reason: str


class ShadowExitDecided(NamedTuple):
    """reason and since: None when a decided exit is taken back."""

    ticker: str
    reason: ExitReason | None
    since: date | None


class ShadowSplit(NamedTuple):
    """Brought into units after a split. ratio: new shares for an old one, `2` or `1/5`."""

    ticker: str
    ratio: str
    shares: int
    entry_price: Units
    stop_price: Units


class ShadowClosed(NamedTuple):
    """Sold at the rules' price."""

    ticker: str
    exit_date: date
    exit_price: Units
    reason: ExitReason
    pnl: Units
