"""The Protocol every price source keeps, and what one answer looks like."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from backtest.bars import BarSeries
from backtest.model import RefusedBar, Split
from backtest.prices.fingerprint import fingerprint_of


@dataclass(frozen=True, slots=True)
class PriceData:
    """One answer of a price source.

    series: only tickers with at least one accepted bar. failed: tickers whose request failed or whose
    answer was unusable, with the reason (an exit check on them is unresolved, never "hold"); a ticker
    that is in neither simply has no bars. splits: those with ex_date in the asked range or later that
    the source knows, oldest first.
    """

    series: Mapping[str, BarSeries]
    splits: tuple[Split, ...] = ()
    refused: tuple[RefusedBar, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """Return the sha256 over all of it, for manifests; computed when asked for."""
        return fingerprint_of(self.series, self.splits, self.refused, self.failed)


def price_data(
    series: Mapping[str, BarSeries],
    splits: Iterable[Split] = (),
    refused: Iterable[RefusedBar] = (),
    failed: Mapping[str, str] | None = None,
) -> PriceData:
    """Return a complete answer; splits and refused bars are put in order."""
    ordered = tuple(sorted(splits, key=lambda split: (split.ex_date, split.ticker)))
    bad = tuple(sorted(refused, key=lambda bar: (bar.ticker, bar.day)))
    return PriceData(dict(series), ordered, bad, dict(failed or {}))


class PriceProvider(Protocol):
    """A source of daily bars. source: "alpaca", "fmp", "sim" or "folder"; feed: "sip", "iex" or None.

    has_all_splits: it knows every split, so that a jump of a price without one is a move of the market.
    """

    source: str
    feed: str | None
    has_all_splits: bool

    def fetch(self, tickers: Sequence[str], start: date, end: date) -> PriceData:
        """Return the closed sessions' bars in [start, end] for the tickers asked.

        Raises PriceSourceUnavailableError when nothing could be fetched at all, PriceDataError
        when the source itself is unreadable.
        """
        ...
