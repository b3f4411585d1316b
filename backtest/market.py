"""What `decide` may ask: prices as of the session before the trade date, in units of the trade date.

`Market` is the question list; nothing later than the as-of session can be asked through it. The one implementation,
`SeriesMarket`, answers from columns of bars; `PriceHistory` holds them for a whole stretch with what is computed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np

from backtest.daily_bars import DailyBars, daily_bars, first_of_window
from backtest.errors import ConfigError
from backtest.indexed_bars import IndexedBars
from backtest.model import Bar, Price, Reference, ReferenceSource, Split
from backtest.params import Variant
from backtest.splits import price_after, splits_in
from backtest.trailing_exits.registry import DAY, trailing_exit
from backtest.trailing_reading import Judged, TrailingReading, read_trailing
from backtest.weekly_bars import WeeklyBars, aggregate_daily_to_weekly

if TYPE_CHECKING:
    from backtest.bars import BarSeries
    from backtest.sessions import Sessions

Filters: TypeAlias = Mapping[str, Mapping[date, Decimal]]
"""Series of market filters by their file, as the parameters name it: values by session."""


@dataclass(frozen=True, slots=True)
class LastClose:
    """The newest close known: its session, and its price in units of the trade date."""

    day: date
    price: Price


class Market(Protocol):
    """Everything the rules may know before the open of `trade_date`; prices in units of that date."""

    @property
    def trade_date(self) -> date: ...

    @property
    def as_of(self) -> date:
        """The session before the trade date."""
        ...

    @property
    def sessions(self) -> Sessions: ...

    def has_failed(self, ticker: str) -> bool:
        """Return whether the source could not answer for this ticker: an exit check on it is unresolved."""
        ...

    def last_close(self, ticker: str) -> LastClose | None:
        """Return the last close on or before the as-of session; None without any bar."""
        ...

    def reference(self, ticker: str) -> Reference | None:
        """Return the price that sizes an entry; None without any bar."""
        ...

    def close_on(self, ticker: str, day: date) -> Price | None:
        """Return the close of one session; None without a bar. ValueError after the as-of session."""
        ...

    def trailing_reading(self, ticker: str, day: date, variant: Variant, window: int) -> TrailingReading | None:
        """Return what the variant's trailing exit says of the close of session `day`, the week's last of a weekly one.

        None when that week or day has no bar. window: a weekly one sees the ISO weeks with bars among the `window` that
        end with the judged one. ValueError after the as-of session.
        """
        ...

    def splits(self, ticker: str) -> tuple[Split, ...]:
        """Return the splits before the open of the trade date: ex_date after the as-of session, not later."""
        ...

    def is_as_of_empty(self, tickers: Iterable[str]) -> bool:
        """Return whether none of these tickers has a bar in the as-of session; False for no tickers."""
        ...

    def filter_value(self, file: str) -> Decimal | None:
        """Return the value of a market filter's series at the as-of session; None without one."""
        ...


