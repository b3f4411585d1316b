"""Which command resolves which difference."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from live.administer.advice import resolving_command
from live.book.reconcile import Mismatch, MismatchKind


def mismatch(kind: MismatchKind, in_db: int, at_broker: str, ticker: str = "AAA") -> Mismatch:
    return Mismatch(ticker, kind, in_db, Decimal(at_broker))


@pytest.mark.parametrize(
    ("one", "command"),
    [
        (mismatch(MismatchKind.FOREIGN, 0, "10"), "repair AAA --adopt"),
        (mismatch(MismatchKind.MISSING, 10, "0"), "repair AAA --close-at PRICE"),
        (mismatch(MismatchKind.QUANTITY, 10, "7"), "repair AAA --shares 7"),
        (mismatch(MismatchKind.QUANTITY, 10, "100"), "repair AAA --shares 100"),
        (mismatch(MismatchKind.ORDER, 0, "0"), "repair AAA --adopt"),
        (mismatch(MismatchKind.FRACTIONAL, 10, "9.5"), "then: python -m live.admin repair AAA --shares 9"),
        (mismatch(MismatchKind.FRACTIONAL, 0, "0.5"), "repair AAA --ignore"),
        (mismatch(MismatchKind.SHORT, 10, "-3"), "buy 3 shares back at the broker, then"),
    ],
)
def test_each_kind_of_difference_has_its_command(one: Mismatch, command: str) -> None:
    assert command in resolving_command(one, [one])


def test_a_position_that_is_gone_and_a_holding_of_as_many_shares_may_be_a_rename() -> None:
    both = [mismatch(MismatchKind.MISSING, 10, "0", "OLD"), mismatch(MismatchKind.FOREIGN, 0, "10", "NEW")]
    for one in both:
        assert resolving_command(one, both).startswith("python -m live.admin repair OLD --renamed-to NEW")


def test_another_number_of_shares_is_no_rename() -> None:
    both = [mismatch(MismatchKind.MISSING, 10, "0", "OLD"), mismatch(MismatchKind.FOREIGN, 0, "11", "NEW")]
    assert "--renamed-to" not in resolving_command(both[0], both)


def test_f13_what_an_order_of_ours_may_explain_is_waited_for_before_anything_is_repaired() -> None:
    one = replace(mismatch(MismatchKind.FOREIGN, 0, "10"), unclear="AAA: its entry is not clear yet")
    words = resolving_command(one, [one])
    assert words.startswith("the next run books it when the broker says more; only if it never does: ")
    assert "repair AAA --adopt" in words
