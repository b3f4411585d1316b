"""A market in which nothing ends is one of survivors only, and whoever runs on it is told."""

from __future__ import annotations

from datetime import date

import numpy as np

from backtest.bars import BarSeries
from backtest.prices.survivors import has_survivors_only, survivors_note
from tests.builders import CALENDAR

FIRST, LAST = date(2014, 1, 2), date(2016, 12, 30)


def series(ticker: str, last: date) -> BarSeries:
    days = np.array(CALENDAR.between(FIRST, last), dtype="datetime64[D]")
    price = np.full(len(days), 1_000_000, dtype=np.int64)
    return BarSeries(ticker, days, price, price, price, price, price, np.ones(len(days)))


def market(ended: int, late: int = 0) -> list[BarSeries]:
    """Return a hundred stocks, some of which ended, some of which are a week late."""
    lasts = [date(2015, 6, 30)] * ended + [date(2016, 12, 23)] * late
    return [series(f"T{n:02d}", lasts[n] if n < len(lasts) else LAST) for n in range(100)]


def test_where_nothing_ends_the_note_says_so() -> None:
    note = survivors_note(market(0), FIRST, LAST, CALENDAR)
    assert note is not None
    assert note.startswith("Survivors only: 100 of 100 symbols trade to the end")


def test_a_stock_that_is_a_few_sessions_late_has_not_ended() -> None:
    assert "100 of 100" in (survivors_note(market(0, late=9), FIRST, LAST, CALENDAR) or "")


def test_where_stocks_end_as_they_do_there_is_nothing_to_say() -> None:
    assert survivors_note(market(2), FIRST, LAST, CALENDAR) is not None
    assert survivors_note(market(4), FIRST, LAST, CALENDAR) is None


def test_less_than_a_year_or_one_stock_say_nothing() -> None:
    assert survivors_note(market(0), date(2016, 6, 1), LAST, CALENDAR) is None
    assert not has_survivors_only(1, 1, 1_000)
