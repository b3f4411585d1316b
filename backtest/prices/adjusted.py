"""Raw bars as traded, splits and dividends → the checked series that rules and markets read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from backtest.bars import BarSeries
from backtest.model import RefusedBar, Split
from backtest.prices.quality import make_series
from backtest.prices.raw import Actions, Dividend, RawBars


def adjusted_series(ticker: str, bars: RawBars, actions: Actions) -> tuple[BarSeries | None, list[RefusedBar]]:
    """Return one ticker's series, None without an accepted bar, and the bars refused. actions: of any tickers."""
    splits = [split for split in actions.splits if split.ticker == ticker]
    dividends = [one for one in actions.dividends if one.ticker == ticker]
    factor = dividend_factor(bars, dividends, splits)
    open_, high, low, close = bars.prices.T
    return make_series(ticker, bars.days, open_, high, low, close, bars.volume, factor)


def dividend_factor(bars: RawBars, dividends: Sequence[Dividend], splits: Sequence[Split] = ()) -> NDArray[np.float64]:
    """Return what each day's price is multiplied by to be dividend-adjusted as of the last bar.

    Every day before an ex-date is multiplied by 1 − amount / close, with the last close before it, in the units
    of the ex-date (a split on the same day counts first). Ex-dates outside the bars change nothing.
    """
    factor = np.ones(len(bars))
    for one in sorted(dividends, key=lambda dividend: dividend.ex_date):
        at = int(bars.days.searchsorted(np.datetime64(one.ex_date, "D")))
        if not 0 < at < len(bars):
            continue
        close, day = float(bars.prices[at - 1, 3]), bars.days[at - 1].item()
        for split in splits:
            if day < split.ex_date <= one.ex_date:
                close /= float(split.ratio)
        if 0 < one.amount < close:
            factor[:at] *= 1 - one.amount / close
    return factor
