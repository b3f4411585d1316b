"""Guards: pure questions about a line, answered by a reason or None."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from backtest.model import SkipReason
from live.book.funds import Funds
from live.broker import LatestPrice
from live.execute.decide import guards
from tests.live.execute.builders import ACCOUNT, moment
from tests.live.state_db.builders import OPEN


def reason(refusal: guards.Refusal | None) -> str | None:
    return None if refusal is None else str(refusal.reason)


def test_entries_go_out_before_the_open_and_until_the_cutoff() -> None:
    verdicts = {minutes: reason(guards.entry_time(moment(minutes))) for minutes in (-10, 0, 4.9, 5, 400)}
    assert verdicts == {-10: None, 0: None, 4.9: None, 5: "after_cutoff", 400: "after_cutoff"}


def test_without_the_clock_no_entry_goes_out_and_none_ends() -> None:
    refusal = guards.entry_time(moment(1, clock_known=False))
    assert refusal is not None
    assert not refusal.final


def test_skip_time_check_moves_the_cutoff_to_the_close_and_no_further() -> None:
    assert guards.entry_time(moment(200), skip_time_check=True) is None
    assert reason(guards.entry_time(moment(400), skip_time_check=True)) == "after_cutoff"


def test_a_full_book_lets_an_entry_wait_only_while_a_sell_is_working() -> None:
    assert guards.slot(1, sells_working=False) is None
    waiting, over = guards.slot(0, sells_working=True), guards.slot(0, sells_working=False)
    assert (waiting and waiting.final, over and over.final) == (False, True)


def test_funds_must_leave_the_minimum_untouched() -> None:
    funds = Funds(left=20_000, minimum=5_000)
    assert guards.funds(funds, 15_000, sells_working=False) is None
    short = guards.funds(funds, 15_001, sells_working=False)
    assert reason(short) == SkipReason.INSUFFICIENT_FUNDS
    assert short is not None
    assert (short.final, short.exit_code) == (True, 9)
    waiting = guards.funds(funds, 15_001, sells_working=True)
    assert waiting is not None
    assert (waiting.final, waiting.exit_code) == (False, 0)


def test_an_order_limit_trips_at_its_number() -> None:
    assert guards.order_limit(4, 5, "orders") is None
    refusal = guards.order_limit(5, 5, "orders")
    assert refusal is not None
    assert refusal.exit_code == 11
    assert guards.order_limit(10**6, None, "orders") is None


@pytest.mark.parametrize(
    ("price", "expected"),
    [
        ("100.00", None),
        ("90.00", "below_stop"),
        ("89.00", "below_stop"),
        ("125.00", None),
        ("125.01", "price_mismatch"),
    ],
)
def test_todays_market_must_be_above_the_stop_and_near_the_reference(price: str, expected: str | None) -> None:
    latest = LatestPrice(Decimal(price), OPEN)
    assert reason(guards.price(latest, 1_000_000, 900_000, 2_500, moment(1))) == expected


def test_a_price_of_another_day_refuses_nothing() -> None:
    old = LatestPrice(Decimal(1), OPEN - timedelta(days=1))
    assert guards.price(old, 1_000_000, 900_000, 2_500, moment(-10)) is None
    assert guards.price(None, 1_000_000, 900_000, 2_500, moment(-10)) is None


def test_an_entry_may_not_be_larger_than_the_limit_in_dollars() -> None:
    assert guards.position_value(1_000_000, 10, Decimal(1000)) is None
    refusal = guards.position_value(1_000_000, 10, Decimal("999.99"))
    assert refusal is not None
    assert (refusal.exit_code, refusal.final) == (9, True)


@pytest.mark.parametrize(
    ("equity", "peak", "last", "expected"),
    [
        (95_000, 100_000, 95_000, None),
        (90_000, 100_000, 90_000, "max_drawdown"),
        (97_000, 97_000, 100_000, "max_daily_loss"),
        (98_000, 98_000, 100_000, None),
        (0, 0, 0, "max_drawdown"),
    ],
)
def test_drawdown_and_daily_loss_trip_at_their_limit(equity: int, peak: int, last: int, expected: str | None) -> None:
    account = replace(ACCOUNT, equity=Decimal(equity), last_equity=Decimal(last))
    assert reason(guards.safety_limits(account, Decimal(peak), Decimal(10), Decimal(3))) == expected
    assert guards.safety_limits(account, Decimal(peak), None, None) is None


def test_a_restricted_account_is_11() -> None:
    refusal = guards.account(replace(ACCOUNT, blocked_reasons=("trading_blocked",)))
    assert refusal is not None
    assert refusal.exit_code == 11
    assert guards.account(ACCOUNT) is None
