"""DB against broker, share by share, and which share is protected by what."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from live.book.reconcile import MismatchKind, audit_stops, foreign_tickers, reconcile
from live.broker import Order
from live.state_db.rows import PositionRow
from tests.live.state_db.builders import a_db, held, hold, order

OWN = {"s1", "s2", "x1"}


@pytest.fixture
def position() -> PositionRow:
    return hold(a_db())


def stop(id_: str = "s1", qty: int = 71, status: str = "new", price: str = "126.18") -> Order:
    return order(id_, f"c-{id_}", side="sell", type_="stop", qty=qty, status=status, stop=price)


def sell(qty: int = 71, status: str = "accepted") -> Order:
    return order("x1", "c-x1", side="sell", qty=qty, status=status)


def test_the_same_shares_are_no_mismatch(position: PositionRow) -> None:
    assert reconcile([position], [held()]) == ()


@pytest.mark.parametrize(
    ("shares", "kind", "certain"),
    [
        ("0", MismatchKind.MISSING, 0),
        ("70", MismatchKind.QUANTITY, 70),
        ("100", MismatchKind.QUANTITY, 71),
        ("70.5", MismatchKind.FRACTIONAL, 70),
        ("-71", MismatchKind.SHORT, 0),
    ],
)
def test_f58_f61_f62_f63_every_other_number_is(position: PositionRow, shares: str, kind: str, certain: int) -> None:
    (mismatch,) = reconcile([position], [held(shares=shares)])
    assert (mismatch.ticker, mismatch.kind, mismatch.in_db) == ("NVDA", kind, 71)
    assert mismatch.certain_shares == certain
    assert mismatch.sentence().startswith("NVDA: ")


def test_f59_a_holding_that_is_not_ours_is_a_mismatch_unless_it_is_ignored(position: PositionRow) -> None:
    theirs = [held(), held("SPY", "10")]
    (mismatch,) = reconcile([position], theirs)
    assert (mismatch.ticker, mismatch.kind) == ("SPY", MismatchKind.FOREIGN)
    assert reconcile([position], theirs, ignore_tickers=["SPY"]) == ()
    assert foreign_tickers(theirs, [position]) == {"SPY"}


def test_ignoring_a_ticker_we_hold_hides_nothing(position: PositionRow) -> None:
    assert len(reconcile([position], [held(shares="70")], ignore_tickers=["NVDA"])) == 1


def test_an_armed_stop_of_its_quantity_and_price_protects_exactly(position: PositionRow) -> None:
    (audit,) = audit_stops([position], [stop()], OWN)
    assert (audit.naked, audit.is_exact) == (0, True)


@pytest.mark.parametrize(
    ("orders", "naked"),
    [
        ([], 71),
        ([stop(qty=50)], 21),
        ([stop(status="held")], 71),
        ([stop(status="pending_cancel")], 71),
        ([stop(status="under_the_weather")], 71),
        ([stop(id_="not-ours")], 71),
        ([stop(price="120")], 0),
        ([stop(), stop("s2")], 0),
        ([sell(qty=30)], 41),
        ([sell(qty=30), stop(qty=71)], 0),
    ],
)
def test_anything_else_is_not_exact_and_shares_without_cover_are_counted(
    position: PositionRow, orders: list[Order], naked: int
) -> None:
    (audit,) = audit_stops([position], orders, OWN)
    assert (audit.naked, audit.is_exact) == (naked, False)


def test_a_working_market_sell_of_ours_covers_its_shares(position: PositionRow) -> None:
    (audit,) = audit_stops([position], [sell()], OWN)
    assert (audit.leaving, audit.naked, audit.is_exact) == (71, 0, True)


def test_what_a_partly_filled_stop_has_left_still_protects(position: PositionRow) -> None:
    partly = replace(stop(status="partially_filled"), filled_qty=Decimal(30))
    (audit,) = audit_stops([replace(position, actual_shares=41)], [partly], OWN)
    assert (audit.naked, audit.is_exact) == (0, True)
