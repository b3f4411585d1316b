"""client_order_id: one spelling, both ways."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from live.orders import Intent, OrderId, is_probe_id, next_order_id, order_id, parse_order_id, probe_order_id

D = date(2026, 2, 17)


def test_an_entry_is_spelled_with_date_ticker_intent_and_side() -> None:
    assert order_id(D, "NVDA", Intent.ENTRY) == "20260217_NVDA_entry_buy"


def test_exits_and_stops_are_sells() -> None:
    assert order_id(D, "BRK.B", Intent.EXIT) == "20260217_BRK.B_exit_sell"
    assert order_id(D, "BRK.B", Intent.STOP) == "20260217_BRK.B_stop_sell"


def test_generations_count_from_two() -> None:
    second = next_order_id("20260217_NVDA_stop_sell")
    assert second == "20260217_NVDA_stop_sell_2"
    assert next_order_id(second) == "20260217_NVDA_stop_sell_3"
    assert next_order_id("20260217_NVDA_exit_sell_9") == "20260217_NVDA_exit_sell_10"


def test_a_generation_beyond_999_and_a_foreign_id_get_no_next_one() -> None:
    assert next_order_id("20260217_NVDA_exit_sell_998") == "20260217_NVDA_exit_sell_999"
    with pytest.raises(ValueError, match="20260217_NVDA_exit_sell_999: more than 999 generations"):
        next_order_id("20260217_NVDA_exit_sell_999")
    with pytest.raises(ValueError, match="'48444fa6' is no client_order_id of ours"):
        next_order_id("48444fa6")


def test_the_id_of_a_probe_is_known_as_one_and_is_not_of_our_form() -> None:
    probe = probe_order_id("abc", 2)
    assert is_probe_id(probe)
    assert parse_order_id(probe) is None
    assert not is_probe_id("20260217_NVDA_exit_sell")


def test_i1_an_entry_never_gets_a_second_generation() -> None:
    with pytest.raises(ValueError, match="never gets a second generation"):
        next_order_id("20260217_NVDA_entry_buy")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "20260217_NVDA_entry_sell",
        "20260217_NVDA_exit_buy",
        "20260230_NVDA_entry_buy",
        "2026217_NVDA_entry_buy",
        "20260217_nvda_entry_buy",
        "20260217_NVDA_entry_buy_1",
        "20260217_NVDA_stop_sell_02",
        "20260217_NVDA_stop_sell_1000",
        "20260217_NVDA_stop_sell\n",
        " 20260217_NVDA_stop_sell",
        "20260217_NVDA_stop_sell_2_3",
        "20260217_ТSLA_entry_buy",
        "20260217__entry_buy",
        "20260217_.B_entry_buy",
        "48444fa6-9d2d-4a1c-8b2e-0d1f2a3b4c5d",
    ],
)
def test_anything_else_is_not_ours(text: str) -> None:
    assert parse_order_id(text) is None


def test_a_ticker_that_is_not_canonical_gets_no_id() -> None:
    with pytest.raises(ValueError, match="no canonical ticker"):
        order_id(D, "BRK/B", Intent.ENTRY)


@settings(max_examples=60, derandomize=True)
@given(
    day=st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    ticker=st.from_regex(r"\A[A-Z][A-Z0-9]{0,5}(\.[A-Z]{1,2})?\Z"),
    intent=st.sampled_from(Intent),
    generation=st.integers(1, 999),
)
def test_what_is_spelled_is_read_back(day: date, ticker: str, intent: Intent, generation: int) -> None:
    written = OrderId(day, ticker, intent, generation)
    assert parse_order_id(str(written)) == written
    assert len(str(written)) <= 48
