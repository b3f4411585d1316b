"""Bars from a local CSV or Parquet file, or a folder of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from live.prices.registry import PriceRequest

if TYPE_CHECKING:
    from backtest.prices.folder import FolderPrices

SOURCE_META = {"id": "folder", "name": "A CSV or Parquet file, or a folder of them"}


def open_source(request: PriceRequest) -> FolderPrices:
    """Open the named path. Raises PriceDataError (7) when it is not there."""
    from backtest.prices.folder import open_folder

    return open_folder(Path(request.named))
