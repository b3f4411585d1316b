"""Own fills with the prices on record beside them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from backtest.model import Candidate, Entry, ExitReason, Grade, Reference, ReferenceSource
from live.orders import Intent, order_id
from live.state_db.fills import (
    DecidedExit,
    OwnFill,
    SimulatedEntry,
    SimulatedSale,
    decided_exits,
    foreign_fill_days,
    own_fills,
    simulated_entries,
    simulated_sales,
)
from live.state_db.records import ForeignFill
from tests.live.state_db.builders import AS_OF, LATER, OPEN, D, a_db, bought, entry, exit_of, filled, hold, order, oto

SHADOW = "nwl_p4"
NEXT = date(2026, 2, 18)


def essence(fill: OwnFill) -> tuple[object, ...]:
    return fill.intent, fill.day, fill.shares, fill.fill_price, fill.reason, fill.stop, fill.reference


def test_an_entry_has_the_price_it_was_sized_at_and_a_stop_its_own() -> None:
    db = a_db()
    hold(db, price="140.00")
    leg = order("NVDA-leg", "leg-of-NVDA", side="sell", type_="stop", status="new", stop="126.00")
    db.orders.book(filled(leg, "125.10", at=LATER))
    assert [essence(one) for one in own_fills(db.connection)] == [
        (Intent.ENTRY, D, 71, Decimal("140.00"), None, None, 1_402_000),
        (Intent.STOP, NEXT, 71, Decimal("125.10"), ExitReason.STOP_LOSS, 1_260_000, None),
    ]


def test_fills_from_a_day_on_begin_with_it() -> None:
    db = a_db()
    hold(db, price="140.00")
    leg = order("NVDA-leg", "leg-of-NVDA", side="sell", type_="stop", status="new", stop="126.00")
    db.orders.book(filled(leg, "125.10", at=LATER))
    assert [one.day for one in own_fills(db.connection, D)] == [D, NEXT]
    assert [one.day for one in own_fills(db.connection, NEXT)] == [NEXT]
    assert own_fills(db.connection, date(2026, 2, 19)) == ()


def test_a_market_sell_has_its_reason_the_stop_of_its_position_and_when_it_was_decided() -> None:
    db = a_db()
    position = hold(db)
    db.positions.set_pending_exit(position.position_id, ExitReason.TREND_BREAK, D)
    planned = exit_of(position, NEXT)
    db.orders.plan([planned])
    db.orders.mark_sent([planned.client_order_id])
    db.orders.book(filled(order("sell", planned.client_order_id, side="sell"), "150", at=LATER))
    _, sold = own_fills(db.connection)
    assert essence(sold) == (Intent.EXIT, NEXT, 71, Decimal(150), ExitReason.TREND_BREAK, 1_261_800, None)
    assert (sold.trade_date, sold.exit_since) == (NEXT, D)


def test_a_fill_without_its_moment_has_that_of_the_last_answer() -> None:
    db = a_db()
    db.orders.plan([entry()])
    db.orders.mark_sent([order_id(D, "NVDA", Intent.ENTRY)])
    assert own_fills(db.connection) == ()
    db.orders.book(replace(bought(oto(), "140.20"), filled_at=None))
    (one,) = own_fills(db.connection)
    assert (one.day, one.at < OPEN) == (D, True)


def test_what_the_shadow_paid_and_got_is_in_the_units_of_the_day() -> None:
    db = a_db()
    candidate = Candidate("NVDA", D, Grade.A, score=88.0, company_name="Nvidia")
    decided = Entry(1, candidate, 71, Reference(1_402_000, ReferenceSource.LAST_CLOSE), 1_261_800)
    (position_id,) = db.shadow.replace_pending(SHADOW, [decided], D, AS_OF)
    assert simulated_entries(db.connection) == {}
    db.shadow.fill(position_id, entry_date=D, shares=71, entry_price=1_403_000, stop_price=1_262_700)
    db.shadow.scale_for_split(position_id, Fraction(2))
    assert simulated_entries(db.connection) == {(D, "NVDA"): (SimulatedEntry(D, "NVDA", 1_403_000, SHADOW),)}
    assert simulated_sales(db.connection) == {}
    db.shadow.close(position_id, day=NEXT, price=600_000, reason=ExitReason.STOP_LOSS, pnl=-1)
    assert simulated_sales(db.connection) == {
        (NEXT, "NVDA"): (SimulatedSale(NEXT, "NVDA", 600_000, ExitReason.STOP_LOSS, 631_300, SHADOW),)
    }


def test_of_an_exit_the_accepted_file_says_the_close_it_was_decided_at() -> None:
    db = a_db()
    text = (
        '{"exits": [{"ticker": "NVDA", "why": {"week_close": "140.20"}, "last_close": null}, '
        '{"ticker": "AAPL", "why": {"unrealized": "-1"}, "last_close": "99.5"}, {"ticker": "MSFT", "why": {}}, '
        '{"ticker": "IBM", "why": {"close": "130.5", "rsi": "71.2"}, "last_close": null}]}'
    )
    issued = db.signal_files.issue(
        strategy="ema_p10", trade_date=D, path="x", text=text, content_sha256="c", file_sha256="f", run_id="r"
    )
    assert decided_exits(db.connection) == {}
    db.plans.accept(issued, as_of=AS_OF, pending_exits={}, intents=())
    assert decided_exits(db.connection) == {
        (D, "NVDA"): DecidedExit(D, "NVDA", AS_OF, None, Decimal("140.20")),
        (D, "AAPL"): DecidedExit(D, "AAPL", AS_OF, Decimal("99.5"), None),
        (D, "MSFT"): DecidedExit(D, "MSFT", AS_OF),
        (D, "IBM"): DecidedExit(D, "IBM", AS_OF, None, Decimal("130.5")),
    }


def test_executions_of_foreign_orders_have_their_day() -> None:
    db = a_db()
    position = hold(db)
    fill = ForeignFill("a1", "o1", "NVDA", "sell", 31, Decimal(150), LATER)
    db.positions.book_by_hand(position.position_id, [fill])
    assert foreign_fill_days(db.connection) == (NEXT,)
    assert len(own_fills(db.connection)) == 1
