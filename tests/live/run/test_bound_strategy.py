"""What differs between the settings of two runs, so that what was in force can be put back."""

from __future__ import annotations

import pytest

from backtest.params import Params
from backtest.settings import apply_settings, params_to_plain
from live.run.bound_strategy import changes

SETTINGS = (
    (),
    ("primary.period=14",),
    ("primary.trailing_stop=rsi_overbought", "primary.period=10"),
    ("primary.trailing_stop=rsi_overbought", "primary.level=80"),
    ("primary.trailing_stop=sma_cross", "primary.fast=5", "shadow.trailing_stop=rsi_overbought", "shadow.level=60"),
    ("primary.trailing_stop=weekly_nweek_low", "shadow.trailing_stop=sma_cross", "shadow.slow=60"),
)


@pytest.mark.parametrize("before", SETTINGS, ids=" ".join)
@pytest.mark.parametrize("now", SETTINGS, ids=" ".join)
def test_what_differs_puts_back_the_exits_that_were_in_force(before: tuple[str, ...], now: tuple[str, ...]) -> None:
    was, is_ = (apply_settings(Params(), one) for one in (before, now))
    found = changes({"strategy": params_to_plain(was)}, {"strategy": params_to_plain(is_)}, ("strategy",))
    back = apply_settings(is_, [f"{one.name.removeprefix('strategy.')}={one.before}" for one in found])
    assert [(one.trailing_stop, one.given) for one in (back.primary, *back.shadows)] == [
        (one.trailing_stop, one.given) for one in (was.primary, *was.shadows)
    ]
    assert (found == ()) is (before == now)
