"""Weekly bars: what a week is, when it ends, what lies in its window."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtest.weekly_bars import (
    aggregate_daily_to_weekly,
    count_completed_weeks,
    is_week_end_by_date,
    is_week_end_by_index,
)
from tests.builders import CALENDAR, closes, series, split

quick = settings(max_examples=100, derandomize=True, deadline=None)
MON, TUE, WED, THU, FRI = (date(2016, 3, day) for day in (7, 8, 9, 10, 11))
WEEK_BEFORE = date(2016, 3, 4)


def test_a_week_is_first_open_highest_high_lowest_low_last_close() -> None:
    week = aggregate_daily_to_weekly(
        series("X", [(MON, "10", "12", "9", "11"), (TUE, "11", "15", "10", "14"), (FRI, "14", "14", "8", "9")])
    )
    assert (week.open, week.high, week.low, week.close) == ([100_000.0], [150_000.0], [80_000.0], [90_000.0])


def test_weeks_are_iso_weeks_and_empty_ones_are_left_out() -> None:
    weekly = aggregate_daily_to_weekly(closes("X", {date(2015, 12, 31): "1", date(2016, 1, 4): "2", MON: "3"}))
    assert [date.fromordinal(monday) for monday in weekly.mondays] == [date(2015, 12, 28), date(2016, 1, 4), MON]
    assert weekly.close == [10_000.0, 20_000.0, 30_000.0]
    assert weekly.index_of(FRI) == 2
    assert weekly.index_of(date(2016, 2, 1)) is None


def test_no_bars_make_no_weeks() -> None:
    assert len(aggregate_daily_to_weekly(series("X", []))) == 0


def test_a_split_inside_a_week_brings_its_first_days_into_the_units_of_its_last() -> None:
    daily = series("X", [(MON, "100", "120", "96", "100"), (WED, "25", "26", "24.50", "25")])
    week = aggregate_daily_to_weekly(daily, [split("X", WED, "4")])
    assert (week.open, week.high, week.low, week.close) == ([250_000.0], [300_000.0], [240_000.0], [250_000.0])


def test_a_split_on_a_day_without_a_bar_counts_from_the_next_bar() -> None:
    daily = series("X", [(MON, "100", "100", "100", "100"), (WED, "25", "25", "25", "25")])
    assert aggregate_daily_to_weekly(daily, [split("X", TUE, "4")]).low == [250_000.0]


def test_a_later_split_reaches_earlier_weeks_through_the_step_between_them() -> None:
    weekly = aggregate_daily_to_weekly(closes("X", {WEEK_BEFORE: "100", MON: "25"}), [split("X", MON, "4")])
    assert weekly.close == [1_000_000.0, 250_000.0]
    assert weekly.window(weekly.close, 1, 57) == [250_000.0, 250_000.0]
    assert weekly.window(weekly.close, 0, 57) == [1_000_000.0]


def test_dividends_lower_the_prices_before_them() -> None:
    daily = closes("X", {WEEK_BEFORE: "100", MON: "98", TUE: "98"})
    with_dividend = series("X", [(d, p, p, p, p) for d, p in ((WEEK_BEFORE, "100"), (MON, "98"))], [0.98, 1.0])
    assert aggregate_daily_to_weekly(daily).steps == [1.0, 1.0]
    weekly = aggregate_daily_to_weekly(with_dividend)
    assert weekly.window(weekly.close, 1, 57) == [980_000.0, 980_000.0]


@quick
@given(st.lists(st.floats(min_value=0.5, max_value=1.0), min_size=60, max_size=60), st.floats(0.3, 3.0))
def test_a_series_that_ends_later_has_the_same_weeks_to_the_last_bit(steps: list[float], scale: float) -> None:
    factors = [1.0]
    for step in steps[1:]:
        factors.append(factors[-1] / step)
    days = CALENDAR.between(date(2016, 1, 4), date(2016, 12, 30))[:60]
    rows = [(day, "100", "110", "90", "101") for day in days]
    later = aggregate_daily_to_weekly(series("X", rows, [factor * scale for factor in factors]))
    known = aggregate_daily_to_weekly(series("X", rows[:50], factors[:50]))
    judged = len(known) - 1
    assert later.window(later.low, judged, 57) == known.window(known.low, judged, 57)


def test_the_window_holds_the_iso_weeks_that_end_with_the_judged_one() -> None:
    days = [MON - timedelta(weeks=n) for n in (57, 56, 30, 0)]
    weekly = aggregate_daily_to_weekly(closes("X", dict(zip(days, ["1", "2", "3", "4"], strict=True))))
    assert weekly.window(weekly.close, 3, 57) == [20_000.0, 30_000.0, 40_000.0]


def test_a_week_ends_with_its_last_session_on_the_calendar() -> None:
    assert is_week_end_by_date(CALENDAR, FRI)
    assert not is_week_end_by_date(CALENDAR, THU)
    assert is_week_end_by_date(CALENDAR, date(2016, 3, 24))  # Good Friday follows
    assert not is_week_end_by_date(CALENDAR, date(2016, 3, 25))


@quick
@given(st.integers(0, len(CALENDAR.days) - 2))
def test_week_ends_by_index_and_by_date_agree(index: int) -> None:
    assert is_week_end_by_index(CALENDAR, index) == is_week_end_by_date(CALENDAR, CALENDAR.days[index])


@pytest.mark.parametrize(
    ("entry", "judged", "weeks"),
    [
        (MON, FRI, 0),  # the entry's own week never counts, not even from its Monday
        (WEEK_BEFORE, FRI, 1),
        (WEEK_BEFORE, THU, 0),
        (date(2016, 2, 29), FRI, 1),
        (date(2016, 2, 26), FRI, 2),
        (date(2016, 3, 18), date(2016, 3, 24), 1),  # a week shortened by Good Friday
        (date(2016, 5, 31), date(2016, 6, 3), 0),  # its Monday was a holiday
    ],
)
def test_completed_weeks_began_after_the_entry_and_have_ended(entry: date, judged: date, weeks: int) -> None:
    assert count_completed_weeks(CALENDAR, entry, judged) == weeks
