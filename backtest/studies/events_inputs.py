"""What a study of announcements works on: the announcements' file, and the bars of the whole market around them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Protocol, runtime_checkable

from backtest.errors import PriceDataError
from backtest.model import TICKER_PATTERN
from backtest.prices.named import is_remote, open_named
from backtest.prices.provider import PriceData
from backtest.prices.settings import PriceSettings
from backtest.progress import progress_bar
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


def load_events(announcements: Path, prices: str, settings: PriceSettings) -> EventInputs:
    """Read both. Raises InputError (7) for what cannot be read, PriceDataError (7) when not one bar fits."""
    read = read_announcements(announcements)
    days = [one.day for one in read.announcements]
    first, last = min(days), max(days)
    announced = sorted({one.symbol for one in read.announcements if TICKER_PATTERN.fullmatch(one.symbol)})
    with progress_bar("symbols") if is_remote(prices) else nullcontext() as tell:
        provider = open_named(prices, settings, tell)
        has_whole_market = isinstance(provider, _Lists) and not is_remote(prices)
        symbols = provider.tickers() if isinstance(provider, _Lists) and has_whole_market else announced
        end = _moved(last, AFTER) if is_remote(prices) else date.max  # a file shows to its end who still trades
        data = provider.fetch(symbols, _moved(first, -BEFORE), end)
    if not data.series:
        raise PriceDataError(f"no bars in {prices} from {first} to {last} (expected those of the announcements' dates)")
    return EventInputs(read.announcements, data, read.sha256, has_whole_market)


def _moved(day: date, by: timedelta) -> date:
    return date.fromordinal(min(max(day.toordinal() + by.days, 1), date.max.toordinal()))
