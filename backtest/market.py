"""What `decide` may ask: prices as of the session before the trade date, in units of the trade date.

`Market` is the question list; nothing later than the as-of session can be asked through it. The one
implementation, `SeriesMarket`, answers from columns of bars; `PriceHistory` holds these columns for a
whole stretch and keeps what is computed from them, so that a market for the next session costs nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Protocol

from backtest.model import Bar, Price, Reference, ReferenceSource, Split
from backtest.params import Params, TrailingStop, Variant
from backtest.splits import price_after, splits_in

if TYPE_CHECKING:
    from backtest.bars import BarSeries
    from backtest.sessions import Sessions
    from backtest.weekly_bars import WeeklyBars


@dataclass(frozen=True, slots=True)
class LastClose:
    """The newest close known: its session, and its price in units of the trade date."""

    day: date
    price: Price


@dataclass(frozen=True, slots=True)
class WeeklyReading:
    """A judged week: its close and the trailing indicator, comparable with each other.

    close, indicator: float64, 1/10,000 USD in units of the week's last bar, dividend-adjusted, so that a week is
    judged alike whenever it is judged; indicator None: too few weeks. shown_*: the same for people, in units of
    the trade date.
    """

    close: float
    indicator: float | None
    shown_close: Price
    shown_indicator: Price | None


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
        """Tell whether the source could not answer for this ticker: an exit check on it is unresolved."""
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

    def weekly_reading(self, ticker: str, week_end: date, variant: Variant, window: int) -> WeeklyReading | None:
        """Return the judged week that ends with the session `week_end`; None when the week has no bar.

        window: the indicator sees the ISO weeks with bars among the `window` that end with the judged one.
        ValueError after the as-of session.
        """
        ...

    def splits(self, ticker: str) -> tuple[Split, ...]:
        """Return the splits before the open of the trade date: ex_date after the as-of session, not later."""
        ...

    def is_as_of_empty(self, tickers: Iterable[str]) -> bool:
        """Tell whether none of these tickers has a bar in the as-of session; False for no tickers."""
        ...


class PriceHistory:
    """Bars and splits of many tickers over a stretch of sessions.

    series: by ticker, checked bars (`PriceData.series`). splits: any order. failed: tickers the source could not
    answer for (`PriceData.failed`). Bars later than a market's as-of session may be inside; a market never shows them.
    """

    def __init__(
        self,
        series: Mapping[str, BarSeries],
        sessions: Sessions,
        splits: Iterable[Split] = (),
        failed: Collection[str] = (),
    ) -> None: ...

    def market(self, trade_date: date, references: Mapping[str, Reference] | None = None) -> SeriesMarket:
        """Return the market before the open of `trade_date`.

        references: live prices in units of the trade date; the last close stands in where a ticker has none.
        """
        raise NotImplementedError

    def bars_on(self, day: date, tickers: Iterable[str]) -> dict[str, Bar]:
        """Return the bars of one session, only for tickers that have one: what a simulated session trades on."""
        raise NotImplementedError


class SeriesMarket:
    """The `Market` over a `PriceHistory`."""


def history_start(first_judged: date, params: Params) -> date:
    """Return the first day whose bars can matter when `first_judged` is the earliest close to be judged."""
    monday = first_judged - timedelta(days=first_judged.isoweekday() - 1)
    return monday - timedelta(weeks=params.indicator_window_weeks - 1)