class PriceHistory:
    """Bars and splits of many tickers over a stretch of sessions.

    series: by ticker, checked bars (`PriceData.series`). splits: any order. failed: tickers the source could not
    answer for (`PriceData.failed`). Bars later than a market's as-of session may be inside; a market never shows them.
    filters: the series of market filters that may be asked for (`market_filter.read_filters`).
    """

    def __init__(
        self,
        series: Mapping[str, BarSeries],
        sessions: Sessions,
        splits: Iterable[Split] = (),
        failed: Collection[str] = (),
        filters: Filters | None = None,
    ) -> None:
        self.sessions = sessions
        self.failed = frozenset(failed)
        self._filters: Filters = filters or {}
        self._series = series
        self._columns: dict[str, IndexedBars | None] = {}
        self._daily: dict[str, DailyBars] = {}
        self._weekly: dict[str, WeeklyBars] = {}
        self._splits: dict[str, list[Split]] = {}
        for split in splits:
            self._splits.setdefault(split.ticker, []).append(split)

    def market(self, trade_date: date, references: Mapping[str, Reference] | None = None) -> SeriesMarket:
        """Return the market before the open of `trade_date`.

        references: live prices in units of the trade date; the last close stands in where a ticker has none.
        """
        return SeriesMarket(self, trade_date, references or {})

    def cut(self, last: date, splits_through: date) -> PriceHistory:
        """Return the history as it was known after the close of `last`: bars to `last`, splits to `splits_through`."""
        end = np.datetime64(last, "D")
        parts = {name: one.part(0, int(one.days.searchsorted(end, side="right"))) for name, one in self._series.items()}
        splits = (split for known in self._splits.values() for split in known if split.ex_date <= splits_through)
        filters = {file: {day: x for day, x in known.items() if day <= last} for file, known in self._filters.items()}
        return PriceHistory(parts, self.sessions, splits, self.failed, filters)

    def with_filters(self, filters: Filters) -> PriceHistory:
        """Return the same history with other series of market filters."""
        splits = (split for known in self._splits.values() for split in known)
        return PriceHistory(self._series, self.sessions, splits, self.failed, filters)

    def bars_on(self, day: date, tickers: Iterable[str]) -> dict[str, Bar]:
        """Return the bars of one session, only for tickers that have one: what a simulated session trades on."""
        found = {}
        for ticker in tickers:
            columns = self.columns(ticker)
            index = None if columns is None else columns.index_on(day)
            if columns is not None and index is not None:
                found[ticker] = columns.series.bar(index)
        return found

    def has_bar(self, ticker: str, day: date) -> bool:
        """Return whether one ticker has a bar in one session."""
        columns = self.columns(ticker)
        return columns is not None and columns.index_on(day) is not None

    def columns(self, ticker: str) -> IndexedBars | None:
        """Return one ticker's columns; None without any bar."""
        if ticker not in self._columns:
            series = self.series(ticker)
            self._columns[ticker] = None if series is None else IndexedBars(series)
        return self._columns[ticker]

    def weekly(self, ticker: str) -> WeeklyBars | None:
        """Return one ticker's weekly bars over everything there is; None without any bar."""
        if ticker not in self._weekly:
            series = self.series(ticker)
            if series is None:
                return None
            self._weekly[ticker] = aggregate_daily_to_weekly(series, self.all_splits(ticker))
        return self._weekly[ticker]

    def daily(self, ticker: str) -> DailyBars | None:
        """Return one ticker's daily bars as indicators read them, over everything there is; None without any bar."""
        if ticker not in self._daily:
            series = self.series(ticker)
            if series is None:
                return None
            self._daily[ticker] = daily_bars(series, self.all_splits(ticker))
        return self._daily[ticker]

    def judged(self, ticker: str, day: date, variant: Variant, window: int) -> tuple[Judged, date] | None:
        """Return what a variant's trailing exit sees at the close of session `day`, and the day of its units."""
        exit_ = trailing_exit(variant.trailing_stop)
        if exit_.judged == DAY:
            daily = self.daily(ticker)
            index = None if daily is None else daily.index_of(day)
            if daily is None or index is None:
                return None
            first = first_of_window(self.sessions, day, exit_.warm_up)
            return Judged(daily.close[index], daily.window(getattr(daily, exit_.reads), index, first)), day
        weekly = self.weekly(ticker)
        index = None if weekly is None else weekly.index_of(day)
        if weekly is None or index is None:
            return None
        values = weekly.window(getattr(weekly, exit_.reads), index, window)
        return Judged(weekly.close[index], values), date.fromordinal(weekly.last_days[index])

    def series(self, ticker: str) -> BarSeries | None:
        """Return one ticker's bars; None without any."""
        series = self._series.get(ticker)
        return series if series is not None and len(series) else None

    def all_splits(self, ticker: str) -> tuple[Split, ...]:
        """Return every split known of one ticker, oldest first."""
        return splits_in(self._splits.get(ticker, ()), date.min, date.max)

    def filter_value(self, file: str, day: date) -> Decimal | None:
        """Return the value of a market filter's series in one session; None without one.

        Raises ConfigError (6) for a series that was not read: nothing may be decided without it.
        """
        if file not in self._filters:
            raise ConfigError(
                f"market_filter.file {file} was not read (expected the one that the inputs were read with)"
            )
        return self._filters[file].get(day)

    def splits(self, ticker: str, after: date, through: date) -> tuple[Split, ...]:
        """Return one ticker's splits with after < ex_date ≤ through, oldest first."""
        known = self._splits.get(ticker)
        return splits_in(known, after, through) if known else ()


