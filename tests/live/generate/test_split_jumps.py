"""Which jump of a held ticker looks like a split that nobody recorded."""

from __future__ import annotations

from datetime import date

import pytest

from backtest.model import Split
from backtest.prices.provider import price_data
from live.generate.split_jumps import unexplained_jumps
from tests.builders import AS_OF, FRIDAY, MONDAY, series, split


def jumps(close: str, opens: str, *splits: Split, judged: date = FRIDAY, since: date = FRIDAY) -> dict[str, str]:
    """Return the jumps of a ticker that closed on Friday and opened on Monday at these prices."""
    bars = series("AAA", [(FRIDAY, close, close, close, close), (MONDAY, opens, opens, opens, opens)])
    return unexplained_jumps(price_data({"AAA": bars}, splits, (), {}), {"AAA": judged}, since)


@pytest.mark.parametrize(
    ("close", "opens", "ratio"),
    [("100", "50", "2:1"), ("100", "51", "2:1"), ("10", "100", "1:10"), ("99", "66", "3:2")],
)
def test_an_open_within_two_percent_of_a_split_ratio_is_a_jump(close: str, opens: str, ratio: str) -> None:
    assert f"as a {ratio} split would" in jumps(close, opens)["AAA"]


@pytest.mark.parametrize(("close", "opens"), [("100", "52"), ("100", "80"), ("100", "100"), ("100", "91")])
def test_any_other_open_is_a_price(close: str, opens: str) -> None:
    assert jumps(close, opens) == {}


def test_a_recorded_split_explains_the_jump_and_another_one_does_not() -> None:
    assert jumps("100", "50", split("AAA", MONDAY, "2")) == {}
    assert jumps("100", "50", split("BBB", MONDAY, "2")) != {}


def test_a_jump_already_judged_or_too_long_ago_was_a_price() -> None:
    assert jumps("100", "50", judged=MONDAY) == {}
    assert jumps("100", "50", since=AS_OF) == {}


def test_a_ticker_without_bars_has_no_jump() -> None:
    assert unexplained_jumps(price_data({}, (), (), {}), {"AAA": FRIDAY}, FRIDAY) == {}
