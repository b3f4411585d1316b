"""Takes the splits out of prices that came adjusted for them. Pure."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from backtest.model import Split
from backtest.prices.raw import RawBars


def as_traded(bars: RawBars, splits: Iterable[Split]) -> RawBars:
    """Return bars in the units of their own days, exact to the rounding they came with.

    bars: adjusted for all of `splits`, prices and volumes. splits: of this ticker, those up to the time it was asked.
    """
    factor = np.ones(len(bars))
    for split in splits:
        factor[: int(bars.days.searchsorted(np.datetime64(split.ex_date, "D")))] *= float(split.ratio)
    return RawBars(bars.days, bars.prices * factor[:, None], np.rint(bars.volume / factor).astype(np.int64))
