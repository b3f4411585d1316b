"""Whether an open looks like that of a split which nobody recorded. Pure."""

from __future__ import annotations

from fractions import Fraction

from backtest.model import Price
from backtest.splits import USUAL_RATIOS

LEAST_JUMP = Fraction(3, 2)
"""A smaller split moves the price no further than news does."""
TOLERANCE_PCT = 2
_RATIOS = tuple(ratio for ratio in USUAL_RATIOS if max(ratio, 1 / ratio) >= LEAST_JUMP)


def split_ratio_of(opened: Price, expected: Price) -> Fraction | None:
    """Return the usual split ratio at which a stock opened, within 2 %; None for any other open.

    expected: the close before, in units of the open by every split that is known.
    """
    for ratio in _RATIOS:
        at = expected / ratio
        if abs(opened - at) * 100 <= TOLERANCE_PCT * at:
            return ratio
    return None
