"""The price of a session at every moment, and when it first reaches a level."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from live.sim.price_path import first_touch, price_at, price_path
from live.sim.timeline import NEVER
from tests.live.sim.market import at, bars, open_rest_trader

MINUTE = 60_000_000
OPENS, CLOSES = 1_000 * MINUTE, 1_390 * MINUTE
FLAT_END = OPENS + 5 * MINUTE


@st.composite
def sessions_of_a_day(draw: st.DrawFn) -> tuple[int, int, int, int]:
    low, high = sorted(draw(st.tuples(st.integers(1, 5_000), st.integers(1, 5_000))))
    return draw(st.integers(low, high)), high, low, draw(st.integers(low, high))


def test_the_price_stays_at_the_open_for_five_minutes_then_visits_low_high_and_close() -> None:
    path = price_path(OPENS, CLOSES, (100, 130, 70, 110))
    third = (CLOSES - FLAT_END) // 3
    moments = (OPENS, FLAT_END, FLAT_END + third, FLAT_END + 2 * third, CLOSES)
    assert [price_at(path, moment) for moment in moments] == [100, 100, 70, 130, 110]


def test_between_the_corners_the_price_moves_in_straight_lines() -> None:
    path = price_path(OPENS, CLOSES, (100, 130, 70, 110))
    third = (CLOSES - FLAT_END) // 3
    assert price_at(path, FLAT_END + third // 2) == 85
    assert price_at(path, FLAT_END + third + third // 2) == 100


@given(sessions_of_a_day(), st.integers(1, 5_000), st.integers(0, CLOSES - OPENS), st.booleans())
@settings(derandomize=True, max_examples=150)
def test_the_first_touch_is_the_first_moment_at_which_the_price_is_there(
    bar: tuple[int, int, int, int], level: int, offset: int, falling: bool
) -> None:
    path = price_path(OPENS, CLOSES, bar)
    since = OPENS + offset
    touch = first_touch(path, since, level, falling=falling)

    def is_there(moment: int) -> bool:
        price = price_at(path, moment)
        return price <= level if falling else price >= level

    looks = range(since, CLOSES + 1, MINUTE)
    if touch == NEVER:
        assert not any(is_there(moment) for moment in looks)
    else:
        assert is_there(touch)
        assert not any(is_there(moment) for moment in looks if moment < touch)


@given(sessions_of_a_day(), st.integers(1, 5_000))
@settings(derandomize=True, max_examples=150)
def test_a_stop_live_at_the_open_triggers_when_and_only_when_the_low_reaches_it(
    bar: tuple[int, int, int, int], level: int
) -> None:
    touch = first_touch(price_path(OPENS, CLOSES, bar), OPENS, level, falling=True)
    assert (touch != NEVER) == (bar[2] <= level)


def test_the_latest_trade_follows_the_path_during_a_session_and_is_the_close_after_it() -> None:
    trader = open_rest_trader(bars("AAA", [(100, 110, 90, 105), (200, 220, 180, 210)]))

    def latest() -> tuple[float, str]:
        trade = trader.get("/v2/stocks/AAA/trades/latest")["trade"]
        return trade["p"], trade["t"]

    assert latest() == (105.0, "2026-01-02T21:00:00.000000Z")
    trader.go(0, "09:34")
    assert latest()[0] == 200.0
    trader.exchange.advance_to(at(0, "09:35"))
    trader.exchange.advance((385 * 60) // 3)
    assert latest()[0] == 180.0
    trader.go(0, "17:00")
    assert latest() == (210.0, "2026-01-05T21:00:00.000000Z")


def test_a_half_day_walks_the_same_path_in_less_time() -> None:
    trader = open_rest_trader(now=at(4, "09:00"))
    trader.exchange.advance_to(at(4, "12:59"))
    assert trader.get("/v2/clock")["is_open"] is True
    trader.exchange.advance_to(at(4, "13:00"))
    assert trader.get("/v2/clock")["is_open"] is False
    assert trader.get("/v2/stocks/AAA/trades/latest")["trade"]["p"] == 101.0
