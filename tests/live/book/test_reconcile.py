"""State DB against broker, share by share."""

from __future__ import annotations

import pytest

from live.book.reconcile import MismatchKind, foreign_tickers, reconcile
from live.orders import Intent, OrderStatus
from live.state_db.rows import PositionRow
from tests.live.state_db.builders import a_db, held, hold, order_row


@pytest.fixture
def position() -> PositionRow:
    return hold(a_db())


def test_the_same_shares_are_no_mismatch(position: PositionRow) -> None:
    assert reconcile([position], [held()]) == ()


@pytest.mark.parametrize(
    ("shares", "kind", "certain", "words"),
    [
        ("0", MismatchKind.MISSING, 0, "state DB has 71 shares, broker none, and no fill explains it"),
        ("70", MismatchKind.QUANTITY, 70, "state DB has 71 shares, broker 70, and no fill explains it"),
        ("100", MismatchKind.QUANTITY, 71, "state DB has 71 shares, broker 100, and no fill explains it"),
        ("70.50", MismatchKind.FRACTIONAL, 70, "broker holds 70.5, a fraction of a share, state DB 71"),
        ("-71", MismatchKind.SHORT, 0, "broker has a short position of -71, state DB 71 shares"),
    ],
)
def test_f58_f61_f62_f63_every_other_number_is(
    position: PositionRow, shares: str, kind: str, certain: int, words: str
) -> None:
    (mismatch,) = reconcile([position], [held(shares=shares)])
    assert (mismatch.ticker, mismatch.kind, mismatch.in_db) == ("NVDA", kind, 71)
    assert mismatch.certain_shares == certain
    assert mismatch.sentence() == f"NVDA: {words}"


def test_f59_a_holding_that_is_not_ours_is_a_mismatch_unless_it_is_ignored(position: PositionRow) -> None:
    theirs = [held(), held("SPY", "1"), held("GONE", "0")]
    (mismatch,) = reconcile([position], theirs)
    assert (mismatch.ticker, mismatch.kind) == ("SPY", MismatchKind.FOREIGN)
    assert mismatch.sentence() == "SPY: broker holds 1 shares that are not ours"
    assert reconcile([position], theirs, ignore_tickers=["SPY"]) == ()
    assert foreign_tickers(theirs, [position]) == {"SPY"}


def test_an_order_whose_outcome_is_unclear_is_named_where_it_may_be_the_difference() -> None:
    buy = order_row(Intent.ENTRY, "unknown", 1, ticker="SPY", alpaca_order_id=None)
    (mismatch,) = reconcile([], [held("SPY", "1")], orders=[buy])
    assert mismatch.unclear == "SPY: 20260217_SPY_entry_buy was sent, its outcome is unclear"
    (mismatch,) = reconcile([], [held("SPY", "2")], orders=[buy])
    assert mismatch.unclear == ""


def test_an_ignored_holding_hides_none_behind_it(position: PositionRow) -> None:
    (mismatch,) = reconcile([position], [held("AAPL", "10")], ignore_tickers=["AAPL"])
    assert (mismatch.ticker, mismatch.kind) == ("NVDA", MismatchKind.MISSING)


def test_ignoring_a_ticker_we_hold_hides_nothing(position: PositionRow) -> None:
    assert len(reconcile([position], [held(shares="70")], ignore_tickers=["NVDA"])) == 1


@pytest.mark.parametrize(
    ("intent", "status", "shares", "is_unclear"),
    [
        ("entry", "unknown", "75", True),
        ("entry", "unknown", "76", False),
        ("entry", "unknown", "67", False),
        ("entry", "accepted", "75", False),
        ("exit", "unknown", "67", True),
        ("exit", "unknown", "66", False),
        ("exit", "unknown", "75", False),
    ],
)
def test_f13_a_difference_that_an_unclear_order_of_ours_may_have_made_names_it(
    position: PositionRow, intent: str, status: str, shares: str, is_unclear: bool
) -> None:
    """71 shares are held; the order may have bought or sold up to four."""
    row = order_row(Intent(intent), OrderStatus(status), 4, ticker=position.ticker)
    (found,) = reconcile([position], [held(shares=shares)], orders=[row])
    assert (row.client_order_id in found.sentence()) is is_unclear
    assert bool(found.unclear) is is_unclear
