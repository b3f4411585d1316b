"""The Protocol every price source keeps, and what one answer looks like."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from backtest.bars import BarSeries
from backtest.model import RefusedBar, Split
from backtest.prices.fingerprint import fingerprint_of
from backtest.prices.raw import Dividend

BY_DATE = "splits_and_dividends_by_date"
"""Prices as traded; splits and dividends of the source, each by its ex-date, are applied by us."""
SPLITS_UNDONE = "splits_undone_dividends_by_date"
"""Prices that came adjusted for every split up to the download; those are taken out again, then as BY_DATE."""
BY_ADJ_CLOSE = "splits_by_date_dividends_by_adj_close"
"""Prices as traded, splits by date; dividends are what adj_close differs by."""
SPLITS_ONLY = "splits_by_date"
"""Prices as traded, splits by date; no dividends are known."""


@dataclass(frozen=True, slots=True)
class PriceData:
    """One answer of a price source.

    series: only tickers with at least one accepted bar. failed: tickers whose request failed or whose
    answer was unusable, with the reason (an exit check on them is unresolved, never "hold"); a ticker
    that is in neither simply has no bars. splits: those with ex_date in the asked range or later that
    the source knows, oldest first. dividends: likewise; they are in the series' adj_factor already.
    """

    series: Mapping[str, BarSeries]
    splits: tuple[Split, ...] = ()
    refused: tuple[RefusedBar, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    dividends: tuple[Dividend, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Return the sha256 over all of it, for manifests; computed when asked for."""
        return fingerprint_of(self.series, self.splits, self.refused, self.failed)


def price_data(
    series: Mapping[str, BarSeries],
    splits: Iterable[Split] = (),
    refused: Iterable[RefusedBar] = (),
    failed: Mapping[str, str] | None = None,
    dividends: Iterable[Dividend] = (),
) -> PriceData:
    """Return a complete answer; splits, dividends and refused bars are put in order."""
    ordered = tuple(sorted(splits, key=lambda split: (split.ex_date, split.ticker)))
    bad = tuple(sorted(refused, key=lambda bar: (bar.ticker, bar.day)))
    paid = tuple(sorted(dividends, key=lambda one: (one.ex_date, one.ticker)))
    return PriceData(dict(series), ordered, bad, dict(failed or {}), paid)


class PriceProvider(Protocol):
    """A source of daily bars. source: "alpaca", "fmp", "fmp-full", "fmp-legacy", "sim" or "folder".

    feed: "sip", "iex" or None. adjustment: one of the words above.

    has_all_splits: it knows every split, so that a jump of a price without one is a move of the market.
    """

    source: str
    feed: str | None
    has_all_splits: bool

    @property
    def adjustment(self) -> str: ...

    def fetch(self, tickers: Sequence[str], start: date, end: date) -> PriceData:
        """Return the closed sessions' bars in [start, end] for the tickers asked.

        Raises PriceSourceUnavailableError when nothing could be fetched at all, PriceDataError
        when the source itself is unreadable.
        """
        ...
