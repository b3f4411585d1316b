"""What one open position's protection needs, whatever state its orders are in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from live.execute.care import Act, plan_care
from live.orders import Intent
from live.state_db.rows import OrderRow, Via
from tests.live.state_db.builders import order_row, position_row

NOW = datetime(2026, 3, 6, 15, 0, tzinfo=UTC)
POSITION = position_row(shares=10)


def order(intent: Intent, status: str = "new", qty: int = 10, **changes: Any) -> OrderRow:
    return order_row(intent, status, qty, **{"expires_at": NOW + timedelta(days=60)} | changes)


def stop(status: str = "new", qty: int = 10, **changes: Any) -> OrderRow:
    return order(Intent.STOP, status, qty, **changes)


def act(*orders: OrderRow, shares: int = 10) -> Act:
    return plan_care(POSITION, shares, orders, NOW).act


@pytest.mark.parametrize(
    "status", ["new", "accepted", "pending_new", "accepted_for_bidding", "partially_filled", "stopped"]
)
def test_one_stop_of_the_right_quantity_and_price_is_enough(status: str) -> None:
    assert act(stop(status)) is Act.SAFE


@pytest.mark.parametrize("status", ["canceled", "expired", "rejected", "replaced", "abandoned", "planned"])
def test_a_stop_that_is_over_or_was_never_sent_protects_nothing(status: str) -> None:
    assert act(stop(status)) is Act.PLACE
    assert act() is Act.PLACE


def test_a_wrong_quantity_or_price_is_replaced_when_the_stop_is_new() -> None:
    assert act(stop(qty=6)) is Act.REPLACE
    assert act(stop(qty=14)) is Act.REPLACE
    assert act(stop(planned_stop_price=1_240_000)) is Act.REPLACE


def test_a_stop_that_cannot_be_replaced_yet_is_swapped_for_its_quantity_and_kept_for_its_price() -> None:
    assert act(stop("accepted", qty=6)) is Act.SWAP
    assert act(stop("accepted", planned_stop_price=1_240_000)) is Act.WAIT


def test_a_stop_that_ages_out_within_a_week_is_renewed() -> None:
    assert act(stop(expires_at=NOW + timedelta(days=6))) is Act.RENEW
    assert act(stop("accepted", expires_at=NOW + timedelta(days=6))) is Act.SWAP
    assert act(stop(expires_at=NOW + timedelta(days=8))) is Act.SAFE


def test_of_two_stops_the_fitting_one_stays() -> None:
    good, other = stop(id=2, client_order_id="b"), stop(qty=6)
    care = plan_care(POSITION, 10, (other, good), NOW)
    assert (care.act, care.stop, care.surplus) == (Act.SAFE, good, (other,))


def test_a_replaced_stop_is_no_second_stop_while_the_broker_still_lists_it() -> None:
    old = stop(planned_stop_price=1_240_000)
    new = stop(id=2, client_order_id="b", via=Via.PATCH, parent_client_order_id=old.client_order_id)
    care = plan_care(POSITION, 10, (old, new), NOW)
    assert (care.act, care.surplus) == (Act.SAFE, ())


def test_a_working_market_sell_covers_its_shares() -> None:
    assert act(order(Intent.EXIT, "accepted")) is Act.SAFE
    half = plan_care(POSITION, 10, (order(Intent.EXIT, "accepted", qty=4),), NOW)
    assert (half.act, half.shares) == (Act.PLACE, 6)


def test_a_stop_beside_a_sell_of_every_share_must_go() -> None:
    care = plan_care(POSITION, 10, (order(Intent.EXIT, "new"), stop()), NOW)
    assert [row.intent for row in care.surplus] == [Intent.STOP]


def test_while_the_buy_is_working_no_stop_is_placed() -> None:
    assert act(order(Intent.ENTRY, "partially_filled")) is Act.WAIT


def test_a_held_leg_may_sleep_for_half_a_minute() -> None:
    assert act(stop("held", updated_at=NOW - timedelta(seconds=29))) is Act.WAKING
    late = plan_care(POSITION, 10, (stop("held", updated_at=NOW - timedelta(seconds=31)),), NOW)
    assert (late.act, len(late.surplus)) == (Act.PLACE, 1)


def test_a_stop_being_canceled_is_waited_for() -> None:
    assert act(stop("pending_cancel")) is Act.SETTLE


@pytest.mark.parametrize("status", ["unknown", "suspended", "done_for_day", "calculated"])
def test_f48_a_stop_in_a_state_nobody_knows_is_neither_trusted_nor_doubled(status: str) -> None:
    assert act(stop(status)) is Act.DOUBT


def test_a_sell_whose_outcome_is_unknown_holds_a_new_stop_back() -> None:
    assert act(order(Intent.EXIT, "unknown", alpaca_order_id=None)) is Act.DOUBT


def test_only_shares_that_are_ours_for_certain_are_covered() -> None:
    care = plan_care(POSITION, 4, (stop(),), NOW)
    assert (care.act, care.shares) == (Act.REPLACE, 4)
    gone = plan_care(POSITION, 0, (stop(),), NOW)
    assert len(gone.surplus) == 1
