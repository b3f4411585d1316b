"""Bars from a local file or folder."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from backtest.prices.provider import PriceData


class FolderPrices:
    """A `PriceProvider` over a CSV or Parquet file, or a folder of them, with an optional `splits.csv`."""

    source = "folder"
    feed: str | None = None

    def __init__(self, path: Path) -> None:
        """Raises PriceDataError when `path` is not there. Nothing is read before it is asked for."""

    def fetch(self, tickers: Sequence[str], start: date, end: date) -> PriceData:
        raise NotImplementedError

    def tickers(self) -> tuple[str, ...]:
        """Return every ticker the files have, sorted."""
        raise NotImplementedError

    def span(self) -> tuple[date, date]:
        """Return the first and the last day of any bar."""
        raise NotImplementedError


def open_folder(spec: str | Path) -> FolderPrices:
    """Return the provider for a PATH given as `--prices`."""
    return FolderPrices(Path(spec))
