"""Whether bars are of survivors only: a market in which hardly a stock ends has lost those that were delisted. Pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from backtest.bars import BarSeries
from backtest.measures.yearly import SESSIONS_A_YEAR
from backtest.sessions import Sessions
from backtest.text import how_many

STALE_SESSIONS = 10
"""A symbol whose bars end at most so many sessions before the others' may be late; one that ends earlier has ended."""
LEAST_ENDED_A_YEAR = 0.01
"""When a smaller share of the symbols ends in a year, those that were delisted are not in the data."""


def has_survivors_only(symbols: int, survivors: int, sessions: int) -> bool:
    """Return whether fewer than 1 % of the symbols end in a year; False for less than a year.

    survivors: symbols whose bars go on to the end or to its last few sessions.
    """
    years = sessions / SESSIONS_A_YEAR
    return years >= 1 and symbols > 1 and symbols - survivors < symbols * (LEAST_ENDED_A_YEAR * years)


def survivors_words(symbols: int, survivors: int) -> str:
    """Return what must be known of results on survivors only."""
    return (
        f"Survivors only: {survivors} of {how_many(symbols, 'symbol')} trade to the end; stocks that were delisted are "
        "missing, and results look better than they were"
    )


def survivors_note(series: Collection[BarSeries], first: date, last: date, sessions: Sessions) -> str | None:
    """Return what a run from `first` to `last` on these bars must say; None where stocks end as they do."""
    days = sessions.between(first, last)
    late = days[max(len(days) - 1 - STALE_SESSIONS, 0)]
    survivors = sum(one.days[-1].item() >= late for one in series if len(one))
    return survivors_words(len(series), survivors) if has_survivors_only(len(series), survivors, len(days)) else None
