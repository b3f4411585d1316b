"""A configuration judged by its neighbours on the grid: a peak that stands alone is rather luck than skill. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

Place = tuple[int, ...]
"""Where a configuration stands on the grid: for each swept parameter the position of its value among the values."""
_MOST_COMPARED = 5_000
"""From so many configurations on they are not all compared with each other to find neighbours farther than a step."""


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """A configuration with its neighbours. count: neighbours without itself. mean, lowest: of all their values.

    is_edge: a parameter with an order has its first or last value, so that part of the neighbourhood is not known.
    """

    count: int
    mean: float
    lowest: float
    is_edge: bool


@dataclass(frozen=True, slots=True)
class Neighbourhoods:
    """Of every configuration, in their order.

    reach: how many steps away a neighbour may be. axes: how many parameters have an order and several values.
    """

    found: tuple[Neighbourhood, ...]
    reach: int
    axes: int


def neighbourhoods(
    places: Sequence[Place], values: Sequence[float | None], sizes: Sequence[int], ordered: Sequence[bool]
) -> Neighbourhoods:
    """Return the neighbourhood of every configuration.

    A neighbour is at most one step away in every parameter that has an order, and equal in every other. On a grid
    with many holes (a random sample) it may be more steps away: as few as give a configuration, on average, as many
    neighbours as there are parameters with an order. sizes: how many values each parameter has; ordered: whether they
    have an order (numbers have, words have none). A value of None (no Sharpe ratio: nothing was held) counts as 0.
    """
    axes = sum(o and n > 1 for n, o in zip(sizes, ordered, strict=True))
    farthest = max((n - 1 for n, o in zip(sizes, ordered, strict=True) if o), default=0)
    reach, near = 1, _near(places, ordered, 1)
    while sum(map(len, near)) - len(near) < axes * len(near) and reach < farthest and len(places) <= _MOST_COMPARED:
        reach += 1
        near = _compared(places, ordered, reach)
    found = []
    for place, numbers in zip(places, near, strict=True):
        there = [values[number] or 0.0 for number in numbers]
        is_edge = any(o and n > 1 and p in (0, n - 1) for p, n, o in zip(place, sizes, ordered, strict=True))
        found.append(Neighbourhood(len(there) - 1, sum(there) / len(there), min(there), is_edge))
    return Neighbourhoods(tuple(found), reach, axes)


def best_of(around: Neighbourhoods, values: Sequence[float | None]) -> int:
    """Return the number of the configuration with the best mean of its neighbourhood; of equals the better, the first.

    One with fewer neighbours than there are parameters with an order (or fewer than the best supplied one has) is not
    chosen: too little confirms it.
    """
    least = min(around.axes, max(one.count for one in around.found))

    def rank(number: int) -> tuple[bool, float, float, float, int]:
        one = around.found[number]
        return (one.count >= least, one.mean, one.lowest, values[number] or 0.0, -number)

    return max(range(len(around.found)), key=rank)


def _near(places: Sequence[Place], ordered: Sequence[bool], reach: int) -> list[list[int]]:
    """Return the numbers of each configuration's neighbours, itself among them."""
    if 3 ** sum(ordered) > len(places) and len(places) <= _MOST_COMPARED:
        return _compared(places, ordered, reach)
    where = {place: number for number, place in enumerate(places)}
    steps = list(product(*((-1, 0, 1) if has_order else (0,) for has_order in ordered)))
    looked = ([where.get(tuple(p + s for p, s in zip(place, step, strict=True))) for step in steps] for place in places)
    return [[number for number in numbers if number is not None] for numbers in looked]


def _compared(places: Sequence[Place], ordered: Sequence[bool], reach: int) -> list[list[int]]:
    import numpy as np

    all_places, limit = np.array(places), np.where(ordered, reach, 0)
    return [np.flatnonzero((np.abs(all_places - one) <= limit).all(axis=1)).tolist() for one in all_places]
