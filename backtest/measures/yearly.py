"""From an equity curve to figures of a year: session returns, Sharpe ratio, CAGR; a year has 252 sessions.

One value or an array of them alike. Formulas and sources: `measures.registry`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

SESSIONS_A_YEAR = 252
_ROOT = math.sqrt(SESSIONS_A_YEAR)

Numbers = TypeVar("Numbers", float, NDArray[np.float64])


def session_returns(curve: NDArray[np.int64] | Sequence[int]) -> NDArray[np.float64]:
    """Return what each session made of the equity before it, as a share; 0 where there was none, or less.

    curve: the capital before the first session, then the equity after each.
    """
    worth = np.asarray(curve, dtype=np.float64)
    before = worth[:-1]
    return np.divide(worth[1:] - before, before, out=np.zeros(len(before)), where=before > 0)


def yearly_sharpe(sharpe: Numbers) -> Numbers:
    """Return the Sharpe ratio a year of one a session: mean / standard deviation (n - 1), riskless rate 0."""
    return sharpe * _ROOT


def compound_growth(growth: float, sessions: int) -> float | None:
    """Return the compound growth a year, as a share. growth: end / start; None when nothing is left."""
    return growth ** (SESSIONS_A_YEAR / sessions) - 1 if growth > 0 else None
