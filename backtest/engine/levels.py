"""When a session first reaches a level of a position: its stop from above, its target from below."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from backtest.engine.first_below import FirstBelow
from backtest.engine.price_table import NO_BAR, PriceTable
from backtest.money import split_stop, split_target
from backtest.params import StopMode
from backtest.stops import is_watched_on_entry_day, watched_price

NEVER = 1 << 40
"""A session that does not come."""


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """The session that reaches each level (NEVER for none), and the level in units of that session."""

    session: NDArray[np.int64]
    level: NDArray[np.int64]


class Levels:
    """Searches one price table."""

    def __init__(self, table: PriceTable, highs: Callable[[], NDArray[np.int64]]) -> None:
        """highs: `PriceTable.highs`, asked once targets are looked for."""
        self._table = table
        self._highs = highs
        self._watched: dict[StopMode, FirstBelow] = {}
        self._falling: FirstBelow | None = None

    def stops(
        self, row: NDArray[np.int64], session: NDArray[np.int64], stop: NDArray[np.int64], mode: StopMode
    ) -> Hits:
        """Return where each stop of an entry is fired. row, session: of the entries."""
        # a close that decides an exit is judged before the next open, in units of that session
        ahead = 1 if mode is StopMode.CLOSE_NEXT_OPEN else 0
        begin = session + (0 if is_watched_on_entry_day(mode) else 1)
        return self._search(self._column(mode), row, session, begin, stop, split_stop, ahead)

    def targets(self, row: NDArray[np.int64], session: NDArray[np.int64], target: NDArray[np.int64]) -> Hits:
        """Return where each target of an entry is reached, in the session of the entry already."""
        if self._falling is None:
            highs = self._highs()
            self._falling = FirstBelow(np.where(highs > 0, -highs, NO_BAR).ravel())
        hits = self._search(self._falling, row, session, session, -target, _split_falling, 0)
        return Hits(hits.session, -hits.level)

    def _search(
        self,
        column: FirstBelow,
        row: NDArray[np.int64],
        session: NDArray[np.int64],
        begin: NDArray[np.int64],
        level: NDArray[np.int64],
        split: Callable[[NDArray[np.int64], Fraction], NDArray[np.int64]],
        ahead: int,
    ) -> Hits:
        """Search each level's first hit between the splits of its ticker; a split changes the level.

        column: what is at or below a level when it reaches it. begin: the first session looked at. ahead: so many
        sessions before a split are in its units already.
        """
        splits, count = self._table.splits, self._table.sessions
        begin, level, hit = begin.copy(), level.copy(), np.full(len(begin), NEVER)
        event = splits.first_after(row, session)
        todo = np.arange(len(begin))
        while len(todo):
            base, is_split = row[todo] * count, event[todo] < splits.bounds[row[todo] + 1]
            end = np.full(len(todo), count)
            end[is_split] = splits.session[event[todo[is_split]]] - ahead
            found = column.first(base + begin[todo], base + end, level[todo])
            is_hit = found >= 0
            hit[todo[is_hit]] = found[is_hit] - base[is_hit]
            begin[todo] = np.maximum(begin[todo], end)
            todo = todo[~is_hit & is_split]
            for ratio, some in splits.ratios(event[todo]):
                level[todo[some]] = split(level[todo[some]], ratio)
            event[todo] += 1
        return Hits(hit, level)

    def _column(self, mode: StopMode) -> FirstBelow:
        """Return the prices that fire stops in this mode, ready to be searched."""
        if mode not in self._watched:
            low, closes = self._table.low, self._closes_as_judged(mode)
            self._watched[mode] = FirstBelow(watched_price(low, low if closes is None else closes, mode).ravel())
        return self._watched[mode]

    def _closes_as_judged(self, mode: StopMode) -> NDArray[np.int64] | None:
        """Return the closes that fire stops, where a session has a bar; None where closes fire none."""
        if watched_price(0, 1, mode) == 0:
            return None
        table = self._table
        closes = table.closes_of_bars()
        if mode is StopMode.CLOSE_NEXT_OPEN:
            for event, session in enumerate(table.splits.session.tolist()):
                row = int(np.searchsorted(table.splits.bounds, event, side="right")) - 1
                if table.open[row, session - 1] > 0:
                    closes[row, session - 1] = table.before[row, session]
        return closes


def _split_falling(level: NDArray[np.int64], ratio: Fraction) -> NDArray[np.int64]:
    return -split_target(-level, ratio)
