"""Where the names of the embedded exchange's stocks come from: the file named, or the one beside the prices."""

from __future__ import annotations

from pathlib import Path

from backtest.reports.directory import Listing, load_listings

ASSETS_FILE = "assets.csv"


def find_listings(assets: Path | None, prices: Path) -> tuple[Listing, ...]:
    """Return the rows of `assets`, else of `assets.csv` in the price folder (or beside the price file), else none.

    Raises InputError (7) for a file that is no asset directory.
    """
    if assets is None:
        assets = (prices if prices.is_dir() else prices.parent) / ASSETS_FILE
        if not assets.is_file():
            return ()
    return load_listings(assets)
