"""The windows of a walk-forward: no session twice in a test, none before its training, none without a name."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest

from backtest.errors import UsageError
from backtest.studies.windows import Length, Window, windows_of

DAYS = [day for n in range(2200) if (day := date(2010, 1, 4) + timedelta(days=n)).isoweekday() < 6]
TWO_YEARS, HALF_A_YEAR = Length(2, "y"), Length(6, "m")


def test_tests_follow_each_other_and_trainings_roll_before_them() -> None:
    windows = windows_of(DAYS, TWO_YEARS, HALF_A_YEAR)
    assert DAYS[windows[0].test_first] == date(2012, 1, 4)
    assert [DAYS[one.test_first] for one in windows[1:3]] == [date(2012, 7, 4), date(2013, 1, 4)]
    assert all(a.test_end == b.test_first for a, b in pairwise(windows))
    assert {one.test_first - one.train_first for one in windows} == {windows[0].test_first}


def test_an_expanding_training_begins_with_the_first_session() -> None:
    windows = windows_of(DAYS, TWO_YEARS, HALF_A_YEAR, is_expanding=True)
    assert {one.train_first for one in windows} == {0}
    assert [one.test for one in windows] == [one.test for one in windows_of(DAYS, TWO_YEARS, HALF_A_YEAR)]


def test_a_number_of_windows_fills_the_stretch_evenly() -> None:
    windows = windows_of(DAYS, TWO_YEARS, None, 20)
    sizes = {one.test_end - one.test_first for one in windows}
    assert (len(windows), windows[-1].test_end, max(sizes) - min(sizes) <= 1) == (20, len(DAYS), True)


def test_lengths_may_be_sessions_weeks_months_or_years() -> None:
    assert Length.parse("500s", "--train").after(DAYS, 3) == 503
    assert Length.parse("2w", "--train").after(DAYS, 0) == 10
    assert DAYS[Length.parse("1m", "--test").after(DAYS, DAYS.index(date(2011, 1, 31)))] == date(2011, 2, 28)
    assert DAYS[Length.parse("1y", "--test").after(DAYS, DAYS.index(date(2012, 2, 29)))] == date(2013, 2, 28)


def test_a_short_rest_is_no_window() -> None:
    windows = windows_of(DAYS[:200], Length(100, "s"), Length(45, "s"))
    assert windows == (Window(0, 100, 145), Window(45, 145, 190))


@pytest.mark.parametrize("text", ["", "2", "y", "0y", "-1y", "2.5y", "2 years", "99999y"])
def test_what_is_no_length_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no length of time"):
        Length.parse(text, "--train")


@pytest.mark.parametrize(
    ("train", "test", "count"),
    [(Length(9, "y"), HALF_A_YEAR, None), (Length(5, "y"), Length(1, "y"), None), (TWO_YEARS, None, 200)],
)
def test_a_stretch_without_room_for_two_tests_is_refused(train: Length, test: Length | None, count: int | None) -> None:
    with pytest.raises(UsageError, match="stretch too short"):
        windows_of(DAYS, train, test, count)


def test_a_training_of_some_days_is_refused() -> None:
    with pytest.raises(UsageError, match="--train too short"):
        windows_of(DAYS, Length(2, "w"), HALF_A_YEAR)
