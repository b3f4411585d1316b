"""The exponential moving average of weekly closes, and what breaks it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from backtest.trailing_exits.weekly_ema import figures, is_broken, weekly_ema

quick = settings(max_examples=100, derandomize=True, deadline=None)
GIVEN = {"period": 3}


def test_an_ema_is_seeded_with_the_mean_of_its_first_closes() -> None:
    assert weekly_ema([1.0, 2.0, 3.0], 3) == 2.0
    assert weekly_ema([1.0, 2.0, 3.0, 6.0], 3) == 2.0 + 0.5 * (6.0 - 2.0)


def test_an_ema_needs_as_many_weeks_as_its_period() -> None:
    assert figures([1.0] * 2, GIVEN) is None
    assert figures([1.0] * 3, GIVEN) == (1.0,)


@quick
@given(st.lists(st.floats(1, 1e6), min_size=10, max_size=57))
def test_an_ema_stays_between_the_lowest_and_the_highest_close(values: list[float]) -> None:
    ema = weekly_ema(values, 10)
    assert ema is not None
    assert min(values) * (1 - 1e-12) <= ema <= max(values) * (1 + 1e-12)


def test_a_close_equal_to_its_indicator_breaks_nothing() -> None:
    assert not is_broken(100.0, (100.0,), GIVEN)
    assert is_broken(99.9999, (100.0,), GIVEN)
