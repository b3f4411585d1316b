"""Tasks are handed out in groups, so that handing them out costs nothing beside the work."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from math import ceil
from statistics import median

LEAST_S = 0.5
"""A group shall take at least this long: below it a scheduler's milliseconds a task are felt."""
WANTED_S = 1.0
_RECENT = 5

Range = tuple[int, int]
"""Tasks from the first index up to but not including the second."""


class GroupSize:
    """How many tasks the next group gets, from how long the last ones took."""

    def __init__(self) -> None:
        self._seconds: deque[float] = deque(maxlen=_RECENT)

    def took(self, seconds: float, tasks: int) -> None:
        """Note a group that was done."""
        self._seconds.append(seconds / tasks)

    def next(self, left: int, slots: int) -> int:
        """Return the size of the next group. left: tasks not handed out. slots: groups done at the same time."""
        if not self._seconds:
            return 1
        one = max(median(self._seconds), 1e-6)
        fair = ceil(left / max(slots, 1))  # towards the end smaller groups, so that no worker waits for another
        return max(1, min(left, ceil(WANTED_S / one), max(fair, ceil(LEAST_S / one))))


class Left:
    """The tasks that nobody has taken yet, as ranges in order."""

    def __init__(self, count: int, done: Iterable[Range]) -> None:
        self._ranges: list[Range] = []
        start = 0
        for first, end in sorted(done):
            if first > start:
                self._ranges.append((start, first))
            start = max(start, end)
        if start < count:
            self._ranges.append((start, count))

    def __len__(self) -> int:
        return sum(end - first for first, end in self._ranges)

    def take(self, size: int) -> Range:
        """Take up to `size` tasks that follow each other."""
        first, end = self._ranges.pop(0)
        if first + size < end:
            self._ranges.insert(0, (first + size, end))
            end = first + size
        return first, end

    def give_back(self, ranges: Iterable[Range]) -> None:
        """Put ranges back that were taken and not done."""
        self._ranges = sorted([*self._ranges, *ranges])
