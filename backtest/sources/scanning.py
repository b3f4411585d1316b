"""Asks a candidate source before every session of a stretch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from backtest.market import PriceHistory
from backtest.model import Candidate
from backtest.params import EntryMode
from backtest.sessions import Sessions
from backtest.sources.proposing import Scan, proposed
from backtest.sources.windows import Windows, window_sessions
from backtest.text import how_many

if TYPE_CHECKING:
    from backtest.reports.directory import Directory

_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Scanned:
    """candidates: by trade date, of each in the order of the answer. notes: for the user."""

    candidates: tuple[Candidate, ...]
    notes: tuple[str, ...] = ()


def scan_start(scan: Scan, trade_date: date, sessions: Sessions) -> date:
    """Return the first session whose bars a source sees when it is asked before the open of `trade_date`."""
    return window_sessions(sessions, trade_date, scan.strategy.warm_up)[0]


def last_known(prices: PriceHistory, symbols: Sequence[str]) -> date | None:
    """Return the last session in which any of the symbols has a bar; None without any bar."""
    ends = [some.days[-1].item() for one in symbols if (some := prices.series(one)) is not None]
    return max(ends, default=None)


def scan_sessions(
    scan: Scan,
    prices: PriceHistory,
    first: date,
    last: date,
    entry_mode: EntryMode,
    directory: Directory | None = None,
    tell: Callable[[int, int], None] | None = None,
) -> Scanned:
    """Return the candidates of every trade date from `first` to `last`.

    prices: bars from `scan_start` of the first on; later ones than a date's as-of session change nothing of it. tell:
    is given how many sessions are done, of how many. Raises InputError (7) as `proposed` does.
    """
    windows = Windows(prices, scan.symbols)
    days = prices.sessions.between(first, last)
    found: list[Candidate] = []
    for number, day in enumerate(days, start=1):
        history = windows.history(day, scan.strategy.warm_up)
        found += proposed(scan, history, day, entry_mode, directory)
        if tell is not None:
            tell(number, len(days))
    return Scanned(tuple(found), _notes(scan, prices))


def _notes(scan: Scan, prices: PriceHistory) -> tuple[str, ...]:
    missing = [one for one in scan.symbols if prices.series(one) is None]
    if not missing:
        return ()
    return (f"{named(missing)} without any bar",)


def named(symbols: Sequence[str]) -> str:
    """Return symbols counted, and the first of them by name: `2 symbols (A, B)`."""
    more = f" and {len(symbols) - _SHOWN} more" if len(symbols) > _SHOWN else ""
    return f"{how_many(len(symbols), 'symbol')} ({', '.join(symbols[:_SHOWN])}{more})"
