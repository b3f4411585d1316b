"""Is the chosen configuration better than the mean of those it was chosen from, or would one of them seem so anyway?

Source: White, H. (2000), "A Reality Check for Data Snooping", Econometrica 68(5), 1097-1126; each difference divided by
its standard deviation as in Hansen, P. (2005), "A Test for Superior Predictive Ability", Journal of Business and
Economic Statistics 23(4), 365-380; resampled by the stationary bootstrap (Politis and Romano 1994).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtest.measures.bootstrap import SEED, row_counts
from backtest.measures.intervals import SESSION_BLOCK

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RESAMPLES = 1_000
_SAME = 1e-9
"""Below this spread what is left of configurations that are the same, but for rounding, is nothing."""
_AT_ONCE = 2_000


def chance_of_choice(returns: NDArray[np.float64], chosen: int, *, seed: int = SEED) -> float | None:
    """Return the probability that, were all equally good, one of them would stand out as the chosen one does.

    returns: a row a session, a column a configuration. Each column is divided by its standard deviation, as if all
    took the same risk; what it returned beyond the mean of all is then how far its Sharpe ratio is above the mean one.
    What all share (the market, the edge of the rules themselves) falls out. The mean of each, over its error, is
    compared with the largest one in `RESAMPLES` resamples of whole sessions, in which the true means are 0:
    p = (1 + resamples in which the largest reaches that of the chosen one) / (1 + resamples).
    None: the chosen one never moved, or there is no other. 1.0: it is the mean itself.
    """
    import numpy as np

    spread = returns.std(axis=0, ddof=1)
    if returns.shape[1] < 2 or not spread[chosen] > 0:
        return None
    scale = np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 0)
    shared = returns @ scale / len(scale)
    beyond = returns[:, chosen] * scale[chosen] - shared
    error = beyond.std(ddof=1)
    if not error > _SAME:
        return 1.0
    stands_out = beyond.mean() / error
    counts = row_counts(len(returns), block=SESSION_BLOCK, seed=seed, resamples=RESAMPLES) / len(returns)
    largest = np.full(RESAMPLES, -np.inf)
    for first in range(0, len(scale), _AT_ONCE):
        some = slice(first, first + _AT_ONCE)
        each = returns[:, some] * scale[some] - shared[:, None]
        each -= each.mean(axis=0)
        errors = each.std(axis=0, ddof=1)
        differs = errors > _SAME
        means = counts @ (each[:, differs] / errors[differs])
        largest = np.maximum(largest, means.max(axis=1, initial=-np.inf))
    return float((1 + (largest >= stands_out).sum()) / (1 + RESAMPLES))
