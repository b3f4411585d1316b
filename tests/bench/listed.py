"""An asset directory as long as a real one, of invented companies."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product
from string import ascii_uppercase

from backtest.reports.directory import Directory, Listing, directory_csv, parse_directory

COUNT = 12_000
"""About what a broker lists as active."""


def listings(known: tuple[Listing, ...] = ()) -> tuple[Listing, ...]:
    """Return `COUNT` listings, those given among them."""
    taken = {one.ticker for one in known}
    invented = (one for one in _invented() if one.ticker not in taken)
    return (*known, *islice(invented, COUNT - len(known)))


def directory() -> Directory:
    """Return the directory of `COUNT` listings."""
    return parse_directory(directory_csv(listings()), "assets_2026-02-17.csv")


def _invented() -> Iterator[Listing]:
    for letters in product(ascii_uppercase, repeat=4):
        ticker = "".join(letters)
        yield Listing(ticker, f"{ticker.title()}ora Systems Inc. Common Stock", "NASDAQ")
