"""For how many entries the funds last is judged by the guard's own sum."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from backtest.money import to_price
from backtest.params import Params
from live.book.funds import Funds
from live.broker import Account
from live.config import LiveConfig, Safety
from live.doctor.account import judge_funds, judge_shorting, judge_size
from live.doctor.answer import Status

ZERO = Decimal(0)
ACCOUNT = Account("id", "PA1", "ACTIVE", ZERO, ZERO, Decimal(100_000), ZERO, ZERO)


@pytest.mark.parametrize(
    ("left", "free", "lasts", "status"),
    [
        ("215000", 20, 20, Status.OK),
        ("214999.99", 20, 19, Status.WARN),
        ("15500", 1, 1, Status.OK),
        ("15499.99", 1, 0, Status.WARN),
        ("0", 0, 0, Status.OK),
    ],
)
def test_the_funds_must_last_for_every_free_slot(left: str, free: int, lasts: int, status: Status) -> None:
    found = judge_funds(ACCOUNT, LiveConfig(), Funds(to_price(left), to_price("5000")), free)
    assert found.status is status
    assert f"enough for {lasts} of 20 slots, {free} free (10,500.00 each)" in found.detail
    assert found.detail.endswith("cash is 100,000.00") is (status is Status.WARN)


def test_entries_with_a_limit_need_their_limit_and_no_headroom() -> None:
    config = replace(LiveConfig(), strategy=Params(entry_limit_pct=Decimal(2)))
    found = judge_funds(ACCOUNT, config, Funds(to_price("209000"), to_price("5000")), 20)
    assert "enough for 20 of 20 slots, 20 free (10,200.00 each)" in found.detail


def test_short_selling_is_a_warning_where_the_broker_would_take_it() -> None:
    assert judge_shorting(True).status is Status.WARN
    assert judge_shorting(False).detail == "the broker takes no short sale"
    assert judge_shorting(None).detail == "the broker does not say"


@pytest.mark.parametrize(("equity", "status"), [("200000", Status.OK), ("199999.99", Status.FAIL), ("0", Status.FAIL)])
def test_a_share_of_equity_below_the_position_size_buys_hardly_anything(equity: str, status: Status) -> None:
    config = replace(LiveConfig(), safety=Safety(max_position_pct=Decimal(5)))
    found = judge_size(replace(ACCOUNT, equity=Decimal(equity)), config)
    assert (found.status, found.code) == (status, 0 if status is Status.OK else 6)
    expected = "max_position_pct 5 of equity" if found.fix else "5 % of equity/entry"
    assert expected in found.detail
