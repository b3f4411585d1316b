"""The price at every moment of a session.

A session's price stays at the open for five minutes, then moves in straight lines through low, high
and close at one, two and three thirds of the rest. The path touches exactly the prices of the bar, so
a stop triggers here when and only when `low <= stop`, as in the simulators.
"""

from __future__ import annotations

from itertools import pairwise

from live.sim.timeline import FLAT_US, NEVER

PricePath = tuple[tuple[int, int], ...]
"""Corner points (moment, price) of one session's price; straight lines between them."""


def price_path(opens: int, closes: int, bar: tuple[int, int, int, int]) -> PricePath:
    """Return the path of a session from its open, high, low and close."""
    first, high, low, last = bar
    flat_end = min(opens + FLAT_US, closes)
    third = (closes - flat_end) // 3
    return (
        (opens, first),
        (flat_end, first),
        (flat_end + third, low),
        (flat_end + 2 * third, high),
        (closes, last),
    )


def price_at(path: PricePath, moment: int) -> int:
    """Return the price at a moment of the session; between two 1/10,000 the one it comes from, so that a level
    is shown when it is reached and not before."""
    for (start, left), (end, right) in pairwise(path):
        if moment < end:
            moved = abs(right - left) * (moment - start) // (end - start)
            return left + moved if right >= left else left - moved
    return path[-1][1]


def first_touch(path: PricePath, since: int, level: int, *, falling: bool) -> int:
    """Return the first moment from `since` on when the price is at or below (falling) or above `level`; NEVER."""
    sign = 1 if falling else -1
    if sign * (price_at(path, since) - level) <= 0:
        return since
    for (start, left), (end, right) in pairwise(path):
        if end <= since or sign * (right - level) > 0:
            continue
        distance, span = sign * (left - level), sign * (left - right)  # not beyond at `since`, so distance > 0
        return start - (-distance * (end - start) // span)
    return NEVER
