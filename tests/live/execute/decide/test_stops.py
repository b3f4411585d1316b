"""What is done so that every position has its stop, and what is said when it cannot be done."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from live.book.reconcile import Mismatch, MismatchKind
from live.book.stops import StopNeed
from live.execute.decide.lines import RERUN, OpenLine
from live.execute.decide.stops import (
    StopChanges,
    check_stops,
    doubtful_positions,
    ended_stop,
    is_swapped,
    needs_restoration_row,
    open_needs,
    plan_stop_changes,
    planned_exchanges,
    planned_stops,
    stop_problems,
    stops_to_place,
    stops_without_shares,
    waiting_positions,
)
from live.execute.facts import Facts
from live.orders import Intent
from live.state_db.rows import PositionRow, Via
from tests.live.execute.builders import at_broker, differing, entry, exit_of, facts, moment, position, stop_of
from tests.live.state_db.builders import order as broker_order

HELD = position()
OTHER = position("BBB", number=2)


def needs(known: Facts, **more: Any) -> dict[str, StopNeed]:
    return {check.position.ticker: check.need for check in check_stops(known, **more)}


def changes(known: Facts) -> StopChanges:
    return plan_stop_changes(known, open_needs(known))


# needs


def test_every_open_position_is_checked() -> None:
    assert needs(facts(HELD, OTHER, stop_of(HELD))) == {"AAA": StopNeed.NOTHING, "BBB": StopNeed.PLACE}


def test_positions_can_be_left_out_or_asked_for() -> None:
    known = facts(HELD, OTHER)
    assert needs(known, skip={"AAA"}).keys() == {"BBB"}
    assert needs(known, only={"AAA"}).keys() == {"AAA"}


def test_f58_a_position_the_broker_does_not_show_keeps_its_stop() -> None:
    assert needs(facts(HELD, stop_of(HELD), mismatches=differing("AAA"))) == {}


def test_f61_of_a_differing_position_the_shares_both_sides_agree_on_are_covered() -> None:
    (check,) = check_stops(facts(HELD, stop_of(HELD), mismatches=differing("AAA", 10, 6)))
    assert (check.need, check.shares) == (StopNeed.REPLACE, 6)


def test_f34_a_stop_this_run_asked_to_cancel_is_on_its_way_out_whatever_the_broker_calls_it() -> None:
    stop = stop_of(HELD)
    assert needs(facts(HELD, stop, canceling=frozenset({stop.client_order_id}))) == {"AAA": StopNeed.CANCELING}


def test_f34_of_two_stops_only_the_one_that_was_asked_to_go_is_on_its_way_out() -> None:
    stop, second = stop_of(HELD), stop_of(HELD, id=2, client_order_id="second")
    assert needs(facts(HELD, stop, second, canceling=frozenset({"second"}))) == {"AAA": StopNeed.NOTHING}


def test_what_is_as_it_must_be_asks_for_nothing() -> None:
    assert open_needs(facts(HELD, stop_of(HELD))) == []
    assert [check.position.ticker for check in open_needs(facts(HELD))] == ["AAA"]
    assert [check.position.ticker for check in open_needs(facts(HELD, OTHER), skip={"AAA"})] == ["BBB"]
    assert [check.position.ticker for check in open_needs(facts(HELD, OTHER), only={"AAA"})] == ["AAA"]


def test_f115_a_live_foreign_stop_covers_its_shares() -> None:
    theirs = broker_order("f1", "by hand", "AAA", side="sell", type_="stop", qty=10, status="new", stop="95")
    assert needs(facts(HELD, foreign_sells={"AAA": (theirs,)})) == {"AAA": StopNeed.NOTHING}


def test_i3_a_stop_without_shares_here_or_at_the_broker_has_to_go() -> None:
    stop = stop_of(HELD)
    assert stops_without_shares(facts(stop)) == (stop,)
    assert stops_without_shares(facts(stop, holdings={"AAA": at_broker("AAA", 10)})) == ()


# changes


def test_a_missing_stop_is_placed() -> None:
    assert changes(facts(HELD)) == StopChanges((), (), (), frozenset({"AAA"}))


def test_a_surplus_stop_is_canceled() -> None:
    second = stop_of(HELD, id=2, client_order_id="second")
    assert changes(facts(HELD, stop_of(HELD), second)).cancel == (second,)


def test_a_stop_that_can_be_replaced_is() -> None:
    found = changes(facts(HELD, stop_of(HELD, qty=6)))
    assert [check.need for check in found.replace] == [StopNeed.REPLACE]
    assert found.place == frozenset()


def test_a_stop_that_is_placed_keeps_none_behind_it_from_being_replaced() -> None:
    found = changes(facts(HELD, OTHER, stop_of(OTHER, qty=6)))
    assert (found.place, [check.position.ticker for check in found.replace]) == (frozenset({"AAA"}), ["BBB"])
    assert not any(is_swapped(facts(HELD, failed_exchanges={1: 9}), check) for check in check_stops(facts(HELD)))


def test_f118_a_stop_that_came_by_an_exchange_is_exchanged_again() -> None:
    found = changes(facts(HELD, stop_of(HELD, planned_stop_price=880_000, via=Via.PATCH)))
    assert [check.need for check in found.replace] == [StopNeed.REPLACE]


def test_a_leg_of_another_quantity_is_canceled_and_placed_anew() -> None:
    leg = stop_of(HELD, qty=6, via=Via.LEG)
    assert changes(facts(HELD, leg)) == StopChanges((leg,), (), (), frozenset({"AAA"}))


def test_f42_a_refused_exchange_of_the_quantity_becomes_cancel_and_place() -> None:
    stop = stop_of(HELD, qty=6)
    found = changes(facts(HELD, stop, failed_exchanges={HELD.position_id: 1}))
    assert found == StopChanges((stop,), (), (), frozenset({"AAA"}))


@pytest.mark.parametrize("failed", [0, 1, 2])
def test_f42_a_failed_exchange_of_the_price_keeps_the_stop_and_is_tried_again(failed: int) -> None:
    stop = stop_of(HELD, planned_stop_price=880_000)
    found = changes(facts(HELD, stop, failed_exchanges={HELD.position_id: failed}))
    assert (found.cancel, len(found.replace), found.place) == ((), 1, frozenset())


def test_f118_an_exchange_that_never_works_becomes_cancel_and_place() -> None:
    stop = stop_of(HELD, planned_stop_price=880_000)
    found = changes(facts(HELD, stop, failed_exchanges={HELD.position_id: 3}))
    assert found == StopChanges((stop,), (), (), frozenset({"AAA"}))


def test_f118_nothing_is_tried_while_nobody_knows_what_became_of_an_exchange() -> None:
    stop = stop_of(HELD, planned_stop_price=880_000)
    unclear = stop_of(HELD, "unknown", id=2, client_order_id="second", via=Via.PATCH, alpaca_order_id=None)
    known = facts(HELD, stop, unclear, failed_exchanges={HELD.position_id: 3})
    assert changes(known) == StopChanges((), (), (), frozenset())


def test_a_stop_being_canceled_is_waited_for_and_then_placed() -> None:
    stop = stop_of(HELD, "pending_cancel")
    assert changes(facts(HELD, stop)) == StopChanges((), (stop,), (), frozenset({"AAA"}))


@pytest.mark.parametrize("status", ["held", "unknown"])
def test_f48_a_stop_that_is_still_held_or_in_an_unknown_state_is_let_be(status: str) -> None:
    stop = stop_of(HELD, status, updated_at=moment().now)
    assert changes(facts(HELD, stop)) == StopChanges((), (), (), frozenset())


def test_a_new_stop_goes_out_only_when_no_old_one_is_in_the_way() -> None:
    assert [check.position.ticker for check in stops_to_place(facts(HELD, OTHER), {"AAA"})] == ["AAA"]
    assert stops_to_place(facts(HELD, stop_of(HELD, "pending_cancel")), {"AAA"}) == []


# committed rows


def test_a_stop_committed_by_a_run_that_died_is_used_again() -> None:
    rows = [
        stop_of(HELD, "planned"),
        stop_of(HELD, "unknown", alpaca_order_id=None),
        stop_of(HELD, "canceled"),
        stop_of(HELD, "planned", via=Via.PATCH),
    ]
    assert planned_stops(rows) == rows[:2]


def test_an_exchange_that_never_left_is_known_by_its_row() -> None:
    planned = stop_of(HELD, "planned", via=Via.PATCH)
    assert planned_exchanges([stop_of(HELD, "planned"), stop_of(HELD, via=Via.PATCH), planned]) == [planned]


@pytest.mark.parametrize("status", ["canceled", "expired", "rejected"])
def test_a_stop_that_the_broker_ended_is_told_apart_from_one_that_lives_or_that_this_run_canceled(status: str) -> None:
    first, last = stop_of(HELD, id=4), stop_of(HELD, status, id=5, client_order_id="second")
    others = stop_of(HELD, "planned", id=6), exit_of(HELD, "canceled", id=7), exit_of(HELD, "accepted", id=8)
    assert ended_stop(facts(), (last, first, *others)) == last
    assert ended_stop(facts(canceling=frozenset({"second"})), (last, first)) is None
    assert ended_stop(facts(), (replace(first, id=9), last)) is None
    assert ended_stop(facts(), others) is None


def test_positions_whose_cover_is_in_doubt_are_those_with_a_canceling_stop_or_an_unclear_sell() -> None:
    unclear = position("CCC", number=3)
    known = facts(
        HELD, stop_of(HELD, "pending_cancel"), OTHER, stop_of(OTHER, "unknown"), unclear,
        exit_of(unclear, "unknown", alpaca_order_id=None), position("DDD", number=4),
    )  # fmt: skip
    assert doubtful_positions(known) == ["AAA", "CCC"]


def test_shares_the_broker_holds_of_a_fill_without_a_price_are_in_doubt_unless_a_stop_of_ours_is_live() -> None:
    unclear = Mismatch("AAA", MismatchKind.FOREIGN, 0, Decimal(10), unclear="AAA: its fill has no price yet")
    bought = entry("AAA", 1, "filled")
    assert doubtful_positions(facts(bought, mismatches={"AAA": unclear})) == ["AAA"]
    assert doubtful_positions(facts(bought, mismatches=differing("AAA", 0, 10))) == []
    sold = replace(unclear, in_db=10)
    assert doubtful_positions(facts(HELD, mismatches={"AAA": sold})) == []
    for row, named in ((stop_of(HELD), []), (stop_of(HELD, "canceled"), ["AAA"]), (exit_of(HELD, "new"), ["AAA"])):
        known = facts(row, orders={"AAA": (row,)}, mismatches={"AAA": unclear})
        assert doubtful_positions(known) == named


def test_f73_before_a_cancel_the_stop_that_might_be_needed_again_is_committed_once() -> None:
    assert needs_restoration_row(facts(HELD, stop_of(HELD)), HELD)
    assert not needs_restoration_row(facts(HELD, stop_of(HELD, "planned")), HELD)


# what is said


def words(*positions_and_orders: Any) -> list[str]:
    return [line.what for line in stop_problems(open_needs(facts(*positions_and_orders)))]


def test_a_stop_in_an_unknown_state_is_named_with_the_brokers_word() -> None:
    stop = stop_of(HELD, "unknown", broker_status="dreaming")
    assert words(HELD, stop) == ["AAA: its stop has the status dreaming"]
    assert [line.next_step for line in stop_problems(open_needs(facts(HELD, stop)))] == [RERUN]


def test_a_sell_of_unknown_outcome_is_named() -> None:
    assert words(HELD, exit_of(HELD, "unknown", alpaca_order_id=None)) == ["AAA: its sell is unclear"]


def test_a_stop_that_could_not_be_corrected_is_named_and_naked_shares_are_left_to_the_alarm() -> None:
    assert words(HELD, stop_of(HELD, qty=14)) == ["AAA: its stop could not be replaced"]
    assert words(HELD) == []


def waiting(*rows: PositionRow | Any, **more: Any) -> list[OpenLine]:
    return waiting_positions(facts(*rows, **more))


def test_i4_shares_whose_buy_is_still_working_are_named_as_without_a_stop() -> None:
    buy = entry("AAA", status="partially_filled", filled_qty=10, qty=20)
    assert buy.intent is Intent.ENTRY
    assert waiting(HELD, buy) == [
        OpenLine(
            "AAA: 10 shares are bought and the rest is still working, so they have no stop yet",
            "Run --phase poll: it ends the buy and places the stop.",
        )
    ]


def test_i4_a_stop_the_broker_is_still_moving_is_named() -> None:
    stop = stop_of(HELD, "pending_replace", planned_stop_price=880_000)
    assert waiting(position("A", number=9), HELD, stop) == [
        OpenLine("AAA: its stop (pending_replace) is not yet one of 10 shares at 90.00", RERUN)
    ]


def test_f113_shares_whose_sell_is_still_open_after_the_close_are_named() -> None:
    assert waiting(HELD, exit_of(HELD, "accepted"), at=moment(391)) == [
        OpenLine("AAA: its sell is still accepted after the close, so its shares have no stop yet", RERUN)
    ]
