"""What a remote price source answers before the cache, the check and the adjustment: raw columns and events."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from backtest.errors import DriftError, PriceSourceUnavailableError
from backtest.model import Split

MOST_DIGITS, MOST_EXPONENT = 100, 15
"""Of a number of which a ratio is made."""
UNUSABLE = (KeyError, TypeError, ValueError, ArithmeticError, AttributeError)
"""What reading a row of another form raises."""


@dataclass(frozen=True, slots=True, eq=False)
class RawBars:
    """One ticker's bars as the source gave them, oldest first, one a day, unchecked.

    days: datetime64[D]. prices: float64 dollars, columns open, high, low, close. volume: int64 shares.
    """

    days: NDArray[np.datetime64]
    prices: NDArray[np.float64]
    volume: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.days)


@dataclass(frozen=True, slots=True)
class Dividend:
    """A cash dividend: dollars a share, in the units of the ex-date."""

    ticker: str
    ex_date: date
    amount: float


@dataclass(frozen=True, slots=True)
class RawBarsAnswer:
    """bars: tickers with at least one bar. failed: tickers that could not be answered, and why.

    unknown: those of `failed` for which the source answered that it has no bar in the range.
    """

    bars: Mapping[str, RawBars]
    failed: Mapping[str, str] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Actions:
    """Splits and dividends of the tickers asked, in no particular order."""

    splits: tuple[Split, ...] = ()
    dividends: tuple[Dividend, ...] = ()


class RawSource(Protocol):
    """A remote source behind the cache (`CachedPrices`), which makes a `PriceProvider` of it.

    source, feed, has_all_splits: as in `PriceProvider`. adjusted: its prices are adjusted for later splits or
    dividends, so that cached bars can go stale; False: they are as traded and final.
    Both calls raise PriceSourceUnavailableError when nothing could be fetched at all.
    """

    source: str
    feed: str | None
    has_all_splits: bool
    adjusted: bool

    def fetch_bars(self, tickers: Sequence[str], start: date, end: date) -> RawBarsAnswer:
        """Return the daily bars of closed sessions in [start, end]."""
        ...

    def fetch_actions(self, tickers: Sequence[str], start: date, end: date) -> Actions:
        """Return splits and dividends with ex_date in [start, end]; `end` may lie in the future."""
        ...


@contextmanager
def no_answer_is_unavailable() -> Iterator[None]:
    """Turn whatever a client raises for "no answer" (exit code 8) into a PriceSourceUnavailableError."""
    try:
        yield
    except PriceSourceUnavailableError:
        raise
    except DriftError as error:
        if error.exit_code != PriceSourceUnavailableError.exit_code:
            raise
        raise PriceSourceUnavailableError(error.what, next_step=error.next_step) from error


def json_number(value: Any) -> float:
    """Return a JSON number as float, NaN when it is not finite; ValueError for anything else (None, text, bool)."""
    if isinstance(value, bool | str) or value is None:
        raise ValueError(f"no number: {value!r}")
    number = float(value)
    return number if math.isfinite(number) else math.nan


def exact_number(text: str) -> Fraction:
    """Return a decimal number above 0 exactly. Raises ValueError for anything else, and for one of impossible size.

    A fraction of "1e999999999" would take all memory there is.
    """
    try:
        number = Decimal(text.strip()) if len(text) <= MOST_DIGITS else Decimal(0)
    except InvalidOperation:
        number = Decimal(0)
    if not number.is_finite() or number <= 0 or abs(number.adjusted()) > MOST_EXPONENT:
        raise ValueError(f"no number above 0 of sane size: {text[:MOST_DIGITS]!r}")
    return Fraction(number)


def exact_ratio(text: str) -> Fraction:
    """Return new shares for one old: "4", "0.1", "4:1", "1/10". Raises ValueError as `exact_number`."""
    new, _, old = text.replace(":", "/").partition("/")
    return exact_number(new) / exact_number(old or "1")


def no_bars() -> RawBars:
    """Return an empty column set."""
    return RawBars(np.empty(0, dtype="datetime64[D]"), np.empty((0, 4)), np.empty(0, dtype=np.int64))
