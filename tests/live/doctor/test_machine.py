"""Python, packages, time zone and variables are judged by their values."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from backtest.web.keys import Source
from live.doctor.answer import Status
from live.doctor.machine import (
    judge_environment,
    judge_packages,
    judge_python,
    judge_time_zone,
    unread,
)
from live.run.environment import VARIABLES


def test_a_python_below_the_range_is_6() -> None:
    assert judge_python("3.11.0", ">=3.11").status is Status.OK
    assert judge_python("3.10.9", ">=3.11").code == 6
    assert judge_python("3.10.9", None).status is Status.OK


def test_a_missing_package_is_6_and_another_version_a_warning() -> None:
    assert judge_packages(17, (), ()).detail == "17, each within its range"
    missing = judge_packages(17, ("rich (<16)",), ("click 7 (expected >=8)",))
    assert (missing.code, missing.detail) == (6, "not installed: rich (<16), click 7 (expected >=8)")
    assert judge_packages(17, (), ("click 7 (expected >=8)",)).status is Status.WARN


def test_a_zone_with_other_hours_than_new_yorks_is_6() -> None:
    assert judge_time_zone(ZoneInfo("America/New_York"), "2026.1").detail == "America/New_York, tzdata 2026.1"
    found = judge_time_zone(ZoneInfo("America/Phoenix"), None)
    assert (found.code, found.detail) == (6, "America/Phoenix is -7 h from UTC in month 1 (expected -5)")


def test_names_that_look_like_ours_are_told_with_the_one_that_is_read() -> None:
    sources = (
        Source("the environment", {"ALPACA_SECRET": "x", "HOME": "/", **dict.fromkeys(VARIABLES, "x")}),
        Source(".env", {"apca_api_key_id": "x", "ALPACA_PAPER_TRADE": "True", "FMP_KEY": "x"}),
        Source(".mcp.json", {"ALPACA_LIVE_KEY": "x", "ALPACA_BASE_URL": "x", "ALPACA_DATA_URL": "x"}),
    )
    assert unread(sources) == (
        "ALPACA_SECRET in the environment (read: ALPACA_SECRET_KEY)",
        "ALPACA_PAPER_TRADE in .env",
        "FMP_KEY in .env (read: FMP_API_KEY)",
        "apca_api_key_id in .env (read: APCA_API_KEY_ID)",
        "ALPACA_BASE_URL in .mcp.json (read: APCA_API_BASE_URL)",
        "ALPACA_DATA_URL in .mcp.json (read: APCA_API_DATA_URL)",
        "ALPACA_LIVE_KEY in .mcp.json (read: ALPACA_LIVE_API_KEY)",
    )


@pytest.mark.parametrize(
    ("not_read", "wrong", "status", "words"),
    [
        ((), None, Status.OK, "FMP_API_KEY"),
        (("X in .env",), "LOG_LEVEL …", Status.WARN, "not read: X in .env"),
        ((), "LOG_LEVEL …", Status.WARN, "LOG_LEVEL …"),
    ],
)
def test_variables_that_are_not_read_are_a_warning(
    not_read: tuple[str, ...], wrong: str | None, status: Status, words: str
) -> None:
    found = judge_environment(not_read, wrong, ("FMP_API_KEY",))
    assert (found.status, found.detail) == (status, words)
    assert judge_environment((), None, ()).detail == "no variable of ours is set"
