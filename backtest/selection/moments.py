"""The moments of an account's session returns, which every statistic of a selection is made of."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backtest.measures.yearly import yearly_sharpe

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FEWEST_SESSIONS = 4
"""Of fewer there are no moments."""


@dataclass(frozen=True, slots=True)
class Moments:
    """n returns: mean and standard deviation (n - 1) a session, as shares (0.01 is 1 %); skewness; kurtosis.

    Skewness and kurtosis are the sample estimates without bias (Joanes and Gill 1998, G1 and G2 + 3); of a normal
    distribution they are 0 and 3.
    """

    n: int
    mean: float
    std: float
    skew: float
    kurtosis: float

    @property
    def sharpe(self) -> float | None:
        """The Sharpe ratio a session, riskless rate 0; None where the returns do not differ."""
        return self.mean / self.std if self.std > 0 else None

    @property
    def yearly_sharpe(self) -> float | None:
        """The Sharpe ratio a year: that of a session times the root of 252."""
        return None if self.sharpe is None else yearly_sharpe(self.sharpe)


def moments_of(returns: NDArray[np.float64]) -> Moments:
    """Return the moments of at least `FEWEST_SESSIONS` returns. Raises ValueError for fewer.

    Returns that are all the same have a standard deviation of 0 exactly, skewness 0 and kurtosis 3.
    """
    n = len(returns)
    if n < FEWEST_SESSIONS:
        raise ValueError(f"moments need {FEWEST_SESSIONS} returns, there are {n}")
    mean = float(returns.mean())
    if float(returns.max()) == float(returns.min()):
        return Moments(n, mean, 0.0, 0.0, 3.0)
    off = returns - mean
    second, third, fourth = (float((off**power).mean()) for power in (2, 3, 4))
    skew = math.sqrt(n * (n - 1)) / (n - 2) * third / second**1.5
    excess = (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * (fourth / second**2 - 3) + 6)
    return Moments(n, mean, math.sqrt(second * n / (n - 1)), skew, excess + 3)


def known_moments(returns: NDArray[np.float64]) -> Moments | None:
    """Return the moments; None of fewer than `FEWEST_SESSIONS` returns."""
    return moments_of(returns) if len(returns) >= FEWEST_SESSIONS else None
