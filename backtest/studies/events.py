"""Drift after earnings announcements, the method: what happened at each announcement, and after it; pure.

Sessions are those in which any symbol has a bar. The reaction session of an announcement is its date when it came
before the open, the next session when it came after the close; on a date that is no session it is the next session
either way. The market's return is the mean of all symbols' close-to-close returns, each with the same weight. Returns
are adjusted for splits, and for dividends where the source knows them; a price per share is as traded.

    announcement return  the reaction session's return less the market's
    surprise             (eps - eps_estimate) / close of the session before
    gap                  open of the reaction session / close of the session before - 1
    volume ratio         the reaction session's volume / the mean of the 20 sessions before
    drift over h         the sum of log(1 + return) - log(1 + market) over the h sessions after it; a missing return
                         is 0
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from backtest.bars import BarSeries
from backtest.model import Split
from backtest.money import UNITS_PER_USD
from backtest.studies.announcements import Announcement

HORIZONS = (5, 20, 60)
"""Sessions after the reaction session over which the drift is summed."""
SESSIONS_BEFORE = 25
"""An event needs more sessions than these before its reaction session."""
VOLUME_SESSIONS = 20

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """What the study knows of the market.

    days: the sessions, datetime64[D]. market: the mean return of each session, NaN in the first.
    """

    days: NDArray[np.datetime64]
    market: Floats
    series: Mapping[str, BarSeries]
    splits: Mapping[str, Sequence[Split]]


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """Announcements with what followed, one element each, in the order they were given. NaN: there is no such number.

    reaction: place of the reaction session in `Prices.days`. open: of the reaction session, USD as traded.
    drift: one column a horizon, NaN where the data end before it does.
    """

    announcements: tuple[Announcement, ...]
    reaction: Ints
    surprise: Floats
    announcement_return: Floats
    gap: Floats
    volume_ratio: Floats
    open: Floats
    drift: Floats

    def __len__(self) -> int:
        return len(self.announcements)

    @property
    def quarters(self) -> Ints:
        """The calendar quarter of each announcement: 4 × year + 0 to 3."""
        return np.array([4 * one.day.year + (one.day.month - 1) // 3 for one in self.announcements], dtype=np.int64)

    @property
    def years(self) -> Ints:
        return self.quarters // 4


def prices_of(series: Mapping[str, BarSeries], splits: Sequence[Split] = ()) -> Prices:
    """Return what the study knows of these bars."""
    days = np.unique(np.concatenate([one.days for one in series.values()]))
    by_symbol: dict[str, list[Split]] = {}
    for split in splits:
        by_symbol.setdefault(split.ticker, []).append(split)
    sums, counts = np.zeros(len(days)), np.zeros(len(days))
    for symbol, one in series.items():
        returns = _Row(one, days, by_symbol.get(symbol, ())).returns
        known = np.isfinite(returns)
        sums[known] += returns[known]
        counts += known
    market = np.divide(sums, counts, out=np.full(len(days), np.nan), where=counts > 0)
    return Prices(days, market, series, by_symbol)


def last_day_judged(days: NDArray[np.datetime64], horizon: int = HORIZONS[0]) -> date | None:
    """Return the last date whose announcements all have `horizon` sessions after their reaction; None without one."""
    place = len(days) - horizon - 2  # an announcement after its close reacts in the session after it
    return None if place < 0 else days[place].item()


def reaction_places(announcements: Sequence[Announcement], days: NDArray[np.datetime64]) -> Ints:
    """Return the place of each reaction session in `days`; len(days) where the data end before it."""
    dates = np.array([one.day for one in announcements], dtype="datetime64[D]")
    is_after = np.array([one.is_after_close for one in announcements], dtype=bool)
    places = days.searchsorted(dates)
    is_session = days[np.minimum(places, len(days) - 1)] == dates
    reaction: Ints = np.minimum(places + (is_after & is_session), len(days)).astype(np.int64)
    return reaction


def measure(announcements: Sequence[Announcement], prices: Prices) -> Events:
    """Return the events: announcements of known symbols with enough sessions before them and a reaction session."""
    places = reaction_places(announcements, prices.days)
    is_event = (places > SESSIONS_BEFORE) & (places < len(prices.days))
    kept = [i for i in np.flatnonzero(is_event).tolist() if announcements[i].symbol in prices.series]
    chosen, reaction = tuple(announcements[i] for i in kept), places[kept]
    values = np.full((5, len(chosen)), np.nan)
    drift = np.full((len(chosen), len(HORIZONS)), np.nan)
    by_symbol: dict[str, list[int]] = {}
    for i, one in enumerate(chosen):
        by_symbol.setdefault(one.symbol, []).append(i)
    eps = np.array([one.eps for one in chosen])
    expected = np.array([one.eps_estimate for one in chosen])
    for symbol, some in by_symbol.items():
        row = _Row(prices.series[symbol], prices.days, prices.splits.get(symbol, ()))
        at = reaction[some]
        values[0, some] = (eps[some] - expected[some]) / row.traded_close[at - 1]
        values[1, some] = row.returns[at] - prices.market[at]
        values[2, some] = row.open[at] / row.close[at - 1] - 1
        values[3, some] = row.volume[at] / row.mean_volume(at)
        values[4, some] = row.traded_open[at]
        drift[some] = row.drift(at, prices.market)
    surprise, announcement_return, gap, volume_ratio, open_ = values
    return Events(chosen, reaction, surprise, announcement_return, gap, volume_ratio, open_, drift)


class _Row:
    """One symbol's bars over all sessions, NaN where it has none.

    open, close: in one unit over all days, so that ratios of two days are returns; volume likewise. traded_*: USD.
    """

    def __init__(self, series: BarSeries, days: NDArray[np.datetime64], splits: Sequence[Split]) -> None:
        places = days.searchsorted(series.days)
        shares = np.ones(len(series))
        for split in splits:
            shares[series.days < np.datetime64(split.ex_date, "D")] *= float(split.ratio)

        def over_sessions(column: Floats) -> Floats:
            row = np.full(len(days), np.nan)
            row[places] = column
            return row

        per_price = series.adj_factor / shares
        self.traded_open = over_sessions(series.open / UNITS_PER_USD)
        self.traded_close = over_sessions(series.close / UNITS_PER_USD)
        self.open = over_sessions(series.open * per_price)
        self.close = over_sessions(series.close * per_price)
        self.volume = over_sessions(series.volume * shares)
        self.returns = np.full(len(days), np.nan)
        self.returns[1:] = self.close[1:] / self.close[:-1] - 1

    def mean_volume(self, at: Ints) -> Floats:
        """Return the mean volume of the sessions before each place, of those with a bar; NaN without one above 0."""
        before = self.volume[at[:, None] - np.arange(1, VOLUME_SESSIONS + 1)]
        known = np.isfinite(before)
        sums, counts = np.where(known, before, 0.0).sum(axis=1), known.sum(axis=1)
        mean: Floats = np.divide(sums, counts, out=np.full(len(at), np.nan), where=sums > 0)
        return mean

    def drift(self, at: Ints, market: Floats) -> Floats:
        """Return the drift after each place, one column a horizon."""
        beyond = np.log1p(self.returns) - np.log1p(market)
        summed = np.cumsum(np.where(np.isfinite(beyond), beyond, 0.0))
        found = np.full((len(at), len(HORIZONS)), np.nan)
        for column, horizon in enumerate(HORIZONS):
            has = at + horizon < len(summed)
            found[has, column] = summed[at[has] + horizon] - summed[at[has]]
        return found
