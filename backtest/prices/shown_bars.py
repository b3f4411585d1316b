"""Bars of a few stocks as they are printed: as traded, adjusted for later splits and dividends, and the events. Pure.

Adjusted prices are in units of the last bar shown: × adj_factor, ÷ the ratio of every split after the day.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from backtest.bars import BarSeries
from backtest.model import Split
from backtest.money import format_price
from backtest.prices.provider import PriceData
from backtest.tables import Column

COLUMNS = tuple(Column(name) for name in ("date", "open", "high", "low", "close", "volume", "adjusted close"))
CSV_COLUMNS = (
    *("symbol", "date", "open", "high", "low", "close", "volume"),
    *("adj_open", "adj_high", "adj_low", "adj_close"),
)


@dataclass(frozen=True, slots=True)
class ShownBar:
    """One bar as text: the four prices as traded and adjusted, USD with up to four decimals."""

    date: str
    traded: tuple[str, str, str, str]
    volume: int
    adjusted: tuple[str, str, str, str]


def shown_bars(series: BarSeries, splits: Sequence[Split]) -> list[ShownBar]:
    """Return one stock's bars, oldest first. splits: of this stock."""
    factor = series.adj_factor / _ratio_after(series, splits)
    traded = [column.tolist() for column in (series.open, series.high, series.low, series.close)]
    adjusted = [
        np.rint(np.array(column) * factor).astype(np.int64).tolist()
        for column in (series.open, series.high, series.low, series.close)
    ]
    return [
        ShownBar(
            day.isoformat(),
            _prices(column[at] for column in traded),
            volume,
            _prices(column[at] for column in adjusted),
        )
        for at, (day, volume) in enumerate(zip(series.days.tolist(), series.volume.tolist(), strict=True))
    ]


def table_rows(bars: Sequence[ShownBar]) -> list[Sequence[str]]:
    """Return the rows of `COLUMNS`."""
    return [(one.date, *one.traded, f"{one.volume:,}", one.adjusted[3]) for one in bars]


def event_lines(data: PriceData, ticker: str) -> list[str]:
    """Return a line for each split, dividend and refused bar of one stock, by date."""
    lines = [(one.ex_date, f"split {_ratio(one)}") for one in data.splits if one.ticker == ticker]
    lines += [(one.ex_date, f"dividend {_amount(one.amount)} USD") for one in data.dividends if one.ticker == ticker]
    lines += [(one.day, f"bar refused: {one.why}") for one in data.refused if one.ticker == ticker]
    return [f"{day}  {words}" for day, words in sorted(lines)]


def bars_csv(data: PriceData) -> str:
    """Return all of it as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for ticker, series in sorted(data.series.items()):
        for one in shown_bars(series, _splits_of(data, ticker)):
            writer.writerow((ticker, one.date, *one.traded, one.volume, *one.adjusted))
    return text.getvalue()


def bars_json(data: PriceData, tickers: Sequence[str]) -> dict[str, object]:
    """Return all of it for scripts; prices are strings."""
    names = CSV_COLUMNS[2:]
    return {
        "bars": {
            ticker: [
                {"date": one.date} | dict(zip(names, (*one.traded, one.volume, *one.adjusted), strict=True))
                for one in shown_bars(series, _splits_of(data, ticker))
            ]
            for ticker, series in sorted(data.series.items())
        },
        "splits": [{"symbol": s.ticker, "ex_date": s.ex_date.isoformat(), "ratio": _ratio(s)} for s in data.splits],
        "dividends": [
            {"symbol": one.ticker, "ex_date": one.ex_date.isoformat(), "amount": _amount(one.amount)}
            for one in data.dividends
        ],
        "refused": [{"symbol": one.ticker, "date": one.day.isoformat(), "why": one.why} for one in data.refused],
        "without_bars": sorted(set(tickers) - data.series.keys()),
    }


def _splits_of(data: PriceData, ticker: str) -> list[Split]:
    return [split for split in data.splits if split.ticker == ticker]


def _ratio_after(series: BarSeries, splits: Sequence[Split]) -> NDArray[np.float64]:
    ratio = np.ones(len(series))
    for split in splits:
        if split.ex_date <= series.days[-1].item():
            ratio[: int(series.days.searchsorted(np.datetime64(split.ex_date, "D")))] *= float(split.ratio)
    return ratio


def _prices(values: Iterable[int]) -> tuple[str, str, str, str]:
    one, two, three, four = (format_price(value) for value in values)
    return one, two, three, four


def _ratio(split: Split) -> str:
    return f"{split.ratio.numerator}:{split.ratio.denominator}"


def _amount(amount: float) -> str:
    return format(Decimal(repr(amount)), "f")
