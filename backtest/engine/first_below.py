"""The first value at or below a bound in a stretch of a long column, for many stretches at once.

A tree of minima over blocks of eight: a question climbs until a block holds such a value, then descends to it. Its cost
grows with the logarithm of the distance, its memory is a seventh of the column.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_HIGHEST = np.iinfo(np.int64).max
_FROM_LANE = np.triu(np.ones((8, 8), np.bool_)).view(np.uint64).ravel()
"""By lane of a block, a mask of eight bytes: 1 from that lane on."""


class FirstBelow:
    """A column of int64 that never changes, ready to be asked."""

    def __init__(self, column: NDArray[np.int64]) -> None:
        self._levels = [_in_eights(column)]
        while len(self._levels[-1]) > 1:
            self._levels.append(_in_eights(self._levels[-1].min(axis=1)))

    def first(self, begin: NDArray[np.int64], end: NDArray[np.int64], bound: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return for each stretch [begin, end) the first index whose value is at or below `bound`; -1 for none."""
        found, height = self._climb(begin, end, bound)
        for level in range(len(self._levels) - 1, 0, -1):
            some = np.flatnonzero(height >= level)
            block = found[some]
            is_low = self._levels[level - 1].take(block, axis=0) <= bound[some, None]
            found[some] = block * 8 + is_low.argmax(axis=1)
        return np.where((found < end) & (height >= 0), found, -1)

    def _climb(
        self, begin: NDArray[np.int64], end: NDArray[np.int64], bound: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the index of the first low value or block of values, and the level it stands at; level -1 for none."""
        found = np.zeros(len(begin), np.int64)
        height = np.full(len(begin), -1)
        open_ = np.flatnonzero(begin < end)
        place, most = begin[open_], bound[open_]
        for level, minima in enumerate(self._levels):
            if not len(open_):
                break
            block = place >> 3
            low = (minima.take(block, axis=0) <= most[:, None]).view(np.uint64).ravel() & _FROM_LANE[
                place & 7
            ]  # eight at a time
            is_found = low != 0
            hit = open_[is_found]
            lane = low[is_found].view(np.bool_).reshape(-1, 8).argmax(axis=1)
            found[hit], height[hit] = block[is_found] * 8 + lane, level
            following = block + 1
            goes_on = np.flatnonzero(~is_found & ((following << 3 * (level + 1)) < end[open_]))
            open_, place, most = open_[goes_on], following[goes_on], most[goes_on]
        return found, height


def _in_eights(column: NDArray[np.int64]) -> NDArray[np.int64]:
    rows = np.full((-(-len(column) // 8), 8), _HIGHEST)
    rows.ravel()[: len(column)] = column
    return rows
