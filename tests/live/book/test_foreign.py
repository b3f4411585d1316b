"""What a foreign sell order covers, and what is reported of it."""

from __future__ import annotations

import pytest

from live.book.foreign import covering, foreign_troubles, shares_of
from live.broker import Order
from tests.live.state_db.builders import order, position_row

POSITION = position_row("AAA", 10, "100")


def theirs(type_: str = "stop", status: str = "new", filled: int = 0, stop: str | None = "92") -> Order:
    return order("x1", "hand", "AAA", side="sell", type_=type_, qty=10, status=status, filled=filled, stop=stop)


@pytest.mark.parametrize("type_", ["stop", "stop_limit", "trailing_stop"])
def test_a_live_stop_of_any_kind_covers(type_: str) -> None:
    assert covering([theirs(type_)]) == (theirs(type_),)


@pytest.mark.parametrize("type_", ["limit", "market", "pondered"])
def test_any_other_order_covers_nothing(type_: str) -> None:
    assert covering([theirs(type_)]) == ()


@pytest.mark.parametrize("status", ["held", "pending_cancel", "suspended", "done_for_day", "canceled", "unheard_of"])
def test_a_stop_that_may_not_work_covers_nothing(status: str) -> None:
    assert covering([theirs(status=status)]) == ()


def test_what_has_filled_is_not_held_any_more() -> None:
    assert shares_of(theirs(filled=4)) == 6


def test_an_order_is_named_with_what_it_does_and_how_to_go_on() -> None:
    (trouble,) = foreign_troubles(POSITION, [theirs()])
    assert trouble.what == "AAA: a stop sell of 10 shares at 92.00 (order x1) that is not ours covers its shares"
    assert trouble.next_step.startswith("It is never touched")


def test_a_stop_below_ours_says_so() -> None:
    (trouble,) = foreign_troubles(POSITION, [theirs(stop="85")])
    assert trouble.what.endswith("covers its shares, below our stop at 90.00")


def test_an_order_that_covers_nothing_only_holds() -> None:
    (trouble,) = foreign_troubles(POSITION, [theirs("limit", stop=None)])
    assert trouble.what == "AAA: a limit sell of 10 shares (order x1) that is not ours holds its shares"
