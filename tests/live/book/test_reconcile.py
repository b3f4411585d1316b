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
