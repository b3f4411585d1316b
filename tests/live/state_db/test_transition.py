"""What a broker's answer makes of an order's row, field by field."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import ROUND_UP, Decimal, localcontext
from typing import Any

import pytest

from live.orders import Intent, OrderStatus
from live.state_db.transition import is_unchanged, notional_of, row_after
from tests.live.state_db.builders import LATER, MORNING, OPEN, order, order_row

ROW = order_row(
    Intent.ENTRY, "partially_filled", 71, filled_qty=30, fill_price=Decimal("140.20"), filled_at=OPEN, expires_at=LATER
)
SAME = replace(
    order("NVDA-entry", ROW.client_order_id, status="partially_filled", filled=30, price="140.20"), expires_at=LATER
)
STOP = order_row(Intent.STOP, "new", 71)
SAME_STOP = order("NVDA-stop", STOP.client_order_id, side="sell", type_="stop", status="new", stop="126.18")


def after(**changes: Any) -> Any:
    return row_after(ROW, replace(SAME, **changes))


def test_an_answer_that_repeats_what_is_known_is_recognized() -> None:
    assert is_unchanged(ROW, SAME)
    assert is_unchanged(STOP, SAME_STOP)
    assert is_unchanged(STOP, replace(SAME_STOP, stop_price=None))
    assert row_after(ROW, SAME) == ROW


@pytest.mark.parametrize(
    "change",
    [
        {"id": "other"},
        {"broker_status": "new"},
        {"filled_qty": Decimal(31)},
        {"filled_avg_price": Decimal(141)},
        {"qty": Decimal(70)},
        {"submitted_at": MORNING + timedelta(seconds=1)},
        {"filled_at": LATER},
        {"expires_at": OPEN},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_answer_with_one_thing_new_is_not_taken_for_a_repetition(change: dict[str, Any]) -> None:
    assert not is_unchanged(ROW, replace(SAME, **change))


def test_a_word_that_is_not_the_status_it_stands_for_is_looked_at_again() -> None:
    unclear = replace(ROW, status=OrderStatus.UNKNOWN)
    assert not is_unchanged(unclear, SAME)
    assert not is_unchanged(STOP, replace(SAME_STOP, stop_price=Decimal("126.17")))


def test_every_field_of_the_answer_is_taken_over() -> None:
    planned = order_row(Intent.STOP, "planned", 71, asset_id="old", submitted_at=None)
    answer = replace(
        order("s1", planned.client_order_id, side="sell", type_="stop", qty=142, status="filled", stop="63.09"),
        asset_id="new", filled_qty=Decimal(142), filled_avg_price=Decimal("63.01"), filled_at=OPEN, expires_at=LATER,
    )  # fmt: skip
    assert row_after(planned, answer) == replace(
        planned, alpaca_order_id="s1", asset_id="new", qty=142, filled_qty=142, fill_price=Decimal("63.01"),
        planned_stop_price=630_900, status=OrderStatus.FILLED, broker_status="filled", submitted_at=MORNING,
        filled_at=OPEN, expires_at=LATER,
    )  # fmt: skip


def test_what_the_answer_leaves_out_stays() -> None:
    nothing = {"asset_id": "", "qty": None, "submitted_at": None, "filled_at": None, "expires_at": None}
    assert after(**nothing) == ROW
    assert row_after(STOP, replace(SAME_STOP, broker_status="held", stop_price=None)).planned_stop_price == 1_261_800
    assert after(broker_status="new", stop_price=Decimal(1)).planned_stop_price == ROW.planned_stop_price


def test_the_number_ordered_is_the_brokers_and_no_less_than_what_is_filled() -> None:
    assert after(qty=Decimal(142)).qty == 142
    assert after(qty=Decimal(20), filled_qty=Decimal(31)).qty == 31


def test_an_older_answer_takes_back_neither_shares_nor_their_price() -> None:
    older = after(filled_qty=Decimal(10), filled_avg_price=Decimal(139))
    assert (older.filled_qty, older.fill_price) == (30, Decimal("140.20"))


@pytest.mark.parametrize(("shares", "price"), [(30, "140.25"), (31, "1"), (31, "0.5")])
def test_more_shares_or_another_price_for_the_same_are_news(shares: int, price: str) -> None:
    news = after(filled_qty=Decimal(shares), filled_avg_price=Decimal(price))
    assert (news.filled_qty, news.fill_price) == (shares, Decimal(price))


def test_the_price_of_a_single_share_is_corrected_and_without_shares_there_is_none() -> None:
    one = replace(ROW, filled_qty=1)
    corrected = row_after(one, replace(SAME, filled_qty=Decimal(1), filled_avg_price=Decimal(141)))
    assert (corrected.filled_qty, corrected.fill_price) == (1, Decimal(141))
    none = replace(ROW, filled_qty=0, fill_price=None)
    answer = replace(SAME, filled_qty=Decimal(0), filled_avg_price=Decimal(141))
    assert (row_after(none, answer).filled_qty, row_after(none, answer).fill_price) == (0, None)


@pytest.mark.parametrize("price", [None, Decimal(0)])
@pytest.mark.parametrize("word", ["filled", "canceled"])
def test_f13_shares_without_a_price_wait_and_the_order_is_not_over(price: Decimal | None, word: str) -> None:
    waiting = after(filled_qty=Decimal(71), filled_avg_price=price, broker_status=word)
    assert (waiting.filled_qty, waiting.fill_price, waiting.status) == (30, Decimal("140.20"), OrderStatus.UNKNOWN)


def test_filled_with_fewer_shares_than_ordered_is_not_over_and_canceled_is() -> None:
    assert after(broker_status="filled").status is OrderStatus.UNKNOWN
    assert after(broker_status="canceled").status is OrderStatus.CANCELED


@pytest.mark.parametrize(
    ("word", "shares", "status", "filled"),
    [
        ("new", 30, "canceled", 30),
        ("expired", 30, "canceled", 30),
        ("partially_filled", 40, "canceled", 40),
        ("expired", 40, "expired", 40),
        ("filled", 71, "filled", 71),
    ],
)
def test_f47_what_is_over_stays_over_unless_a_late_fill_ends_it_otherwise(
    word: str, shares: int, status: str, filled: int
) -> None:
    over = replace(ROW, status=OrderStatus.CANCELED, broker_status="canceled", reject_reason="no_price_data")
    late = row_after(over, replace(SAME, broker_status=word, filled_qty=Decimal(shares)))
    assert (late.status, late.filled_qty, late.reject_reason) == (status, filled, "no_price_data")


def test_f11_an_order_given_up_that_the_broker_has_is_what_the_broker_says() -> None:
    given_up = replace(ROW, status=OrderStatus.ABANDONED, broker_status=None, reject_reason="refused: no", filled_qty=0)
    found = row_after(given_up, replace(SAME, filled_qty=Decimal(0), filled_avg_price=None, broker_status="new"))
    assert (found.status, found.reject_reason) == (OrderStatus.NEW, None)


def test_of_a_word_of_the_broker_forty_signs_are_kept() -> None:
    assert after(broker_status="x" * 50).broker_status == "x" * 40


def test_what_was_paid_is_rounded_half_even_whatever_the_context_of_decimal_says() -> None:
    with localcontext(rounding=ROUND_UP):
        assert notional_of(Decimal("0.00005"), 1) == 0
        assert notional_of(Decimal("0.00015"), 1) == 2
        assert notional_of(Decimal("140.2577465"), 71) == 99_583_000
