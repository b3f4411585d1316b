"""What holds for every entry and exit whatever the plan says, and how many slots are free."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from live.config import OnTrip
from live.execute.decide.guards import Refusal
from live.execute.decide.limits import free_slots, is_too_old, order_refusal, stop_limit_problem, way_out
from live.execute.facts import Facts
from live.state_db.rows import OrderRow
from tests.live.execute.builders import ACCOUNT, at_broker, config, entry, exit_of, facts, moment, position, stop_of

POOR = replace(ACCOUNT, equity=Decimal(90_000), last_equity=Decimal(100_000))


def reason(facts: Facts, row: OrderRow, *going: OrderRow) -> str | None:
    refusal = order_refusal(facts, row, going)
    return None if refusal is None else str(refusal.reason)


# free slots


@pytest.mark.parametrize(
    ("minutes", "age", "too_old"),
    [(1, 119, False), (1, 120, False), (1, 121, True), (-10, 600, False), (391, 600, False)],
)
def test_in_an_open_session_positions_and_funds_have_a_greatest_age(minutes: float, age: int, *, too_old: bool) -> None:
    at = moment(minutes)
    assert is_too_old(facts(at=at, read_at=at.now - timedelta(seconds=age))) is too_old


def test_every_position_takes_a_slot() -> None:
    assert free_slots(facts(position(), settings=config(max_positions=3))) == 2


def test_a_holding_that_is_not_ours_takes_a_slot_too() -> None:
    for shares, slots in ((0, 3), (1, 2), (3, 2)):
        known = facts(holdings={"SPY": at_broker("SPY", shares)}, settings=config(max_positions=3))
        assert free_slots(known) == slots


def test_a_position_of_ours_that_the_broker_does_not_show_takes_a_slot_all_the_same() -> None:
    assert free_slots(facts(position(), holdings={}, settings=config(max_positions=3))) == 2


def test_a_position_whose_exit_is_accepted_has_freed_its_slot() -> None:
    held = position()
    assert free_slots(facts(held, exit_of(held, "accepted"), settings=config(max_positions=3))) == 3


def test_a_planned_exit_frees_nothing_yet() -> None:
    held = position()
    assert free_slots(facts(held, exit_of(held), settings=config(max_positions=3))) == 2


@pytest.mark.parametrize(("status", "slots"), [("planned", 3), ("unknown", 2), ("accepted", 2), ("filled", 3)])
def test_an_entry_takes_its_slot_from_the_moment_it_may_be_at_the_broker(status: str, slots: int) -> None:
    assert free_slots(facts(entry(status=status), settings=config(max_positions=3))) == slots


def test_a_partly_bought_entry_and_its_position_take_one_slot() -> None:
    rows = position("NEW", 4), entry("NEW", status="partially_filled", filled_qty=4)
    assert free_slots(facts(*rows, settings=config(max_positions=3))) == 2


# every order


def test_an_order_within_all_limits_may_leave() -> None:
    held = position()
    assert reason(facts(held), entry()) is None
    assert reason(facts(held), exit_of(held)) is None


def test_the_days_entry_and_exit_orders_are_limited_those_of_the_batch_counted() -> None:
    three = config(max_daily_trade_orders=3)
    assert reason(facts(settings=three, trades_sent=2), entry()) is None
    assert reason(facts(settings=three, trades_sent=2), entry(), entry("OTHER")) == "order_limit"
    refusal = order_refusal(facts(settings=three, trades_sent=3), exit_of(position()))
    assert refusal == Refusal("order_limit", "3 entry and exit orders today, the limit is 3", False, 11)


def test_all_orders_of_the_day_are_limited_stops_counted() -> None:
    settings = config(max_orders_per_day=5)
    assert reason(facts(settings=settings, trades_sent=2, stops_sent=2), entry()) is None
    refusal = order_refusal(facts(settings=settings, trades_sent=2, stops_sent=3), entry())
    assert refusal == Refusal("order_limit", "5 orders today, the limit is 5", False, 11)


def test_f50_a_restricted_account_sends_nothing() -> None:
    blocked = replace(ACCOUNT, blocked_reasons=("trading_blocked",))
    assert reason(facts(account=blocked), exit_of(position())) == "account_blocked"


def test_f107_the_loss_since_yesterday_stops_exits_too() -> None:
    settings = config(max_daily_loss_pct=Decimal(5))
    assert reason(facts(account=POOR, settings=settings), exit_of(position())) == "max_daily_loss"


def test_f107_drawdown_is_measured_from_the_highest_equity_recorded() -> None:
    settings = config(max_drawdown_pct=Decimal(20))
    assert reason(facts(settings=settings, peak_equity=Decimal(120_000)), entry()) is None
    assert reason(facts(settings=settings, peak_equity=Decimal(125_000)), entry()) == "max_drawdown"


# entries


def test_an_entry_may_be_five_percent_larger_than_position_size_and_no_more() -> None:
    settings = config(position_size=Decimal(1_000))
    assert reason(facts(settings=settings), entry(qty=10)) is None
    assert reason(facts(settings=settings), entry(qty=11)) == "position_size"


def test_an_entry_after_the_cutoff_does_not_leave_an_exit_does() -> None:
    late = facts(at=moment(6))
    assert reason(late, entry()) == "after_cutoff"
    assert reason(late, exit_of(position())) is None
    assert reason(replace(late, skip_time_check=True), entry()) is None


def test_the_entries_of_one_batch_do_not_take_more_than_the_free_slots() -> None:
    one_free = facts(position(), settings=config(max_positions=2))
    assert reason(one_free, entry()) is None
    refusal = order_refusal(one_free, entry(), [entry("OTHER")])
    assert refusal == Refusal("capacity_full", "no free slot at the broker", final=False)


def test_f46_no_entry_where_an_open_sell_is_not_ours() -> None:
    assert reason(facts(foreign_sells=frozenset({"NEW"})), entry()) == "foreign_sell"


# the whole run


def test_only_a_loss_asks_for_the_kill_switch_and_a_drawdown_for_the_peak_too() -> None:
    drawdown, loss, orders = (Refusal(name, "", final=False, exit_code=11, is_loss=is_loss) for name, is_loss in LIMITS)
    for on_trip, switch in ((OnTrip.KILL_SWITCH, True), (OnTrip.REFUSE, False)):
        assert ("kill-switch off" in way_out(drawdown, on_trip)) is switch
        assert "limits reset-peak" in way_out(drawdown, on_trip)
        assert ("kill-switch off" in way_out(loss, on_trip)) is switch
        assert "reset-peak" not in way_out(loss, on_trip)
        assert way_out(orders, on_trip) == "Nothing more is bought or sold today; stops stay."
    switch_off, reset = "python -m live.admin kill-switch off", 'python -m live.admin limits reset-peak --reason "…"'
    assert way_out(drawdown, OnTrip.KILL_SWITCH) == f"Find out why. To trade again both: {switch_off}, {reset}"
    assert way_out(drawdown, OnTrip.REFUSE) == f"To trade again: {reset}"
    assert way_out(loss, OnTrip.KILL_SWITCH) == f"From the next session on: {switch_off}"
    assert way_out(loss, OnTrip.REFUSE) == "It holds until the next session; stops stay."


LIMITS = (("max_drawdown", True), ("max_daily_loss", True), ("order_limit", False))


def test_more_new_stops_than_the_limit_are_a_problem_and_the_limit_itself_is_not() -> None:
    settings = config(max_daily_stop_orders=20)
    assert stop_limit_problem(facts(settings=settings, stops_sent=20)) is None
    assert stop_limit_problem(facts(settings=settings, stops_sent=21)) == "21 new stop orders today, the limit is 20"


def test_a_live_stop_changes_no_slot() -> None:
    held = position()
    assert free_slots(facts(held, stop_of(held), settings=config(max_positions=3))) == 2
