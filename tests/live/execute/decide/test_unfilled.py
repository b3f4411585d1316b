"""Why an entry bought nothing: its stock traded and it had a limit, or it did not trade."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from live.broker import LatestPrice
from live.execute.decide.unfilled import is_unexplained, lost_reason, unfilled_reason
from tests.live.execute.builders import OPEN, D, entry, moment
from tests.live.state_db.builders import details

CANCELED: dict[str, Any] = {"alpaca_order_id": "x", "status": "canceled"}
LIMITED = entry(entry=details(limit_price=1_010_000))


@pytest.mark.parametrize(
    ("minutes", "reason"),
    [
        (-600, "no_price_data"),  # of the day before
        (-30, "no_price_data"),  # before the open: its session has not traded
        (0, "above_limit"),
        (2, "above_limit"),
    ],
)
def test_a_trade_in_the_session_says_that_it_opened_above_the_limit(minutes: int, reason: str) -> None:
    latest = LatestPrice(Decimal(103), OPEN + timedelta(minutes=minutes))
    assert unfilled_reason(LIMITED, latest, moment(3)) == reason


@pytest.mark.parametrize(("days", "reason"), [(-1, "no_price_data"), (0, "above_limit"), (1, "above_limit")])
def test_on_a_later_day_the_date_of_the_last_trade_says_it(days: int, reason: str) -> None:
    earlier = entry(entry=details(limit_price=1_010_000), trade_date=D - timedelta(days=1))
    latest = LatestPrice(Decimal(103), OPEN + timedelta(days=days - 1))
    assert unfilled_reason(earlier, latest, moment(3)) == reason


def test_the_date_of_the_last_trade_is_that_of_new_york() -> None:
    earlier = entry(entry=details(limit_price=1_010_000), trade_date=D - timedelta(days=1))
    at_night = LatestPrice(Decimal(103), OPEN.replace(hour=3) - timedelta(days=1))  # 22:00 of the day before
    assert unfilled_reason(earlier, at_night, moment(3)) == "no_price_data"


def test_without_a_limit_or_without_any_trade_there_was_no_price() -> None:
    latest = LatestPrice(Decimal(103), OPEN)
    assert unfilled_reason(entry(), latest, moment(3)) == "no_price_data"
    assert unfilled_reason(LIMITED, None, moment(3)) == "no_price_data"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"reject_reason": "no_price_data"}, False),
        ({"filled_qty": 1}, False),
        ({"status": "new"}, False),
        ({"alpaca_order_id": None}, False),
    ],
)
def test_a_canceled_entry_without_a_share_and_without_a_word_is_unexplained(
    changes: dict[str, Any], expected: bool
) -> None:
    assert is_unexplained(entry(**(CANCELED | changes))) is expected


@pytest.mark.parametrize(
    ("limit", "price", "minutes", "reason"),
    [
        (None, 103, -600, "no_price_data"),
        (None, 103, 1, None),  # a market order would have been filled: somebody canceled it
        (1_010_000, 103, -600, "no_price_data"),
        (1_010_000, 103, 1, "above_limit"),
        (1_010_000, 101, 1, None),
    ],
)
def test_a_reason_that_was_lost_is_what_the_market_says(
    limit: int | None, price: int, minutes: int, reason: str | None
) -> None:
    row = entry(**CANCELED, entry=details(limit_price=limit))
    assert lost_reason(row, LatestPrice(Decimal(price), OPEN + timedelta(minutes=minutes)), moment(3)) == reason


def test_without_any_trade_there_was_no_price_whoever_canceled() -> None:
    assert lost_reason(entry(**CANCELED), None, moment(3)) == "no_price_data"
