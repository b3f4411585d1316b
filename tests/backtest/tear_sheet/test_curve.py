"""An equity curve by months and years, and how far it lies below its peak."""

from __future__ import annotations

from datetime import date

from backtest.tear_sheet.curve import Curve, below_peak, years

DAYS = (date(2015, 12, 30), date(2015, 12, 31), date(2016, 1, 29), date(2016, 3, 1))
CURVE = Curve(100, DAYS, (110, 99, 198, 99))


def test_a_month_returns_from_the_close_before_it_the_first_from_the_capital() -> None:
    first, second = years(CURVE)
    assert (first.year, {month: round(value, 9) for month, value in first.months.items()}) == (2015, {12: -1.0})
    assert (second.year, second.months) == (2016, {1: 100.0, 3: -50.0})


def test_the_months_of_a_year_compound_to_the_year() -> None:
    year = years(CURVE)[1]
    growth = 1.0
    for value in year.months.values():
        growth *= 1 + value / 100
    assert round(100 * (growth - 1), 9) == round(year.whole, 9) == 0.0


def test_one_session_is_one_month_and_one_year() -> None:
    (year,) = years(Curve(100, (date(2016, 1, 4),), (103,)))
    assert (round(year.months[1], 9), round(year.whole, 9)) == (3.0, 3.0)


def test_below_the_peak_counts_the_capital_as_the_first_peak() -> None:
    assert [round(one, 9) for one in below_peak(Curve(100, DAYS, (90, 100, 200, 150)))] == [-10.0, 0.0, 0.0, -25.0]
