"""The lowest low of the weeks before the judged one, and what breaks it."""

from __future__ import annotations

from backtest.trailing_exits.weekly_nweek_low import figures, is_broken, nweek_low

GIVEN = {"period": 4}


def test_an_n_week_low_is_the_lowest_of_the_weeks_before() -> None:
    assert nweek_low([1.0, 5.0, 4.0, 6.0, 7.0], 4) == 4.0
    assert nweek_low([5.0, 4.0, 6.0], 4) is None


def test_the_judged_week_is_not_among_them() -> None:
    assert figures([5.0, 4.0, 6.0, 7.0, 1.0], GIVEN) == (4.0,)
    assert figures([5.0, 4.0, 6.0, 1.0], GIVEN) is None


def test_a_close_equal_to_the_low_breaks_nothing() -> None:
    assert not is_broken(4.0, (4.0,), GIVEN)
    assert is_broken(3.9999, (4.0,), GIVEN)
