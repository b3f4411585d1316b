"""Is a Sharpe ratio above another one, given how long and how irregular its record is? Pure.

Source: Bailey, D. and Lopez de Prado, M. (2012), "The Sharpe Ratio Efficient Frontier", Journal of Risk 15(2), 3-44.
All Sharpe ratios here are those of a session, not of a year.
"""

from __future__ import annotations

import math
from statistics import NormalDist

from backtest.selection.moments import Moments

_NORMAL = NormalDist()


def probabilistic_sharpe(moments: Moments, benchmark: float = 0.0) -> float | None:
    """Return the probability that the true Sharpe ratio is above `benchmark` (2012, equation 11).

    PSR(SR*) = Z[(SR - SR*) sqrt(n - 1) / sqrt(1 - skew SR + (kurtosis - 1)/4 SR^2)]. None where the returns do not
    differ, or where the moments make the variance of the estimate no positive number.
    """
    error = sharpe_error(moments)
    return None if error is None or moments.sharpe is None else _NORMAL.cdf((moments.sharpe - benchmark) / error)


def sharpe_error(moments: Moments) -> float | None:
    """Return the standard error of the Sharpe ratio of a session (2012, equation 8; Mertens 2002). None as above."""
    variance = _variance(moments)
    return None if variance is None else math.sqrt(variance / (moments.n - 1))


def minimum_track_record(moments: Moments, benchmark: float = 0.0, confidence: float = 0.95) -> float | None:
    """Return how many sessions it takes to say with `confidence` that the Sharpe ratio is above `benchmark`.

    MinTRL = 1 + (1 - skew SR + (kurtosis - 1)/4 SR^2) (Z_confidence / (SR - SR*))^2 (2012, equation 13).
    None where no record of this kind is ever long enough: the Sharpe ratio is not above the benchmark.
    """
    variance, sharpe = _variance(moments), moments.sharpe
    if variance is None or sharpe is None or sharpe <= benchmark:
        return None
    return 1 + variance * (_NORMAL.inv_cdf(confidence) / (sharpe - benchmark)) ** 2


def _variance(moments: Moments) -> float | None:
    sharpe = moments.sharpe
    if sharpe is None:
        return None
    variance = 1 - moments.skew * sharpe + (moments.kurtosis - 1) / 4 * sharpe**2
    return variance if variance > 0 else None
