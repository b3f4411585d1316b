"""The relative strength index of daily closes: broken while it is above the level."""

from __future__ import annotations

import pytest

from backtest.trailing_exits.rsi_overbought import figures, is_broken

GIVEN = {"period": 2, "level": 70}


def test_the_index_is_of_the_period_given() -> None:
    # changes +3 -1, then +4: gains (1.5 + 4) / 2, losses 0.5 / 2
    assert figures([10.0, 13.0, 12.0], GIVEN) == pytest.approx((75.0,))
    assert figures([10.0, 13.0, 12.0, 16.0], GIVEN) == pytest.approx((100 * 2.75 / 3.0,))


def test_it_needs_a_close_more_than_its_period() -> None:
    assert figures([10.0, 13.0], GIVEN) is None


def test_it_is_broken_strictly_above_its_level() -> None:
    assert is_broken(1.0, (70.0001,), GIVEN)
    assert not is_broken(1.0, (70.0,), GIVEN)
