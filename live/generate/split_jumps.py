"""Finds tickers that opened as after a split which no record explains: their prices cannot be judged. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING

from backtest.money import format_price
from backtest.prices.jumps import split_ratio_of
from backtest.prices.provider import PriceData
from backtest.splits import price_after, splits_in

if TYPE_CHECKING:
    from backtest.bars import BarSeries
    from backtest.model import Split


def unexplained_jumps(data: PriceData, judged_after: Mapping[str, date], since: date) -> dict[str, str]:
    """Return ticker → sentence of those that opened at a split's ratio from the close before, without such a split.

    judged_after: ticker → the last close already judged; only later bars are looked at, and none before `since`.
    """
    found: dict[str, str] = {}
    for ticker, decided_through in judged_after.items():
        series = data.series.get(ticker)
        if series is not None:
            known = [split for split in data.splits if split.ticker == ticker]
            jump = _first_jump(series, known, max(decided_through, since - timedelta(days=1)))
            if jump is not None:
                found[ticker] = jump
    return found


def _first_jump(series: BarSeries, splits: Iterable[Split], after: date) -> str | None:
    for place in range(max(1, series.index_at(after) + 1), len(series)):
        before, bar = series.bar(place - 1), series.bar(place)
        expected = price_after(before.close, splits_in(splits, before.day, bar.day))
        ratio = split_ratio_of(bar.open, expected)
        if ratio is not None:
            return (
                f"{bar.day} opened at {format_price(bar.open)} after {format_price(before.close)}, "
                f"as a {ratio.numerator}:{ratio.denominator} split would"
            )
    return None
