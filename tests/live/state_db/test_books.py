"""The books of every strategy on record, in sums."""

from __future__ import annotations

from datetime import date

import pytest

from backtest.model import ExitReason
from live.errors import StateDBError
from live.state_db.books import BookSum, executed_books, shadow_books
from tests.live.state_db.builders import AS_OF, D, a_db, decided

NEXT = date(2026, 2, 18)


def test_each_shadows_book_is_counted_by_itself() -> None:
    db = a_db()
    first, second = db.shadow.replace_pending("nwl_p4", [decided(), decided("AAPL", 2)], D, AS_OF)
    (other,) = db.shadow.replace_pending("tight", [decided()], D, AS_OF)
    for one in (first, second, other):
        db.shadow.fill(one, entry_date=D, shares=71, entry_price=1_403_000, stop_price=1_262_700)
    db.shadow.close(other, day=NEXT, price=1_500_000, reason=ExitReason.TREND_BREAK, pnl=-710_000)
    db.shadow.set_stepped_through("tight", NEXT)
    db.shadow.set_stepped_through("waiting", AS_OF)
    assert shadow_books(db.connection) == (
        BookSum("nwl_p4", 2),
        BookSum("tight", 0, 1, -710_000, NEXT),
        BookSum("waiting", played_through=AS_OF),
    )
    assert executed_books(db.connection) == ()


def test_a_mark_that_no_program_wrote_is_named() -> None:
    db = a_db()
    with db.connection.transaction():
        db.system_config.put("shadow.tight", 5, "a test")
    with pytest.raises(StateDBError, match=r"shadow\.tight"):
        shadow_books(db.connection)
