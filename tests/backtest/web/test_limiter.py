"""The sliding minute (I22)."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from backtest.web.limiter import RateLimiter
from tests.fakes import FakeClock


@settings(max_examples=60, derandomize=True)
@given(st.integers(1, 5), st.lists(st.floats(0, 90), max_size=25))
def test_no_minute_ever_sees_more_than_the_limit_and_nobody_waits_for_nothing(limit: int, gaps: list[float]) -> None:
    clock = FakeClock()
    limiter = RateLimiter(clock, limit)
    sent = []
    for gap in gaps:
        clock.sleep(gap)
        asked = clock.now()
        limiter.wait_for_turn()
        sent.append(clock.now())
        if sum(asked - timedelta(minutes=1) < earlier for earlier in sent[:-1]) < limit:
            assert sent[-1] == asked
    for index, moment in enumerate(sent):
        assert sum(moment - timedelta(minutes=1) < other <= moment for other in sent[: index + 1]) <= limit


def test_a_clock_that_is_set_back_does_not_block_for_long() -> None:
    clock = FakeClock()
    limiter = RateLimiter(clock, 1)
    limiter.wait_for_turn()
    clock._now -= timedelta(hours=5)
    limiter.wait_for_turn()
    assert clock.slept == []
