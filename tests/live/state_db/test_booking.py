"""What the broker says becomes orders and positions, each fact once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from backtest.model import ExitReason
from live.orders import Intent, OrderStatus
from live.state_db.db import StateDB
from live.state_db.event_types.orders import FillCorrected, OrderAbandoned, OrderAdopted, OrderFill, OrderUpdated
from live.state_db.event_types.registry import read_payload
from live.state_db.records import EventRow
from live.state_db.rows import PositionStatus, Via
from tests.live.state_db.builders import (
    LATER,
    MORNING,
    D,
    a_db,
    bought,
    entry,
    exit_of,
    filled,
    hold,
    leg_row,
    order,
    oto,
    stop_of,
)


def told(db: StateDB, kind: str) -> EventRow:
    """Return the newest event of an order of this type."""
    return next(row for row in db.events.newest(kind="order") if row.type == kind)


def test_an_accepted_oto_brings_its_leg_in() -> None:
    db = a_db()
    db.orders.plan([entry()])
    booking = db.orders.book(oto())
    leg = db.orders.get("leg-of-NVDA")
    assert booking is not None
    assert (booking.order.status, booking.position) == ("accepted", None)
    assert leg is not None
    assert (leg.intent, leg.status, leg.parent_client_order_id) == (Intent.STOP, "held", "20260217_NVDA_entry_buy")


def test_an_adopted_leg_has_what_its_entry_and_the_broker_say_and_is_told() -> None:
    db = a_db()
    (buy,) = db.orders.plan([entry()])
    run_id = db.runs.start("executor")
    db.orders.book(oto())
    leg = db.orders.get("leg-of-NVDA")
    assert leg is not None
    assert (leg.alpaca_order_id, leg.asset_id, leg.ticker, leg.side) == ("NVDA-leg", "asset-NVDA", "NVDA", "sell")
    assert (leg.strategy, leg.trade_date, leg.run_id, leg.via) == (buy.strategy, D, run_id, Via.LEG)
    assert (leg.qty, leg.planned_stop_price, leg.position_id, leg.exit_reason) == (71, 1_261_800, None, None)
    assert (leg.created_at, leg.updated_at) == (MORNING, MORNING)
    adopted = told(db, "adopted")
    assert adopted.corr_id == "leg-of-NVDA"
    assert read_payload(adopted.name, adopted.version, adopted.payload) == OrderAdopted(
        "NVDA", Intent.STOP, 71, 1_261_800, None, Via.LEG, "20260217_NVDA_entry_buy"
    )
    cause = next(one for one in db.events.since(0) if one.seq == adopted.causation_id)
    assert cause.corr_id == "20260217_NVDA_entry_buy"


def test_a_successor_of_an_exit_is_an_exit_for_the_same_reason_and_takes_what_the_broker_leaves_out() -> None:
    db = a_db()
    db.orders.plan([exit_of(hold(db))])
    db.orders.book(order("x1", "20260217_NVDA_exit_sell", side="sell"))
    booking = db.orders.book(replace(order("x2", "", side="sell", replaces="x1"), qty=None))
    assert booking is not None
    made = booking.order
    assert (made.client_order_id, made.intent, made.exit_reason) == ("x2", Intent.EXIT, ExitReason.TREND_BREAK)
    assert (made.qty, made.planned_stop_price, made.via, made.position_id) == (71, None, Via.PATCH, 1)
    assert db.orders.book(order("x3", "", side="buy", replaces="x1")) is None
    bought_leg = replace(oto(), legs=(order("b1", "a buy", side="buy"),))
    assert [one.order.alpaca_order_id for one in db.orders.book_all([bought_leg])] == ["NVDA-buy"]


def test_an_answer_is_told_by_what_it_changes() -> None:
    db = a_db()
    db.orders.plan([entry()])
    db.orders.book(oto())
    entry_id, names = "20260217_NVDA_entry_buy", []

    def last() -> object:
        row = next(one for one in db.events.newest() if one.corr_id == entry_id)
        names.append(row.name)
        return read_payload(row.name, row.version, row.payload)

    assert last() == OrderUpdated("NVDA", OrderStatus.ACCEPTED, "accepted", 71, 0)
    db.orders.book(filled(oto(), "140.20", shares=30))
    first = OrderFill(
        "NVDA", "buy", 30, 30, 71, Decimal("140.20"), None, OrderStatus.PARTIALLY_FILLED, "partially_filled", 0
    )
    assert last() == first
    db.orders.book(filled(oto(), "140.25"))
    assert last() == OrderFill(
        "NVDA", "buy", 41, 71, 71, Decimal("140.25"), Decimal("140.20"), OrderStatus.FILLED, "filled", 0
    )
    db.orders.book(filled(oto(), "140.30"))
    assert last() == FillCorrected("NVDA", 71, Decimal("140.30"), Decimal("140.25"), OrderStatus.FILLED, "filled")
    assert names == ["order.updated", "order.fill", "order.fill", "order.fill_corrected"]


def test_a_leg_that_was_there_before_its_entry_was_filled_becomes_the_positions_stop() -> None:
    db = a_db()
    db.orders.plan([entry()])
    second = order("leg2", "second-leg", side="sell", type_="stop", status="held", stop="126.18")
    db.orders.book(replace(oto(), legs=(*oto().legs, second)))
    booking = db.orders.book(filled(replace(oto(), legs=()), "140.20", shares=30))
    (position,) = db.positions.open_positions()
    assert position.stop_order_id == "NVDA-leg"
    assert leg_row(db, position).position_id == position.position_id
    assert booking is not None
    assert (booking.position, booking.changed, booking.corrected) == (position, True, False)


def test_a_leg_that_is_dead_before_its_entry_is_filled_is_nobodys_stop() -> None:
    db = a_db()
    db.orders.plan([entry()])
    db.orders.book(replace(oto(), legs=tuple(replace(leg, broker_status="canceled") for leg in oto().legs)))
    db.orders.book(filled(replace(oto(), legs=()), "140.20"))
    (position,) = db.positions.open_positions()
    assert position.stop_order_id is None


def test_more_shares_leave_the_stop_that_has_taken_over_where_it_is() -> None:
    db = a_db()
    db.orders.plan([entry()])
    db.orders.book(oto())
    db.orders.book(filled(replace(oto(), legs=()), "140.20", shares=30))
    db.orders.plan([stop_of(db.positions.open_positions()[0])])
    stop_id = "20260217_NVDA_stop_sell"
    db.orders.book(
        order("s2", stop_id, side="sell", type_="stop", qty=30, stop="126.18", status="new", replaces="NVDA-leg")
    )
    db.orders.book(filled(replace(oto(), legs=()), "140.20"))
    (position,) = db.positions.open_positions()
    assert (position.actual_shares, position.stop_order_id) == (71, "s2")


def test_the_day_of_a_fill_is_that_of_new_york() -> None:
    db = a_db()
    hold(db)
    stop = order("NVDA-leg", "leg-of-NVDA", side="sell", type_="stop", stop="126.18")
    booking = db.orders.book(filled(stop, "126.05", at=datetime(2026, 2, 19, 2, 0, tzinfo=UTC)))
    assert booking is not None
    assert booking.position is not None
    assert booking.position.exit_date == date(2026, 2, 18)


def test_a_filled_entry_opens_a_position_with_the_stop_below_its_fill() -> None:
    position = hold(a_db(), price="140.33")
    assert (position.actual_shares, position.entry_price, position.invested) == (71, 1_403_300, 71 * 1_403_300)
    assert position.stop_price == 1_262_900  # 126.297 floored to the cent
    assert (position.entry_date, position.stop_order_id, position.score) == (D, "NVDA-leg", 88.0)


def test_a_position_judges_its_closes_from_the_entry_day_on() -> None:
    assert hold(a_db()).decided_through == date(2026, 2, 13)


def test_partial_fills_grow_one_position_to_the_average_of_the_fills() -> None:
    db = a_db()
    db.orders.plan([entry()])
    db.orders.book(filled(oto(), "140.20", shares=30))
    booking = db.orders.book(filled(oto(), "140.2577465", shares=71))
    assert booking is not None
    assert booking.position is not None
    assert booking.new_shares == 41
    assert booking.position.entry_price == 1_402_577  # half-even of 140.2577465
    assert booking.position.invested == 99_583_000
    assert len(db.positions.ledger()) == 1


def test_the_same_answer_twice_changes_nothing() -> None:
    db = a_db()
    hold(db)
    before = len(db.events.newest())
    again = db.orders.book(bought(oto(), "140.20"))
    assert again is not None
    assert not again.changed
    assert len(db.events.newest()) == before


def test_a_stop_that_fills_closes_the_position_with_the_pnl_of_the_fills() -> None:
    db = a_db()
    position = hold(db)
    stop = order("NVDA-leg", "leg-of-NVDA", side="sell", type_="stop", stop="126.18")
    booking = db.orders.book(filled(stop, "126.05", at=LATER))
    assert booking is not None
    closed = booking.position
    assert closed is not None
    assert booking.closed
    assert (closed.exit_reason, closed.exit_price) == (ExitReason.STOP_LOSS, 1_260_500)
    assert closed.pnl == (1_260_500 - 1_402_000) * 71
    assert closed.return_pct == Decimal("-10.0927")
    assert closed.exit_date == date(2026, 2, 18)
    assert closed.stop_order_id is None
    assert position.position_id == closed.position_id


def test_a_sell_that_was_thought_never_to_have_arrived_is_not_given_up_by_its_own_fill() -> None:
    db = a_db()
    db.orders.plan([exit_of(hold(db))])
    db.orders.mark_sent(["20260217_NVDA_exit_sell"])
    db.orders.mark_not_sent(["20260217_NVDA_exit_sell"])
    booking = db.orders.book(filled(order("x1", "20260217_NVDA_exit_sell", side="sell"), "150"))
    assert booking is not None
    assert (booking.closed, booking.order.status, booking.order.reject_reason) == (True, "filled", None)
    assert db.orders.get("20260217_NVDA_exit_sell") == booking.order
    assert next(row.type for row in db.events.newest(kind="order")) == "fill"


def test_an_exit_closes_with_the_reason_it_was_sent_for() -> None:
    db = a_db()
    position = hold(db)
    db.orders.plan([exit_of(position, reason=ExitReason.ROTATED_OUT)])
    sell = order("x1", "20260217_NVDA_exit_sell", side="sell")
    booking = db.orders.book(filled(sell, "150"))
    assert booking is not None
    assert booking.position is not None
    assert booking.position.exit_reason is ExitReason.ROTATED_OUT


def test_a_partial_sale_leaves_the_rest_open() -> None:
    db = a_db()
    db.orders.plan([exit_of(hold(db))])
    sell = order("x1", "20260217_NVDA_exit_sell", side="sell")
    db.orders.book(filled(sell, "150", shares=30))
    left = db.positions.open_for("NVDA")
    assert left is not None
    assert (left.actual_shares, left.sold_shares, left.proceeds) == (41, 30, 45_000_000)
    done = db.orders.book(filled(sell, "151", shares=71))
    assert done is not None
    assert done.position is not None
    assert done.position.pnl == 71 * 1_510_000 - 71 * 1_402_000


def test_exits_planned_for_a_position_that_is_gone_are_never_sent() -> None:
    db = a_db()
    db.orders.plan([exit_of(hold(db))])
    stop = order("NVDA-leg", "leg-of-NVDA", side="sell", type_="stop", stop="126.18")
    db.orders.book(filled(stop, "126.18"))
    planned = db.orders.get("20260217_NVDA_exit_sell")
    assert planned is not None
    assert (planned.status, planned.reject_reason) == ("abandoned", "position_closed")
    abandoned = told(db, "abandoned")
    assert abandoned.corr_id == "20260217_NVDA_exit_sell"
    assert read_payload(abandoned.name, abandoned.version, abandoned.payload) == OrderAbandoned(
        "NVDA", "position_closed"
    )


def test_f47_a_late_fill_of_a_canceled_entry_is_booked() -> None:
    db = a_db()
    db.orders.plan([entry()])
    db.orders.book(replace(oto(), broker_status="canceled"))
    booking = db.orders.book(replace(filled(oto(), "140.20", shares=12), broker_status="canceled"))
    assert booking is not None
    assert booking.opened
    assert booking.order.status == "canceled"
    assert booking.position is not None
    assert booking.position.actual_shares == 12


def test_f47_a_late_fill_after_the_close_opens_the_position_again() -> None:
    db = a_db()
    db.orders.plan([entry()])
    half = filled(oto(), "140.20", shares=40)
    db.orders.book(half)
    stop = order("NVDA-leg", "leg-of-NVDA", side="sell", type_="stop", qty=71, stop="126.18")
    db.orders.book(replace(filled(stop, "126.18", shares=40)))
    assert db.positions.open_positions() == ()
    db.orders.book(replace(half, filled_qty=Decimal(45), broker_status="canceled"))
    (again,) = db.positions.open_positions()
    assert (again.actual_shares, again.sold_shares, again.exit_reason, again.pnl) == (5, 40, None, None)


def test_f48_a_word_nobody_knows_keeps_the_order_open() -> None:
    db = a_db()
    db.orders.plan([entry()])
    booking = db.orders.book(replace(oto(), broker_status="under_the_weather"))
    assert booking is not None
    assert (booking.order.status, booking.order.broker_status) == ("unknown", "under_the_weather")
    assert not booking.order.is_final
    assert [row.client_order_id for row in db.orders.unfinished()] == ["20260217_NVDA_entry_buy", "leg-of-NVDA"]


def test_f49_a_corrected_fill_price_corrects_the_position_and_is_told() -> None:
    db = a_db()
    hold(db)
    booking = db.orders.book(bought(oto(), "140.30"))
    assert booking is not None
    assert booking.corrected
    assert booking.position is not None
    assert (booking.position.entry_price, booking.position.stop_price) == (1_403_000, 1_262_700)
    assert db.events.newest(kind="order")[0].type == "fill_corrected"


def test_f49_a_corrected_exit_price_corrects_the_pnl_of_a_closed_position() -> None:
    db = a_db()
    hold(db)
    stop = order("NVDA-leg", "leg-of-NVDA", side="sell", type_="stop", stop="126.18")
    db.orders.book(filled(stop, "126.00"))
    booking = db.orders.book(filled(stop, "126.10"))
    assert booking is not None
    assert booking.position is not None
    assert booking.position.pnl == (1_261_000 - 1_402_000) * 71
    assert booking.position.status is PositionStatus.CLOSED


def test_f13_filled_without_a_price_is_not_known_yet() -> None:
    db = a_db()
    db.orders.plan([entry()])
    booking = db.orders.book(replace(oto(), broker_status="filled", filled_qty=Decimal(71)))
    assert booking is not None
    assert (booking.order.status, booking.order.filled_qty) == ("unknown", 0)
    assert db.positions.open_positions() == ()


def test_an_older_answer_takes_nothing_back() -> None:
    db = a_db()
    hold(db)
    booking = db.orders.book(filled(oto(), "140.20", shares=30))
    assert booking is not None
    assert (booking.order.status, booking.order.filled_qty) == ("filled", 71)


def test_a_sell_seen_before_its_buy_waits_for_the_position() -> None:
    db = a_db()
    db.orders.plan([entry()])
    db.orders.book(oto())
    stop = filled(order("NVDA-leg", "leg-of-NVDA", side="sell", type_="stop", stop="126.18"), "126.18")
    booking = db.orders.book(stop)
    assert booking is not None
    assert (booking.order.filled_qty, booking.order.fill_price, booking.order.status) == (0, None, "unknown")
    before = len(db.events.newest())
    again = db.orders.book(stop)
    assert again is not None
    assert not again.changed
    assert len(db.events.newest()) == before
    bookings = db.orders.book_all([stop, filled(replace(oto(), legs=()), "140.20")])
    assert [one.closed for one in bookings] == [False, True]


def test_a_replaced_stop_hands_over_to_its_successor() -> None:
    db = a_db()
    position = hold(db)
    db.orders.plan([stop_of(position)])
    new = order(
        "s2", "20260217_NVDA_stop_sell", side="sell", type_="stop", stop="126.18", status="new", replaces="NVDA-leg"
    )
    db.orders.book(new)
    old = order(
        "NVDA-leg", "leg-of-NVDA", side="sell", type_="stop", stop="126.18", status="replaced", replaced_by="s2"
    )
    db.orders.book(old)
    (position,) = db.positions.open_positions()
    assert position.stop_order_id == "s2"


def test_a_successor_the_broker_made_is_adopted() -> None:
    db = a_db()
    hold(db)
    made = order(
        "s9", "brokers-own-id", side="sell", type_="stop", stop="63.09", qty=142, status="new", replaces="NVDA-leg"
    )
    booking = db.orders.book(made)
    assert booking is not None
    assert (booking.order.parent_client_order_id, booking.order.qty) == ("leg-of-NVDA", 142)
    adopted = told(db, "adopted")
    assert read_payload(adopted.name, adopted.version, adopted.payload) == OrderAdopted(
        "NVDA", Intent.STOP, 142, 630_900, 1, Via.PATCH, "leg-of-NVDA"
    )


def test_a_stop_that_dies_leaves_no_stop_behind() -> None:
    db = a_db()
    position = hold(db)
    assert leg_row(db, position).status == "new"
    db.orders.book(order("NVDA-leg", "leg-of-NVDA", side="sell", type_="stop", stop="126.18", status="canceled"))
    (position,) = db.positions.open_positions()
    assert position.stop_order_id is None


def test_when_the_linked_stop_dies_another_one_that_works_takes_its_place() -> None:
    db = a_db()
    position = hold(db)
    db.orders.plan([stop_of(position)])
    db.orders.book(order("s2", "20260217_NVDA_stop_sell", side="sell", type_="stop", stop="126.18", status="new"))
    (position,) = db.positions.open_positions()
    assert position.stop_order_id == "NVDA-leg"
    db.orders.book(order("NVDA-leg", "leg-of-NVDA", side="sell", type_="stop", stop="126.18", status="canceled"))
    (position,) = db.positions.open_positions()
    assert position.stop_order_id == "s2"


def test_what_replaces_an_order_of_ours_is_ours_and_what_replaces_that() -> None:
    db = a_db()
    hold(db)
    chain = [order(f"s{n}", "", side="sell", replaces=old) for n, old in ((1, "NVDA-leg"), (2, "s1"), (3, "foreign"))]
    assert db.orders.own([*chain, order("s4", "", side="sell")]) == {"s1", "s2"}
    assert db.orders.own([bought(oto(), "140.20"), order("s1", "", replaces="NVDA-leg")]) == {
        "NVDA-buy", "NVDA-leg", "s1",
    }  # fmt: skip


def test_i17_foreign_orders_are_left_out() -> None:
    db = a_db()
    hold(db)
    by_hand = filled(order("f1", "made-by-hand", side="sell"), "150")
    same_form = order("f2", "20260217_NVDA_exit_sell", side="sell")
    assert db.orders.book_all([by_hand, same_form]) == ()
    assert db.orders.own([by_hand, same_form, bought(oto(), "140.20")]) == {"NVDA-buy", "NVDA-leg"}


@pytest.mark.parametrize(
    "change", [{"qty": Decimal(70)}, {"side": "sell"}, {"ticker": "AAPL", "asset_id": "x"}, {"type": "limit"}]
)
def test_i15_a_duplicate_id_is_adopted_only_when_it_is_the_same_order(change: dict[str, object]) -> None:
    db = a_db()
    db.orders.plan([entry()])
    assert db.orders.book(replace(oto(), legs=(), **change)) is None  # type: ignore[arg-type]


def test_f11_an_order_refused_that_turns_up_after_all_is_what_the_broker_says() -> None:
    db = a_db()
    db.orders.plan([entry()])
    db.orders.mark_sent(["20260217_NVDA_entry_buy"])
    db.orders.mark_refused("20260217_NVDA_entry_buy", 40010001, "client_order_id must be unique")
    booking = db.orders.book(oto())
    assert booking is not None
    assert (booking.order.status, booking.order.reject_reason) == ("accepted", None)


def test_f63_shares_sold_twice_are_told_and_never_booked_below_zero() -> None:
    db = a_db()
    position = hold(db)
    db.orders.plan([exit_of(position)])
    stop = filled(order("NVDA-leg", "leg-of-NVDA", side="sell", type_="stop", stop="126.18"), "126.18")
    sell = filled(order("x1", "20260217_NVDA_exit_sell", side="sell"), "126.00")
    db.orders.book(order("x1", "20260217_NVDA_exit_sell", side="sell"))
    bookings = db.orders.book_all([stop, sell])
    assert [(one.closed, one.oversold) for one in bookings] == [(True, 0), (False, 71)]
    closed = db.positions.get(position.position_id)
    assert closed is not None
    assert (closed.actual_shares, closed.exit_reason) == (0, ExitReason.STOP_LOSS)
    assert [row.payload["oversold"] for row in db.events.newest(kind="order") if row.type == "fill"] == [71, 0, 0]


def test_beside_an_order_with_news_one_without_is_not_told_again() -> None:
    db = a_db()
    hold(db)
    db.orders.plan([entry("AMD")])
    old, new = db.orders.book_all([replace(bought(oto(), "140.20"), legs=()), replace(oto("AMD"), legs=())])
    assert (old.changed, new.changed, new.corrected) == (False, True, False)
    assert next(row.corr_id for row in db.events.newest(kind="order")) == "20260217_AMD_entry_buy"
    assert not any(row.corr_id == "20260217_NVDA_entry_buy" and row.type == "updated" for row in db.events.newest())


@pytest.mark.parametrize("is_updated", [True, False])
def test_a_successor_that_came_before_the_entry_was_filled_finds_its_position_by_the_leg(*, is_updated: bool) -> None:
    db = a_db()
    db.orders.plan([entry()])
    db.orders.book(oto())
    made = order("s9", "brokers-own", side="sell", type_="stop", stop="126.18", status="held", replaces="NVDA-leg")
    db.orders.book(made)
    db.orders.book(filled(replace(oto(), legs=()), "140.20"))
    (position,) = db.positions.open_positions()
    if is_updated:
        update = db.orders.book(replace(made, broker_status="new"))
        assert update is not None
        assert update.order.position_id == position.position_id
    booking = db.orders.book(filled(made, "126.00"))
    assert booking is not None
    assert (booking.closed, booking.order.position_id) == (True, position.position_id)


def test_shares_bought_late_or_again_join_the_position_that_is_open_and_a_late_sale_never_does() -> None:
    db = a_db()
    db.orders.plan([entry()])
    half = filled(oto(), "140.20", shares=40)
    db.orders.book(half)
    stop = order("NVDA-leg", "leg-of-NVDA", side="sell", type_="stop", stop="126.18")
    db.orders.book(filled(stop, "126.18", shares=40))
    first = db.positions.ledger()[0]
    assert not first.is_open
    day = date(2026, 2, 20)
    db.orders.plan([entry(day=day)])
    second = db.orders.book(replace(filled(oto(day=day), "120", shares=50), id="other-buy", legs=()))
    assert second is not None
    assert second.position is not None
    late = db.orders.book(replace(half, filled_qty=Decimal(45), broker_status="canceled"))
    assert late is not None
    assert late.position is not None
    assert (late.position.position_id, late.position.actual_shares) == (second.position.position_id, 55)
    sold = db.orders.book(filled(stop, "126.18", shares=45))
    assert sold is not None
    assert sold.oversold == 5
    assert [row.actual_shares for row in db.positions.open_positions()] == [55]
    third = date(2026, 2, 23)
    db.orders.plan([entry(day=third)])
    joined = db.orders.book(replace(filled(oto(day=third), "110"), id="third-buy", legs=()))
    assert joined is not None
    assert joined.position is not None
    assert (joined.opened, joined.position.actual_shares) == (False, 126)


def test_a_position_that_is_closed_has_no_stop_though_another_one_still_works() -> None:
    db = a_db()
    position = hold(db)
    db.orders.plan([stop_of(position)])
    db.orders.book(order("s2", "20260217_NVDA_stop_sell", side="sell", type_="stop", stop="126.18", status="new"))
    leg = order("NVDA-leg", "leg-of-NVDA", side="sell", type_="stop", stop="126.18")
    booking = db.orders.book(filled(leg, "126.05"))
    assert booking is not None
    assert booking.position is not None
    assert (booking.closed, booking.position.stop_order_id) == (True, None)


def test_the_end_of_a_stop_that_is_not_linked_leaves_the_linked_one() -> None:
    db = a_db()
    position = hold(db)
    db.orders.plan([stop_of(position), stop_of(position, "_2")])
    ours = {"side": "sell", "type_": "stop", "stop": "126.18"}
    db.orders.book(order("s2", "20260217_NVDA_stop_sell", status="new", replaces="NVDA-leg", **ours))
    for status in ("new", "canceled"):
        db.orders.book(order("s3", "20260217_NVDA_stop_sell_2", status=status, **ours))
    (position,) = db.positions.open_positions()
    assert position.stop_order_id == "s2"


def test_a_replaced_stop_hands_over_to_its_own_successor_before_any_other() -> None:
    db = a_db()
    position = hold(db)
    db.orders.plan([stop_of(position), stop_of(position, "_2")])
    ours = {"side": "sell", "type_": "stop", "stop": "126.18"}
    db.orders.book(order("s2", "20260217_NVDA_stop_sell", status="new", **ours))
    db.orders.book(order("s3", "20260217_NVDA_stop_sell_2", status="new", **ours))
    db.orders.book(order("NVDA-leg", "leg-of-NVDA", status="replaced", replaced_by="s3", **ours))
    (position,) = db.positions.open_positions()
    assert position.stop_order_id == "s3"


def test_a_reentry_on_a_later_day_is_a_new_position() -> None:
    db = a_db()
    first = hold(db)
    db.orders.book(filled(order("NVDA-leg", "leg-of-NVDA", side="sell", type_="stop", stop="126.18"), "126.18"))
    day = date(2026, 2, 20)
    db.orders.plan([entry(day=day)])
    again = replace(filled(oto(day=day), "120"), id="other-buy", legs=(), submitted_at=MORNING)
    booking = db.orders.book(again)
    assert booking is not None
    assert booking.position is not None
    assert booking.position.position_id != first.position_id


def test_i15_an_order_with_the_id_of_another_row_is_not_taken_for_its_successor() -> None:
    db = a_db()
    position = hold(db)
    stop = db.orders.of_position(position.position_id)[-1]
    double = order("other", stop.client_order_id, side="sell", type_="stop", replaces=stop.alpaca_order_id)
    assert db.orders.book(double) is None
    assert db.orders.get(stop.client_order_id) == stop
