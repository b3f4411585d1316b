"""What one open position's protection needs, whatever state its orders are in, and which shares are covered."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from live.book.stops import StopCheck, StopNeed, check_stop, leftover_stops
from live.broker import Order
from live.orders import Intent, OrderStatus
from live.state_db.rows import OrderRow, Via
from tests.live.state_db.builders import MORNING, order_row, position_row
from tests.live.state_db.builders import order as broker_order

NOW = MORNING
POSITION = position_row("AAA", 10, "100")


def order(intent: Intent, status: str = "new", qty: int = 10, **changes: Any) -> OrderRow:
    usual = {
        "ticker": "AAA",
        "planned_stop_price": 900_000 if intent is Intent.STOP else None,
        "expires_at": NOW + timedelta(days=60),
    }
    return order_row(intent, OrderStatus(status), qty, **{**usual, **changes})


def stop(status: str = "new", qty: int = 10, **changes: Any) -> OrderRow:
    return order(Intent.STOP, status, qty, **changes)


def check(*orders: OrderRow, shares: int = 10) -> StopCheck:
    return check_stop(POSITION, shares, orders, NOW)


def need(*orders: OrderRow) -> StopNeed:
    return check(*orders).need


@pytest.mark.parametrize(
    "status", ["new", "accepted", "pending_new", "accepted_for_bidding", "partially_filled", "stopped"]
)
def test_one_stop_of_the_right_quantity_and_price_is_enough(status: str) -> None:
    assert need(stop(status)) is StopNeed.NOTHING


@pytest.mark.parametrize("status", ["canceled", "expired", "rejected", "replaced", "abandoned", "planned"])
def test_a_stop_that_is_over_or_was_never_sent_protects_nothing(status: str) -> None:
    assert need(stop(status)) is StopNeed.PLACE


def test_a_position_without_a_stop_needs_a_new_one() -> None:
    assert need() is StopNeed.PLACE


@pytest.mark.parametrize("wrong", [{"qty": 6}, {"qty": 14}, {"planned_stop_price": 880_000}])
def test_a_wrong_quantity_or_price_is_replaced_when_the_stop_is_new(wrong: dict[str, int]) -> None:
    assert need(stop(**wrong)) is StopNeed.REPLACE


def test_a_stop_that_cannot_be_replaced_yet_is_swapped_for_its_quantity_and_kept_for_its_price() -> None:
    assert need(stop("accepted", qty=6)) is StopNeed.SWAP
    assert need(stop("accepted", planned_stop_price=880_000)) is StopNeed.WAIT


def test_the_quantity_of_a_leg_cannot_be_replaced_its_price_can() -> None:
    assert need(stop(qty=6, via=Via.LEG)) is StopNeed.SWAP
    assert need(stop(planned_stop_price=880_000, via=Via.LEG)) is StopNeed.REPLACE


def test_a_stop_that_expires_within_a_week_is_renewed() -> None:
    assert need(stop(expires_at=NOW + timedelta(days=6))) is StopNeed.RENEW
    assert need(stop("accepted", expires_at=NOW + timedelta(days=6))) is StopNeed.SWAP
    assert need(stop(expires_at=NOW + timedelta(days=8))) is StopNeed.NOTHING


def test_of_two_stops_the_fitting_one_stays() -> None:
    good, other = stop(id=2, client_order_id="b"), stop(qty=6)
    found = check(other, good)
    assert (found.need, found.stop, found.surplus) == (StopNeed.NOTHING, good, (other,))


def test_a_replaced_stop_is_no_second_stop_while_the_broker_still_lists_it() -> None:
    old = stop(planned_stop_price=880_000)
    new = stop(id=2, client_order_id="b", via=Via.PATCH, parent_client_order_id=old.client_order_id)
    found = check(old, new)
    assert (found.need, found.surplus) == (StopNeed.NOTHING, ())


def test_a_working_market_sell_covers_its_shares() -> None:
    assert need(order(Intent.EXIT, "accepted")) is StopNeed.NOTHING
    half = check(order(Intent.EXIT, "accepted", qty=4))
    assert (half.need, half.shares) == (StopNeed.PLACE, 6)


def test_a_stop_beside_a_sell_of_every_share_must_go() -> None:
    assert [row.intent for row in check(order(Intent.EXIT), stop()).surplus] == [Intent.STOP]


def test_while_the_buy_is_working_no_stop_is_placed() -> None:
    assert need(order(Intent.ENTRY, "partially_filled")) is StopNeed.WAIT


def test_a_leg_may_stay_held_for_half_a_minute_after_the_fill() -> None:
    assert need(stop("held", updated_at=NOW - timedelta(seconds=29))) is StopNeed.HELD
    late = check(stop("held", updated_at=NOW - timedelta(seconds=31)))
    assert (late.need, len(late.surplus)) == (StopNeed.PLACE, 1)


def test_a_stop_being_canceled_is_waited_for() -> None:
    assert need(stop("pending_cancel")) is StopNeed.CANCELING


@pytest.mark.parametrize("status", ["unknown", "suspended", "done_for_day", "calculated"])
def test_f48_a_stop_in_a_state_nobody_knows_is_neither_trusted_nor_doubled(status: str) -> None:
    assert need(stop(status)) is StopNeed.UNKNOWN


def test_a_sell_whose_outcome_is_unknown_holds_a_new_stop_back() -> None:
    assert need(order(Intent.EXIT, "unknown", alpaca_order_id=None)) is StopNeed.UNKNOWN


def test_only_shares_that_are_ours_for_certain_are_covered() -> None:
    found = check(stop(), shares=4)
    assert (found.need, found.shares) == (StopNeed.REPLACE, 4)
    assert len(check(stop(), shares=0).surplus) == 1


# naked: nothing that is on its way will cover the shares


def test_shares_are_naked_without_a_stop_or_with_one_of_fewer_shares() -> None:
    assert check().is_naked
    assert check(stop(qty=6)).is_naked
    assert not check(stop(qty=14)).is_naked


def test_shares_whose_stop_is_being_canceled_or_is_still_held_are_not_called_naked() -> None:
    assert not check(stop("pending_cancel")).is_naked
    assert not check(stop("held")).is_naked


# covered at this moment (admin status and reconcile)


def test_a_live_stop_of_its_quantity_and_price_protects_exactly() -> None:
    found = check(stop())
    assert (found.uncovered, found.is_exact) == (0, True)


@pytest.mark.parametrize(
    ("orders", "uncovered"),
    [
        ([], 10),
        ([stop(qty=7)], 3),
        ([stop("held")], 10),
        ([stop("pending_cancel")], 10),
        ([stop("unknown")], 10),
        ([stop(planned_stop_price=880_000)], 0),
        ([stop(), stop(id=2, client_order_id="b")], 0),
        ([order(Intent.EXIT, "accepted", qty=4)], 6),
        ([order(Intent.EXIT, "accepted", qty=4), stop()], 0),
    ],
)
def test_anything_else_is_not_exact_and_shares_without_cover_are_counted(
    orders: list[OrderRow], uncovered: int
) -> None:
    found = check(*orders)
    assert (found.uncovered, found.is_exact) == (uncovered, False)


def test_a_working_market_sell_of_ours_leaves_nothing_to_cover() -> None:
    found = check(order(Intent.EXIT, "accepted"))
    assert (found.leaving, found.uncovered, found.is_exact) == (10, 0, True)


def test_what_a_partly_filled_stop_has_left_still_protects() -> None:
    partly = stop("partially_filled", filled_qty=3)
    found = check_stop(replace(POSITION, actual_shares=7), 7, [partly], NOW)
    assert (found.uncovered, found.is_exact) == (0, True)


# left over


def test_a_stop_without_a_position_or_shares_at_the_broker_is_left_over() -> None:
    rows = {"AAA": [stop()], "BBB": [stop(ticker="BBB")]}
    assert [row.ticker for row in leftover_stops({"BBB"}, rows)] == ["AAA"]


def test_a_stop_of_a_working_entry_or_one_being_canceled_is_not_left_over() -> None:
    assert leftover_stops((), {"AAA": [order(Intent.ENTRY, "accepted"), stop("held")]}) == ()
    assert leftover_stops((), {"AAA": [stop("pending_cancel")]}) == ()


# foreign stops


def theirs(qty: int) -> Order:
    return broker_order("x1", "hand", "AAA", side="sell", type_="stop", qty=qty, status="new", stop="92")


def test_f115_shares_that_a_foreign_stop_covers_need_none_of_ours() -> None:
    found = check_stop(POSITION, 10, [], NOW, [theirs(10)])
    assert (found.need, found.uncovered, found.is_exact) == (StopNeed.NOTHING, 0, True)


def test_f115_the_shares_it_does_not_cover_need_one() -> None:
    found = check_stop(POSITION, 10, [], NOW, [theirs(4)])
    assert (found.need, found.shares, found.uncovered) == (StopNeed.PLACE, 6, 6)
    assert check_stop(POSITION, 10, [stop(qty=6)], NOW, [theirs(4)]).need is StopNeed.NOTHING


def test_f117_shares_that_the_broker_does_not_hold_are_not_naked() -> None:
    assert check_stop(POSITION, 0, [], NOW).uncovered == 0
