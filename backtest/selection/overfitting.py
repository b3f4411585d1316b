"""How often is the best in one half of the time below the middle in the other half? Pure.

Source: Bailey, D., Borwein, J., Lopez de Prado, M. and Zhu, Q. (2017), "The Probability of Backtest Overfitting",
Journal of Computational Finance 20(4), 39-69.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BLOCKS = 16
_AT_ONCE = 1_000_000
"""Numbers held at a time: a hundred thousand trials need no more memory than a hundred."""


def overfitting_probability(returns: NDArray[np.float64], blocks: int = BLOCKS) -> float | None:
    """Return the probability of backtest overfitting by combinatorially symmetric cross validation (2017, section 2).

    returns: a row a session, a column a trial. The sessions are cut into `blocks` of equal length (what is left over
    at the end is not used); for every choice of half the blocks the trial with the best Sharpe ratio in them is ranked
    by its Sharpe ratio in the others, ties by their mean rank; the probability is the share of choices in which that
    rank is at the middle or below. A trial without any spread in a half has a Sharpe ratio of 0 there. None: fewer
    than two trials, or fewer than two sessions a block.
    """
    import numpy as np

    rows, trials = len(returns) // blocks * blocks, returns.shape[1]
    if trials < 2 or rows < 2 * blocks:
        return None
    cut = returns[:rows].reshape(blocks, rows // blocks, trials)
    centre = returns[:rows].mean(axis=0)  # sums of squares about the mean lose no digits
    sums = np.stack([(block - centre).sum(axis=0) for block in cut])
    squares = np.stack([((block - centre) ** 2).sum(axis=0) for block in cut])
    low, high = cut.min(axis=1), cut.max(axis=1)
    inside = _choices(blocks)
    below = 0
    for first in range(0, len(inside), step := max(1, _AT_ONCE // trials)):
        chosen = inside[first : first + step]
        mine = _sharpe(chosen, sums, squares, low, high, centre, rows // 2)
        other = _sharpe(~chosen, sums, squares, low, high, centre, rows // 2)
        best = mine.argmax(axis=1)
        its = other[np.arange(len(best)), best][:, None]
        rank = (other < its).sum(axis=1) + ((other == its).sum(axis=1) + 1) / 2
        below += int((rank <= (trials + 1) / 2).sum())
    return below / len(inside)


@cache
def _choices(blocks: int) -> NDArray[np.bool_]:
    """Return every choice of half the blocks, a row each."""
    import numpy as np

    chosen = np.array(list(combinations(range(blocks), blocks // 2)))
    inside = np.zeros((len(chosen), blocks), dtype=bool)
    np.put_along_axis(inside, chosen, True, axis=1)
    return inside


def _sharpe(
    inside: NDArray[np.bool_],
    sums: NDArray[np.float64],
    squares: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    centre: NDArray[np.float64],
    n: int,
) -> NDArray[np.float64]:
    """Return the Sharpe ratio of each trial (column) in each choice of blocks (row)."""
    import numpy as np

    weights = inside.astype(np.float64)
    mean = weights @ sums / n
    variance = np.maximum((weights @ squares - n * mean**2) / (n - 1), 0.0)
    differs = _differs(weights, low, high)
    return np.divide(mean + centre, np.sqrt(variance), out=np.zeros_like(mean), where=differs & (variance > 0))


def _differs(weights: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return whether the returns of a trial differ within a choice: only those that are constant somewhere can not."""
    import numpy as np

    differs = np.ones((len(weights), low.shape[1]), dtype=bool)
    for trial in np.flatnonzero((low == high).any(axis=0)):
        chosen = weights > 0
        lowest = np.where(chosen, low[:, trial], np.inf).min(axis=1)
        highest = np.where(chosen, high[:, trial], -np.inf).max(axis=1)
        differs[:, trial] = lowest < highest
    return differs
