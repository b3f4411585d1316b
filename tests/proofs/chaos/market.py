"""The market of a history: from the shapes of its sessions to bars and splits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction

import numpy as np

from backtest.bars import BarSeries
from backtest.model import Split
from backtest.money import floor_to_tick
from tests.cli.account import SESSIONS, day
from tests.proofs.chaos.schedule import QUIET, Schedule

BEFORE, AFTER = 45, 12
"""Sessions with quiet bars before the first day and after the last one."""
FIRST_LEVEL = 1_000_000
"""$100 in 1/10,000."""
RATIOS = {"s": Fraction(2), "r": Fraction(1, 4)}
Row = tuple[date, int, int, int, int]


def series_of(schedule: Schedule) -> tuple[BarSeries, ...]:
    """Return the bars of every ticker."""
    return tuple(_series(ticker, shapes) for ticker, shapes in schedule.market)


def splits_of(schedule: Schedule) -> tuple[Split, ...]:
    """Return the splits, each before the open of its session."""
    return tuple(
        Split(ticker, day(number), RATIOS[shape])
        for ticker, shapes in schedule.market
        for number, shape in enumerate(shapes)
        if shape in RATIOS
    )


def _series(ticker: str, shapes: str) -> BarSeries:
    rows = list(_rows(shapes))
    columns = [np.array([row[n] for row in rows], dtype=np.int64) for n in range(1, 5)]
    days = np.array([row[0] for row in rows], dtype="datetime64[D]")
    return BarSeries(ticker, days, *columns, np.full(len(rows), 1000), np.ones(len(rows)))


def _rows(shapes: str) -> Iterator[Row]:
    """Yield the sessions' bars, prices as traded."""
    first = SESSIONS.index(day(0)) - BEFORE
    signs = QUIET * BEFORE + shapes + ("x" if "x" in shapes else QUIET) * AFTER
    level = FIRST_LEVEL
    for number, shape in enumerate(signs):
        session = SESSIONS.days[first + number]
        if shape in RATIOS:
            level = floor_to_tick(int(level / RATIOS[shape]))
        open_, high, low, close = _path(shape, level)
        if shape not in "hx":
            yield session, open_, high, low, close
        level = close


def _path(shape: str, level: int) -> tuple[int, int, int, int]:
    """Return open, high, low and close of a session that begins at a level."""

    def percent(share: int) -> int:
        return floor_to_tick(level * share // 100)

    match shape:
        case "d":
            return level, level, percent(80), percent(84)
        case "g":
            return percent(75), percent(76), percent(74), percent(75)
        case "u":
            return level, percent(107), level, percent(106)
        case "h" | "x":
            return level, level, level, level
        case _:
            return level, percent(101), percent(99), level
