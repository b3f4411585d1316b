"""Clock, calendar, response times and the freshness of prices are judged by their values."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from live.doctor.answer import Status
from live.doctor.market import judge_clock, judge_freshness, judge_reach, judge_times, measure

MONDAY, TUESDAY = date(2026, 2, 2), date(2026, 2, 3)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("offset", "status", "words"),
    [(None, Status.OK, "noon"), (-29.9, Status.OK, "by +29.9 s"), (31.0, Status.WARN, "by -31.0 s")],
)
def test_a_clock_that_is_far_off_is_a_warning(offset: float | None, status: Status, words: str) -> None:
    found = judge_clock("noon", offset)
    assert (found.status, found.detail.endswith(words)) == (status, True)


def test_a_calendar_that_ends_within_ten_days_is_6() -> None:
    assert judge_reach(MONDAY + 10 * DAY, MONDAY, "file", is_kept=True).detail == (
        "known to 2026-02-12, 10 days ahead; kept in file"
    )
    ended = judge_reach(MONDAY + 9 * DAY, MONDAY, "file", is_kept=False)
    assert (ended.code, ended.detail.endswith("not yet kept in file")) == (6, True)


def test_requests_are_measured_one_after_the_other() -> None:
    moments = iter([0.0, 0.1, 1.0, 1.3, 2.0, 2.2])
    asked: list[int] = []
    assert measure(lambda: asked.append(1), 3, lambda: next(moments)) == pytest.approx((0.1, 0.3, 0.2))
    assert len(asked) == 3


def test_response_times_are_told_and_slow_ones_are_a_warning() -> None:
    assert judge_times((0.1, 0.3, 0.2)).detail == "100/200/300 ms (min/median/max of 3 requests)"
    assert judge_times((0.1, 9.0, 0.2)).status is Status.OK
    assert judge_times((0.1, 2.1, 2.1)).status is Status.WARN


@pytest.mark.parametrize(
    ("newest", "since_close", "status", "code"),
    [
        (TUESDAY, DAY, Status.OK, 0),
        (MONDAY, timedelta(minutes=59), Status.WARN, 0),
        (MONDAY, timedelta(minutes=60), Status.FAIL, 8),
    ],
)
def test_the_newest_bar_must_be_of_the_last_closed_session(
    newest: date, since_close: timedelta, status: Status, code: int
) -> None:
    bars = {"OLD": MONDAY - DAY, "SPY": newest}
    found = judge_freshness("alpaca (sip)", ("SPY", "OLD"), bars, {}, TUESDAY, since_close)
    assert (found.status, found.code) == (status, code)
    assert found.detail == f"alpaca (sip): newest bar of SPY {newest}, last closed session 2026-02-03"


def test_a_source_without_bars_is_8_with_its_reason() -> None:
    found = judge_freshness("fmp", ("SPY",), {}, {"SPY": "limit reached"}, TUESDAY, DAY)
    assert (found.code, found.detail) == (8, "fmp: no bars of SPY: limit reached")
