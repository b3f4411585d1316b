"""What a study of announcements works on: the announcements' file, and the bars of the whole market around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Protocol, runtime_checkable

from backtest.errors import PriceDataError
from backtest.model import TICKER_PATTERN
from backtest.prices.provider import PriceData, PriceProvider
from backtest.runs.inputs import open_prices
from backtest.studies.announcements import Announcement, read_announcements

BEFORE, AFTER = timedelta(days=90), timedelta(days=130)
"""More than the 25 sessions before a reaction and the 60 after it, holidays included."""


@dataclass(frozen=True, slots=True)
class EventInputs:
    """The announcements and the bars.

    sha256: of the announcements' file. has_whole_market: the bars are those of every symbol that the source has, not
    of the announcements' symbols alone.
    """

    announcements: tuple[Announcement, ...]
    data: PriceData
    sha256: str
    has_whole_market: bool


@runtime_checkable
class _Lists(Protocol):
    def tickers(self) -> Sequence[str]: ...


def load_events(announcements: Path, prices: str) -> EventInputs:
    """Read both. Raises InputError (7) for what cannot be read, PriceDataError (7) when not one bar fits."""
    read = read_announcements(announcements)
    provider: PriceProvider = open_prices(prices)
    days = [one.day for one in read.announcements]
    first, last = min(days), max(days)
    announced = sorted({one.symbol for one in read.announcements if TICKER_PATTERN.fullmatch(one.symbol)})
    symbols = provider.tickers() if isinstance(provider, _Lists) else announced
    data = provider.fetch(symbols, _moved(first, -BEFORE), _moved(last, AFTER))
    if not data.series:
        raise PriceDataError(f"no bars in {prices} from {first} to {last} (expected those of the announcements' dates)")
    return EventInputs(read.announcements, data, read.sha256, isinstance(provider, _Lists))


def _moved(day: date, by: timedelta) -> date:
    return date.fromordinal(min(max(day.toordinal() + by.days, 1), date.max.toordinal()))
