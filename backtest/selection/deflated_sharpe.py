"""The Sharpe ratio of the best of many trials, less what the best of so many reaches by chance. Pure.

Source: Bailey, D. and Lopez de Prado, M. (2014), "The Deflated Sharpe Ratio: Correcting for Selection Bias, Backtest
Overfitting, and Non-Normality", Journal of Portfolio Management 40(5), 94-107.
All Sharpe ratios here are those of a session, not of a year.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist, variance

from backtest.selection.moments import Moments
from backtest.selection.track_record import probabilistic_sharpe

EULER = 0.5772156649015329
"""The constant of Euler and Mascheroni."""


def expected_best_sharpe(trials: int, spread: float) -> float:
    """Return the Sharpe ratio that the best of `trials` reaches on average when none has a true one above 0.

    spread: standard deviation of the trials' Sharpe ratios. (2014, equation 1)
    E[max] = spread ((1 - g) Z^-1[1 - 1/N] + g Z^-1[1 - 1/(N e)]), g the constant of Euler; 0 of a single trial.
    Trials that resemble each other count in full, so that the figure is rather too high than too low.
    """
    if trials < 2:
        return 0.0
    inverse = NormalDist().inv_cdf
    return spread * ((1 - EULER) * inverse(1 - 1 / trials) + EULER * inverse(1 - 1 / (trials * math.e)))


def deflated_sharpe(moments: Moments, trials: int, spread: float) -> float | None:
    """Return the probability that the true Sharpe ratio of the chosen trial is above 0 (2014, equation 2).

    It is the probabilistic Sharpe ratio against what the best of so many reaches by chance. None as there.
    """
    return probabilistic_sharpe(moments, expected_best_sharpe(trials, spread))


def sharpe_spread(sharpes: Sequence[float]) -> float:
    """Return the standard deviation (n - 1) of the trials' Sharpe ratios; 0 of fewer than two."""
    return math.sqrt(variance(sharpes)) if len(sharpes) > 1 else 0.0
