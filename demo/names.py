"""Invented tickers and companies."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from backtest.reports.directory import Listing

_FIRST = ("Quor", "Lume", "Vant", "Zephy", "Brix", "Ondar", "Kestr", "Morva", "Talis", "Ferro", "Hylo", "Nexa")
_MIDDLE = ("vex", "nara", "edge", "rion", "worth", "alis", "onde", "mont", "stone", "lane", "gate", "field")
_LAST = ("Systems", "Group", "Holdings", "Labs", "Industries", "Foods", "Energy", "Health", "Media", "Networks")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def ticker_names(count: int, rng: np.random.Generator) -> list[str]:
    """Return `count` different four-letter tickers beginning with Q, X or Z, sorted."""
    names: set[str] = set()
    while len(names) < count:
        first = "QXZ"[int(rng.integers(3))]
        names.add(first + "".join(_LETTERS[int(i)] for i in rng.integers(0, 26, 3)))
    return sorted(names)


def listings(tickers: Iterable[str]) -> tuple[Listing, ...]:
    """Return the asset directory's rows of invented tickers."""
    return tuple(Listing(ticker, company_name(ticker), "NASDAQ") for ticker in tickers)


def company_name(ticker: str) -> str:
    """Return the company of a ticker: always the same one."""
    code = sum(ord(letter) * 31**place for place, letter in enumerate(ticker))
    first, middle, last = _FIRST[code % 12], _MIDDLE[code // 12 % 12], _LAST[code // 144 % 10]
    return f"{first}{middle} {last}"