class SeriesMarket:
    """The `Market` over a `PriceHistory`."""

    def __init__(self, history: PriceHistory, trade_date: date, references: Mapping[str, Reference]) -> None:
        self.trade_date = trade_date
        self.sessions = history.sessions
        self.as_of = history.sessions.previous(trade_date)
        self._history = history
        self._references = references

    def has_failed(self, ticker: str) -> bool:
        return ticker in self._history.failed

    def last_close(self, ticker: str) -> LastClose | None:
        columns = self._history.columns(ticker)
        index = -1 if columns is None else columns.last_index(self.as_of)
        if columns is None or index < 0:
            return None
        return self._close_at(columns, index)

    def reference(self, ticker: str) -> Reference | None:
        live = self._references.get(ticker)
        if live is not None:
            return live
        last = self.last_close(ticker)
        return None if last is None else Reference(last.price, ReferenceSource.LAST_CLOSE)

    def close_on(self, ticker: str, day: date) -> Price | None:
        self._refuse_later(day)
        columns = self._history.columns(ticker)
        index = None if columns is None else columns.index_on(day)
        return None if columns is None or index is None else self._close_at(columns, index).price

    def trailing_reading(self, ticker: str, day: date, variant: Variant, window: int) -> TrailingReading | None:
        self._refuse_later(day)
        found = self._history.judged(ticker, day, variant, window)
        if found is None:
            return None
        judged, last_day = found
        self._refuse_later(last_day)
        return read_trailing(judged, variant, self._history.splits(ticker, last_day, self.trade_date))

    def price_range(self, ticker: str, since: date) -> tuple[Price, Price] | None:
        """Return the lowest and the highest price from the session `since` to the as-of session, in units of the
        trade date; None without a bar, or when the bars begin later than `since`."""
        columns = self._history.columns(ticker)
        first = 0 if columns is None else columns.index_on(since)
        last = -1 if columns is None else columns.last_index(self.as_of)
        if columns is None or first is None or last < first:
            return None
        lows, highs = (column[first : last + 1].tolist() for column in (columns.series.low, columns.series.high))
        if self._history.splits(ticker, since, self.trade_date):
            days = [date.fromordinal(ordinal) for ordinal in columns.ordinals[first : last + 1]]
            later = [self._history.splits(ticker, day, self.trade_date) for day in days]
            lows = [price_after(price, splits) for price, splits in zip(lows, later, strict=True)]
            highs = [price_after(price, splits) for price, splits in zip(highs, later, strict=True)]
        return min(lows), max(highs)

    def splits(self, ticker: str) -> tuple[Split, ...]:
        return self._history.splits(ticker, self.as_of, self.trade_date)

    def is_as_of_empty(self, tickers: Iterable[str]) -> bool:
        asked = tuple(tickers)
        return bool(asked) and not any(self._history.has_bar(ticker, self.as_of) for ticker in asked)

    def filter_value(self, file: str) -> Decimal | None:
        return self._history.filter_value(file, self.as_of)

    def _close_at(self, columns: IndexedBars, index: int) -> LastClose:
        day = date.fromordinal(columns.ordinals[index])
        splits = self._history.splits(columns.series.ticker, day, self.trade_date)
        return LastClose(day, price_after(int(columns.series.close[index]), splits))

    def _refuse_later(self, day: date) -> None:
        if day > self.as_of:
            raise ValueError(f"the market for {self.trade_date} knows sessions up to {self.as_of}, asked for {day}")
