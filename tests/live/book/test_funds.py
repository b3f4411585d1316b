"""Funds: what an entry needs, what a rotation brings, and for which entries of a day they last."""

from __future__ import annotations

from decimal import Decimal

import pytest

from backtest.money import UNITS_PER_USD
from live.book.funds import (
    EntryNeed,
    Forecast,
    Funds,
    entry_need,
    forecast_funds,
    funds_for_entries,
    sale_proceeds,
    unfunded_rotations,
)
from live.config import Execution
from live.config import Funds as FundsSource
from tests.live.execute.builders import ACCOUNT, entry

MINIMUM = 5_000


def usd(dollars: int) -> int:
    return dollars * UNITS_PER_USD


def funds(dollars: int) -> Funds:
    return Funds(usd(dollars), usd(MINIMUM))


def buy(ticker: str, need: int = 1_000) -> EntryNeed:
    return EntryNeed(ticker, usd(need))


def rotation(ticker: str = "NEW", need: int = 1_000, replaces: str = "OLD", proceeds: int = 900) -> EntryNeed:
    return EntryNeed(ticker, usd(need), replaces, usd(proceeds))


def given_up(left: int, *entries: EntryNeed) -> list[str]:
    return [one.entry.ticker for one in unfunded_rotations(funds(left), entries)]


def lasting(forecast: Forecast) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    return forecast.lasts, forecast.waits, forecast.short


def test_an_entry_needs_five_percent_more_than_its_reference_rounded_up() -> None:
    assert entry_need(1_000_000, 10) == 10_500_000
    assert entry_need(1, 1) == 2


@pytest.mark.parametrize("limit", [1_001_000, 1_100_000])
def test_an_entry_with_a_limit_needs_its_limit(limit: int) -> None:
    assert entry_need(1_000_000, 10, limit) == 10 * limit


def test_the_sell_of_a_rotation_is_counted_at_five_percent_less_than_its_last_close_rounded_down() -> None:
    assert sale_proceeds(1_000_000, 10) == 9_500_000
    assert sale_proceeds(1, 1) == 0


def test_cash_is_reduced_by_open_buys_and_buying_power_already_is() -> None:
    working, planned = entry("ONE", 1, "partially_filled", filled_qty=4), entry("TWO", 2)
    by_cash = Execution(funds=FundsSource.CASH, min_buying_power=Decimal(0))
    assert funds_for_entries(ACCOUNT, by_cash, [working, planned]).left == usd(50_000) - 6 * 1_050_000
    assert funds_for_entries(ACCOUNT, Execution(), [working, planned]) == funds(60_000)


def test_a_rotation_is_covered_by_what_is_left_and_what_its_own_sell_brings() -> None:
    assert given_up(5_100, rotation()) == []
    assert given_up(5_099, rotation()) == ["NEW"]


def test_the_entries_before_a_rotation_are_reserved_covered_or_not() -> None:
    assert given_up(6_100, buy("ONE"), rotation()) == []
    assert given_up(6_099, buy("ONE"), rotation()) == ["NEW"]
    assert given_up(5_100, buy("ONE"), rotation()) == ["NEW"]  # ONE would take what the sell of OLD brings


def test_a_rotation_that_is_not_covered_says_with_which_numbers() -> None:
    (one,) = unfunded_rotations(funds(5_000), [rotation()])
    assert one.words == (
        "NEW needs 1,000.00 USD; the sell of OLD is counted to bring 900.00, 5,000.00 are left, "
        "of which 5,000.00 must stay untouched"
    )


def test_funds_last_for_the_first_entries_and_the_others_wait_for_the_sells() -> None:
    entries = [buy("ONE"), buy("TWO"), buy("THREE", 1)]
    assert lasting(forecast_funds(funds(6_000), entries, ["OLD"])) == (("ONE",), ("TWO", "THREE"), ())


def test_without_a_sell_an_entry_that_is_not_covered_ends_and_a_cheaper_one_behind_it_may_go() -> None:
    entries = [buy("ONE"), buy("TWO"), buy("THREE", 1)]
    assert lasting(forecast_funds(funds(6_001), entries, [])) == (("ONE", "THREE"), (), ("TWO",))


def test_a_replacement_that_its_sell_has_to_pay_for_waits_for_it() -> None:
    assert lasting(forecast_funds(funds(5_100), [rotation()], ["OLD"])) == ((), ("NEW",), ())
    assert lasting(forecast_funds(funds(6_000), [rotation()], ["OLD"])) == (("NEW",), (), ())


def test_the_sell_of_a_rotation_that_is_given_up_keeps_nobody_waiting() -> None:
    found = forecast_funds(funds(5_000), [buy("ONE"), rotation()], ["OLD"])
    assert lasting(found) == ((), (), ("ONE",))
    assert [one.entry.ticker for one in found.unfunded] == ["NEW"]
    assert found.entries == 2
