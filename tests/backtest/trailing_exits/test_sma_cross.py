"""Two moving averages of daily closes: broken while the fast one is below the slow one."""

from __future__ import annotations

from backtest.trailing_exits.sma_cross import figures, is_broken

GIVEN = {"fast": 2, "slow": 4}


def test_both_averages_end_with_the_judged_close() -> None:
    assert figures([9.0, 4.0, 6.0, 5.0, 1.0], GIVEN) == (3.0, 4.0)


def test_it_needs_as_many_closes_as_the_slow_average() -> None:
    assert figures([4.0, 6.0, 5.0], GIVEN) is None


def test_it_is_broken_while_the_fast_average_is_strictly_below_the_slow_one() -> None:
    assert is_broken(50.0, (3.9999, 4.0), GIVEN)
    assert not is_broken(1.0, (4.0, 4.0), GIVEN)
