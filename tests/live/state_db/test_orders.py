"""Order rows before and while they are sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from live.orders import Intent
from tests.live.state_db.builders import D, a_db, entry, exit_of, hold, order, oto, stop_of

ID = "20260217_NVDA_entry_buy"


def test_i14_an_intent_is_a_planned_row_before_anything_is_sent() -> None:
    db = a_db()
    (row,) = db.orders.plan([entry()])
    assert (row.status, row.sent_at, row.alpaca_order_id, row.remaining_qty) == ("planned", None, None, 71)
    assert row.entry == entry().entry


def test_planning_twice_gives_the_row_that_stands() -> None:
    db = a_db()
    db.orders.plan([entry()])
    db.orders.mark_sent([ID])
    (row,) = db.orders.plan([entry(qty=99)])
    assert (row.status, row.qty) == ("unknown", 71)


def test_i1_one_entry_a_ticker_and_trade_date() -> None:
    db = a_db()
    db.orders.plan([entry()])
    with pytest.raises(ValueError, match="never gets a second generation"):
        db.orders.next_id(D, "NVDA", Intent.ENTRY)


def test_a_planned_id_must_say_what_it_is_for() -> None:
    db = a_db()
    position = hold(db)
    with pytest.raises(ValueError, match="no id for exit"):
        db.orders.plan([replace(exit_of(position), client_order_id=ID + "_x")])


def test_an_order_is_sent_or_not_sent_until_the_broker_has_it() -> None:
    db = a_db()
    db.orders.plan([entry()])
    db.orders.mark_sent([ID])
    db.orders.mark_not_sent([ID])
    row = db.orders.get(ID)
    assert row is not None
    assert (row.status, row.sent_at) == ("planned", None)
    db.orders.mark_sent([ID])
    db.orders.book(oto())
    db.orders.mark_not_sent([ID])
    after = db.orders.get(ID)
    assert after is not None
    assert after.status == "accepted"


def test_a_refusal_keeps_the_brokers_code_and_message() -> None:
    db = a_db()
    db.orders.plan([entry()])
    row = db.orders.mark_refused(ID, 40310000, "insufficient buying power")
    assert (row.status, row.reject_reason) == ("abandoned", "refused 40310000: insufficient buying power")
    assert row.is_final


def test_a_final_order_cannot_be_abandoned() -> None:
    db = a_db()
    db.orders.plan([entry()])
    db.orders.abandon(ID, "after_cutoff")
    with pytest.raises(ValueError, match="is abandoned"):
        db.orders.abandon(ID, "insufficient_funds")


def test_generations_are_found_in_order_and_legs_are_none() -> None:
    db = a_db()
    position = hold(db)
    for generation in ("", "_2", "_10"):
        db.orders.plan([stop_of(position, generation)])
    ids = [row.client_order_id for row in db.orders.generations(D, "NVDA", Intent.STOP)]
    assert ids == ["20260217_NVDA_stop_sell", "20260217_NVDA_stop_sell_2", "20260217_NVDA_stop_sell_10"]
    assert db.orders.next_id(D, "NVDA", Intent.STOP) == "20260217_NVDA_stop_sell_11"


def test_only_a_planned_row_may_change_its_quantity() -> None:
    db = a_db()
    db.orders.plan([exit_of(hold(db))])
    assert db.orders.set_planned_qty("20260217_NVDA_exit_sell", 60).qty == 60
    db.orders.mark_sent(["20260217_NVDA_exit_sell"])
    with pytest.raises(ValueError, match="needs planned"):
        db.orders.set_planned_qty("20260217_NVDA_exit_sell", 50)


def test_unfinished_lists_what_is_not_over_oldest_first() -> None:
    db = a_db()
    hold(db, "AAPL")
    db.orders.plan([entry("MSFT")])
    assert [row.client_order_id for row in db.orders.unfinished()] == ["leg-of-AAPL", "20260217_MSFT_entry_buy"]


def test_the_orders_of_a_trade_date() -> None:
    db = a_db()
    hold(db, "AAPL", day=date(2026, 2, 10))
    db.orders.plan([entry("MSFT")])
    rows = db.orders.of_trade_date(D)
    assert [row.ticker for row in rows] == ["MSFT"]


def test_every_change_of_an_order_is_an_event() -> None:
    db = a_db()
    db.orders.plan([entry()])
    db.orders.mark_sent([ID])
    db.orders.book(order("b1", ID))
    types = [event.type for event in reversed(db.events.newest(corr_id=ID))]
    assert types == ["planned", "sent", "updated"]
