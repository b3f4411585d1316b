"""How much of a figure could be chance: resamples of sessions in blocks, so that what hangs together stays together.

Circular block bootstrap (Politis & Romano 1992, "A circular block-resampling procedure for stationary data"): blocks
of sessions that follow each other are drawn with replacement, the last session being followed by the first. The
length of a block grows with the cube root of the number of sessions (Künsch 1989).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2_000
LEAST_BLOCK = 5
"""A trading week."""
_AT_ONCE = 200
_TAILS = (2.5, 97.5)

Interval = tuple[float, float]
Floats = NDArray[np.float64]


def block_length(count: int) -> int:
    """Return the length of a block for so many values in a row."""
    return max(LEAST_BLOCK, round(math.cbrt(count)))


def resampled(
    figures: Callable[[NDArray[np.int64]], Floats], count: int, seed: int, *, length: int | None = None
) -> Floats:
    """Return the figures of RESAMPLES resamples of `count` values in a row, a row each.

    figures: given the positions drawn, (resamples, count), returns (resamples, figures). length: of a block.
    """
    generator = np.random.default_rng(seed)
    size = length or block_length(count)
    blocks = -(-count // size)
    rows = []
    for _ in range(RESAMPLES // _AT_ONCE):
        starts = generator.integers(0, count, size=(_AT_ONCE, blocks, 1))
        places = (starts + np.arange(size)) % count
        rows.append(figures(places.reshape(_AT_ONCE, -1)[:, :count]))
    return np.concatenate(rows)


def interval(values: Floats) -> Interval | None:
    """Return the middle 95 %; None where hardly half of the resamples had a value."""
    known = values[np.isfinite(values)]
    if len(known) < len(values) // 2 or not len(known):
        return None
    low, high = np.percentile(known, _TAILS)
    return float(low), float(high)


def mean_by_cluster(sums: Sequence[float], counts: Sequence[int], seed: int) -> Interval | None:
    """Return the 95 % interval of a mean over things that come in clusters, by resampling whole clusters.

    sums, counts: of each cluster. None with fewer than two.
    """
    if len(sums) < 2:
        return None
    totals, numbers = np.array(sums, dtype=np.float64), np.array(counts, dtype=np.float64)

    def means(places: NDArray[np.int64]) -> Floats:
        drawn: Floats = totals[places].sum(axis=1) / numbers[places].sum(axis=1)
        return drawn[:, None]

    return interval(resampled(means, len(totals), seed, length=1)[:, 0])
