"""The broker's own flags as reasons (F50, F54)."""

from __future__ import annotations

import pytest

from live.alpaca.wire import parse_account
from live.broker import Asset
from live.run.status_checks import account_problem, asset_problem
from tests.live.alpaca.test_client import ACCOUNT


def test_f50_an_account_without_a_blocking_flag_may_trade() -> None:
    assert account_problem(parse_account(ACCOUNT)) is None
    problem = account_problem(parse_account(ACCOUNT | {"trading_blocked": True, "status": "INACTIVE"}))
    assert problem == "the broker restricts the account PA3EXAMPLE01: status INACTIVE, trading_blocked"


@pytest.mark.parametrize(
    ("asset", "problem"),
    [
        (Asset("a", "MTZ", True, "active", ("fractional_eh_enabled",)), None),
        (None, "unknown to the broker"),
        (Asset("a", "MTZ", False, "inactive"), "not tradable (status inactive)"),
        (Asset("a", "MTZ", True, "active", ("ipo",)), "limit orders only (ipo)"),
        (Asset("a", "MTZ", True, "active", ("ptp_no_exception",)), "blocked by default (ptp_no_exception)"),
    ],
)
def test_f54_an_asset_that_a_market_buy_cannot_reach_says_why(asset: Asset | None, problem: str | None) -> None:
    assert asset_problem(asset) == problem
