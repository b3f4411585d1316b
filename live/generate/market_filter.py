"""The market filter of a trade date: what its series says of the as-of session. Without a value nothing is bought."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from backtest.candidates import plain_number, why_market_filtered
from backtest.errors import InputError
from backtest.market_filter import FilterSeries, filters_of, read_filter
from backtest.params import Params
from live.signals.file import MarketFilterRef

if TYPE_CHECKING:
    from backtest.market import Filters


@dataclass(frozen=True, slots=True)
class DayFilter:
    """What one run knows of the market filter.

    filters: for the market that decides. ref: for the signal files, None without a filter. note: that it lets no entry
    pass; problem: why it has no value, next_step: what helps.
    """

    filters: Filters = field(default_factory=dict)
    ref: MarketFilterRef | None = None
    note: str | None = None
    problem: str | None = None
    next_step: str = ""


def read_day_filter(params: Params, as_of: date) -> DayFilter:
    """Read the series that the parameters name. A file that cannot be read is no error: it has no value."""
    file, most = params.market_filter.file, params.market_filter.max
    if file is None or most is None:
        return DayFilter()
    series: FilterSeries | None = None
    problem, next_step = None, f"Put the value of {as_of} into {file} and run the same command again."
    try:
        series = read_filter(params)
    except InputError as error:
        problem, next_step = f"{error.what}: nothing is bought", "Make it readable and run the same command again."
    value = None if series is None else series.values.get(as_of)
    if series is not None and value is None:
        problem = f"market filter {file} has no value for {as_of}: nothing is bought"
    said = None if value is None else plain_number(value)
    note = None
    if said is not None and why_market_filtered(value, params) is not None:
        note = f"market filter {file} is {said} on {as_of}, above {plain_number(most)}: nothing is bought"
    ref = MarketFilterRef(file, plain_number(most), said, None if series is None else series.sha256)
    return DayFilter(filters_of(params, series), ref, note, problem, next_step)
