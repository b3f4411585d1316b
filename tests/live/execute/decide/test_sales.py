"""Where each exit of the plan stands, and which may be sold now."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from backtest.model import ExitReason
from live.execute.decide.sales import (
    SaleState,
    is_sell_working,
    is_time_to_sell,
    needs_exit_line,
    overdue_sells,
    plan_sales,
    shares_to_sell,
    tickers_to_sell,
    within_limits,
)
from live.execute.facts import Facts
from live.state_db.rows import OrderRow
from tests.live.execute.builders import (
    NEXT,
    at_broker,
    config,
    differing,
    exit_of,
    facts,
    moment,
    position,
    stop_of,
)
from tests.live.state_db.builders import order

HELD = position()


def state(known: Facts) -> SaleState:
    (sale,) = plan_sales(known)
    return sale.state


def test_a_planned_exit_is_sold_after_its_stops_are_canceled() -> None:
    stop = stop_of(HELD)
    (sale,) = plan_sales(facts(HELD, exit_of(HELD), stop))
    assert (sale.state, sale.position, sale.stops) == (SaleState.SELL, HELD, (stop,))


def test_f115_an_exit_waits_while_a_foreign_order_may_hold_its_shares() -> None:
    theirs = order("x1", "hand", "AAA", side="sell", type_="stop", qty=10, status="new", stop="92")
    known = facts(HELD, exit_of(HELD), stop_of(HELD), foreign_sells={"AAA": (theirs,)})
    assert state(known) is SaleState.HELD
    assert tickers_to_sell(known) == frozenset()


def test_an_order_at_the_broker_that_bears_the_id_of_the_exit_does_not_hold_it_back() -> None:
    """It is adopted when the exit is sent under the same id."""
    line = exit_of(HELD)
    ours = order("x1", line.client_order_id, "AAA", side="sell", qty=10, status="new")
    assert state(facts(HELD, line, foreign_sells={"AAA": (ours,)})) is SaleState.SELL


@pytest.mark.parametrize(("minutes", "overdue"), [(60, False), (391, True)])
def test_f113_a_sell_that_is_open_after_its_session_is_overdue(minutes: float, overdue: bool) -> None:
    sell = exit_of(HELD, "accepted")
    known = facts(HELD, sell, stop_of(HELD), exit_of(HELD, "planned"), at=moment(minutes))
    assert overdue_sells(known) == ([sell] if overdue else [])


def test_f113_a_sell_queued_for_the_next_session_is_not_overdue() -> None:
    later = replace(exit_of(HELD, "accepted"), trade_date=NEXT.day)
    assert overdue_sells(facts(HELD, later, at=moment(391))) == []


def test_f116_no_sell_is_overdue_while_nobody_knows_the_hour() -> None:
    assert overdue_sells(facts(HELD, exit_of(HELD, "accepted"), at=moment(391, clock_known=False))) == []


def test_a_stop_that_never_reached_the_broker_is_not_canceled() -> None:
    (sale,) = plan_sales(facts(HELD, exit_of(HELD), stop_of(HELD, "planned")))
    assert sale.stops == ()


def test_an_exit_of_a_position_that_is_closed_is_done() -> None:
    assert state(facts(exit_of(HELD))) is SaleState.DONE


def test_an_accepted_exit_is_working() -> None:
    assert state(facts(HELD, exit_of(HELD, "accepted"))) is SaleState.WORKING


def test_an_exit_whose_outcome_is_unknown_is_not_sent_again() -> None:
    assert state(facts(HELD, exit_of(HELD, "unknown", alpaca_order_id=None))) is SaleState.UNKNOWN


def test_no_second_sell_beside_one_of_another_day_that_is_not_over() -> None:
    older = exit_of(HELD, "accepted", trade_date=moment().today.replace(day=13), client_order_id="older")
    (sale,) = plan_sales(facts(HELD, exit_of(HELD), older))
    assert (sale.state, sale.line) == (SaleState.WORKING, older)


def test_i4_a_ticker_on_which_both_sides_differ_is_left_alone() -> None:
    assert state(facts(HELD, exit_of(HELD), mismatches=differing("AAA"))) is SaleState.LEFT_ALONE


@pytest.mark.parametrize("status", ["rejected", "canceled"])
def test_f24_an_exit_the_broker_ended_is_sent_once_more_while_the_market_is_open(status: str) -> None:
    assert state(facts(HELD, exit_of(HELD, status))) is SaleState.SELL
    assert state(facts(HELD, exit_of(HELD, status), at=moment(-10))) is SaleState.OVER


def test_f24_and_no_third_time() -> None:
    second = exit_of(HELD, "rejected", client_order_id="second")
    assert state(facts(HELD, exit_of(HELD, "rejected"), second)) is SaleState.OVER


@pytest.mark.parametrize("status", ["expired", "abandoned", "filled"])
def test_an_exit_that_ended_otherwise_is_over_for_today(status: str) -> None:
    assert state(facts(HELD, exit_of(HELD, status))) is SaleState.OVER


def test_f136_a_holding_whose_replacement_has_no_funds_is_kept() -> None:
    held = position()
    line = exit_of(held, "abandoned", reject_reason="insufficient_funds: too little")
    (sale,) = plan_sales(facts(held, line))
    assert sale.state is SaleState.KEPT
    assert needs_exit_line(facts(held, line), held, sale)


@pytest.mark.parametrize(
    ("line", "more"),
    [
        (exit_of(HELD), {}),
        (exit_of(HELD, "accepted"), {}),
        (exit_of(HELD), {"mismatches": differing("AAA", 10, 6)}),
        (exit_of(HELD, "abandoned", reject_reason="insufficient_funds: too little"), {}),
        (exit_of(HELD, "expired"), {}),
        (exit_of(HELD), {"foreign_sells": {"AAA": (order("f1", "by hand", "AAA", side="sell"),)}}),
    ],
)
def test_an_exit_names_its_position_as_long_as_that_is_open(line: OrderRow, more: dict[str, Any]) -> None:
    assert [sale.position for sale in plan_sales(facts(HELD, line, **more))] == [HELD]


def test_of_several_generations_the_newest_says_where_the_exit_stands() -> None:
    second = exit_of(HELD, "accepted", client_order_id="second")
    assert [sale.line for sale in plan_sales(facts(HELD, exit_of(HELD, "rejected"), second))] == [second]


def test_sales_keep_the_order_of_the_file_and_can_be_asked_for_some_tickers() -> None:
    other = position("ZZZ", number=2)
    known = facts(HELD, other, exit_of(other), exit_of(HELD))
    assert [sale.line.ticker for sale in plan_sales(known)] == ["ZZZ", "AAA"]
    assert [sale.line.ticker for sale in plan_sales(known, only={"AAA"})] == ["AAA"]


def test_the_stop_of_a_position_that_is_sold_in_this_pass_is_not_given_back() -> None:
    other = position("BBB", number=2)
    known = facts(HELD, other, exit_of(HELD), exit_of(other, "accepted"))
    assert tickers_to_sell(known) == {"AAA"}


def test_only_an_exit_at_the_broker_counts_as_a_sell_that_will_free_its_slot() -> None:
    assert is_sell_working(facts(HELD, exit_of(HELD, "accepted")))
    assert not is_sell_working(facts(HELD, exit_of(HELD)))
    assert not is_sell_working(facts(HELD, stop_of(HELD)))


@pytest.mark.parametrize(("minutes", "expected"), [(-10, True), (1, True), (389, True), (389.5, False), (400, False)])
def test_no_stop_is_canceled_within_a_minute_of_the_close(minutes: float, expected: bool) -> None:
    assert is_time_to_sell(facts(at=moment(minutes))) is expected


def test_only_as_many_stops_are_canceled_as_sells_may_leave() -> None:
    held = [position(name, number=n) for n, name in enumerate("ABC", start=1)]
    known = facts(*held, *(exit_of(one) for one in held), settings=config(max_daily_trade_orders=2))
    assert [sale.line.ticker for sale in within_limits(known, plan_sales(known))] == ["A", "B"]
    unlimited = replace(known, config=config())
    assert [sale.line.ticker for sale in within_limits(unlimited, plan_sales(unlimited))] == ["A", "B", "C"]


def test_no_more_is_sold_than_the_broker_holds() -> None:
    assert shares_to_sell(facts(HELD), HELD) == 10
    assert shares_to_sell(facts(HELD, holdings={"AAA": at_broker("AAA", 6)}), HELD) == 6


def test_what_the_broker_does_not_show_is_sold_by_our_own_count() -> None:
    assert shares_to_sell(facts(HELD, holdings={}), HELD) == 10


# by hand


def needs_line(known: Facts) -> bool:
    sale = next(iter(plan_sales(known)), None)
    return needs_exit_line(known, HELD, sale)


def test_a_position_closed_by_hand_needs_an_exit_when_the_plan_has_none() -> None:
    assert needs_line(facts(HELD))


@pytest.mark.parametrize("status", ["planned", "accepted", "unknown"])
def test_an_exit_that_may_still_sell_is_used(status: str) -> None:
    assert not needs_line(facts(HELD, exit_of(HELD, status)))


def test_an_exit_of_another_day_that_is_still_open_is_used_and_no_order_of_another_kind_or_position() -> None:
    other = position("BBB", number=2)
    earlier = {"trade_date": moment().today - timedelta(days=4), "client_order_id": "earlier"}
    assert not needs_line(facts(HELD, exit_of(HELD, "accepted", **earlier)))
    assert needs_line(facts(HELD, stop_of(HELD), other, exit_of(other, "accepted", **earlier)))


def test_an_exit_that_is_over_is_followed_by_another() -> None:
    assert needs_line(facts(HELD, exit_of(HELD, "expired", exit_reason=ExitReason.MANUAL)))


def test_a_differing_ticker_gets_no_exit_by_hand() -> None:
    assert not needs_line(facts(HELD, mismatches=differing("AAA")))


def test_a_position_of_fractions_at_the_broker_is_sold_in_whole_shares() -> None:
    fraction = replace(at_broker("AAA", 6), qty=Decimal("6.5"))
    assert shares_to_sell(facts(HELD, holdings={"AAA": fraction}), HELD) == 6
