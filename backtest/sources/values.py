"""What a strategy sees and what it answers: bars of symbols up to one session, and proposals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class SymbolBars:
    """Daily bars of one symbol, oldest first; the last one is of the as-of session.

    days: those sessions of the window in which it has a bar. open, high, low, close: USD a share, volume: shares; all
    adjusted for splits into the units of the session after the as-of session, prices for dividends as of the last bar.
    """

    days: tuple[date, ...]
    open: tuple[float, ...]
    high: tuple[float, ...]
    low: tuple[float, ...]
    close: tuple[float, ...]
    volume: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class History:
    """Everything a strategy may know: the last `warm_up` sessions that end with the as-of session.

    sessions: those of the exchange, as_of last. symbols: bars by symbol, in the order of the symbols file; a symbol
    without a bar in the as-of session is left out, for nothing can be said of its close.
    """

    as_of: date
    sessions: tuple[date, ...]
    symbols: Mapping[str, SymbolBars]


@dataclass(frozen=True, slots=True)
class Proposal:
    """One symbol that a strategy would buy at the open of the session after the as-of session.

    score: 0 to 100, ranks it among the day's candidates; None: behind those with one. grade: A, B, C or D. price: USD a
    share it was judged at; the entry is refused where the market is far from it. note: why, for people. day: the
    session it rests on when that is not the as-of session; never a later one.
    """

    ticker: str
    score: float | None = None
    grade: str = "B"
    price: float | None = None
    note: str = ""
    day: date | None = None
