"""Guards: pure questions about a line, answered by a reason or None."""

from __future__ import annotations

from collections.abc import Callable
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


REFUSALS = [
    (
        lambda: guards.entry_time(moment(1, clock_known=False)),
        guards.Refusal("clock_unknown", "the broker's clock did not answer", final=False, exit_code=9),
    ),
    (lambda: guards.entry_time(moment(400)), guards.Refusal("after_cutoff", "the session is over", final=True)),
    (lambda: guards.entry_time(moment(5)), guards.Refusal("after_cutoff", "the entry cutoff has passed", final=True)),
    (
        lambda: guards.slot(0, sells_working=False),
        guards.Refusal("capacity_full", "no free slot at the broker", final=True),
    ),
    (
        lambda: guards.funds(Funds(left=15_000_000, minimum=5_000_000), 10_000_001, sells_working=False),
        guards.Refusal(
            "insufficient_funds",
            "needs 1,000.00 USD; 1,500.00 are left, of which 500.00 must stay untouched",
            final=True,
        ),
    ),
    (
        lambda: guards.order_limit(5, 5, "orders"),
        guards.Refusal("order_limit", "5 orders today, the limit is 5", final=False, exit_code=11),
    ),
    (
        lambda: guards.price(LatestPrice(Decimal("89.5"), OPEN), 1_000_000, 900_000, 2_500, moment(1)),
        guards.Refusal("below_stop", "the market is at 89.50, the provisional stop at 90.00", final=True),
    ),
    (
        lambda: guards.price(LatestPrice(Decimal("126"), OPEN), 1_000_000, 900_000, 2_500, moment(1)),
        guards.Refusal("price_mismatch", "the market is at 126.00, the order was sized at 100.00", final=True),
    ),
    (
        lambda: guards.position_value(1_000_000, 10, Decimal(999)),
        guards.Refusal("max_position_usd", "1,000.00 USD, max_position_usd is 999", final=True),
    ),
    (
        lambda: guards.position_share(1_000_000, 10, Decimal(10_000), Decimal(9)),
        guards.Refusal("max_position_pct", "1,000.00 USD, max_position_pct is 9 of equity 10,000.00", final=True),
    ),
    (
        lambda: guards.position_size(1_000_000, 11, 10_000_000),
        guards.Refusal("position_size", "11 shares are more than position_size", final=True),
    ),
    (
        lambda: guards.foreign_sell("AAA", {"AAA"}),
        guards.Refusal("foreign_sell", "an open sell order at the broker is not ours", final=True),
    ),
    (lambda: guards.frozen("AAA", {"AAA"}), guards.Refusal("frozen", "state DB and broker differ on it", final=True)),
    (
        lambda: guards.held_already("AAA", {"AAA"}),
        guards.Refusal("duplicate_ticker", "the account holds it already", final=True),
    ),
    (
        lambda: guards.account(replace(ACCOUNT, blocked_reasons=("trading_blocked",))),
        guards.Refusal(
            "account_blocked", "the broker restricts the account PA1: trading_blocked", final=False, exit_code=11
        ),
    ),
    (
        lambda: guards.safety_limits(replace(ACCOUNT, equity=Decimal(80_000)), Decimal(100_000), Decimal(20), None),
        guards.Refusal(
            "max_drawdown",
            "drawdown: equity 80,000.00, highest 100,000.00, max_drawdown_pct 20",
            final=False,
            exit_code=11,
            is_loss=True,
        ),
    ),
    (
        lambda: guards.safety_limits(replace(ACCOUNT, equity=Decimal(97_000)), None, None, Decimal(3)),
        guards.Refusal(
            "max_daily_loss",
            "daily loss: equity 97,000.00 after 100,000.00, max_daily_loss_pct 3",
            final=False,
            exit_code=11,
            is_loss=True,
        ),
    ),
]


@pytest.mark.parametrize(("ask", "refusal"), REFUSALS, ids=[refusal.words[:30] for _, refusal in REFUSALS])
def test_a_refusal_says_why_and_whether_the_line_is_over(
    ask: Callable[[], guards.Refusal | None], refusal: guards.Refusal
) -> None:
    assert ask() == refusal


@pytest.mark.parametrize(("equity", "passes"), [(10_000, True), (Decimal("9_999.99"), False), (0, False)])
def test_an_entry_may_be_as_large_as_its_share_of_the_equity(equity: int | Decimal, *, passes: bool) -> None:
    found = guards.position_share(1_000_000, 10, Decimal(equity), Decimal(10))
    assert (found is None) is passes
    assert guards.position_share(1_000_000, 10, Decimal(equity), None) is None


def test_an_entry_may_cost_five_percent_more_than_position_size_to_the_cent() -> None:
    assert guards.position_size(1_050_000, 10, 10_000_000) is None
    assert guards.position_size(1_050_001, 10, 10_000_000) is not None


def test_a_ticker_that_is_free_is_not_refused() -> None:
    for guard in (guards.foreign_sell, guards.frozen, guards.held_already):
        assert guard("AAA", {"BBB"}) is None


def test_the_day_of_a_price_is_that_of_new_york() -> None:
    latest = LatestPrice(Decimal(100), OPEN.replace(hour=3))  # 22:00 of the day before
    assert not guards.is_of_today(latest, moment(1))
    assert guards.is_of_today(LatestPrice(Decimal(100), OPEN.replace(hour=6)), moment(1))


@pytest.mark.parametrize(
    ("equity", "last", "trips"),
    [(97_000, 100_000, True), (97_001, 100_000, False), (5, 0, True), (5, -1, True), (1, 1, False)],
)
def test_the_daily_loss_trips_at_its_limit_and_where_there_was_nothing(equity: int, last: int, *, trips: bool) -> None:
    account = replace(ACCOUNT, equity=Decimal(equity), last_equity=Decimal(last))
    assert (guards.safety_limits(account, None, None, Decimal(3)) is not None) is trips


def test_an_equity_above_the_highest_recorded_is_no_drawdown() -> None:
    assert guards.drawdown(Decimal(110), Decimal(100), Decimal(1)) is None
    assert guards.drawdown(Decimal(99), Decimal(100), Decimal(1)) is not None
    assert guards.drawdown(Decimal(100), None, Decimal(1)) is None
    assert guards.drawdown(Decimal(1), Decimal(1), Decimal(1)) is None
    assert guards.drawdown(Decimal("90.01"), Decimal(100), Decimal(10)) is None
    assert guards.drawdown(Decimal(-1), None, Decimal(1)) == (
        "drawdown: equity -1.00, highest -1.00, max_drawdown_pct 1"
    )
