"""Money in integers: ticks, stops, fills, shares, splits."""

from __future__ import annotations

from decimal import ROUND_UP, Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtest import money

prices = st.integers(min_value=1, max_value=50_000_000_000)
basis_points = st.integers(min_value=1, max_value=9_999)
ratios = st.fractions(min_value=Fraction(1, 50), max_value=50, max_denominator=50)
quick = settings(max_examples=200, derandomize=True, deadline=None)


@pytest.mark.parametrize(("price", "floored", "ceiled"), [(14_020_55, 14_020_00, 14_021_00), (9_999, 9_999, 9_999)])
def test_a_tick_is_a_cent_from_one_dollar_and_a_hundredth_of_it_below(price: int, floored: int, ceiled: int) -> None:
    assert money.floor_to_tick(price) == floored
    assert money.ceil_to_tick(price) == ceiled


def test_one_dollar_itself_is_on_the_cent_grid() -> None:
    assert money.tick_size(10_000) == 100
    assert money.is_on_tick(10_000)
    assert not money.is_on_tick(10_050)
    assert not money.is_on_tick(0)


@quick
@given(prices)
def test_floor_and_ceil_enclose_a_price_within_one_tick_on_the_grid(price: int) -> None:
    low, high = money.floor_to_tick(price), money.ceil_to_tick(price)
    assert low <= price <= high
    assert high - low in (0, money.tick_size(price))
    assert money.is_on_tick(low)
    assert money.is_on_tick(high)


@quick
@given(st.lists(prices, min_size=1, max_size=20))
def test_arrays_are_floored_and_ceiled_like_single_prices(values: list[int]) -> None:
    array = np.array(values, dtype=np.int64)
    assert money.floor_to_tick(array).tolist() == [money.floor_to_tick(value) for value in values]
    assert money.ceil_to_tick(array).tolist() == [money.ceil_to_tick(value) for value in values]


def test_a_protective_stop_is_ten_percent_below_the_fill_floored_to_the_cent() -> None:
    assert money.stop_price(1_402_000, 1_000) == 1_261_800
    assert money.stop_price(1_402_100, 1_000) == 1_261_800  # 126.189 is floored


def test_a_stop_may_fall_below_one_dollar_onto_the_finer_grid() -> None:
    assert money.stop_price(10_100, 1_000) == 9_090


@pytest.mark.parametrize("stop_loss_bp", [0, 10_000, -5])
def test_a_stop_at_or_above_the_fill_or_at_nothing_is_refused(stop_loss_bp: int) -> None:
    with pytest.raises(ValueError, match="stop_loss_bp"):
        money.stop_price(1_000_000, stop_loss_bp)


@quick
@given(prices, basis_points)
def test_a_stop_lies_below_the_fill_by_the_percentage_and_less_than_a_tick_more(fill: int, bp: int) -> None:
    stop = money.stop_price(fill, bp)
    exact = Fraction(fill * (10_000 - bp), 10_000)
    assert stop <= exact < stop + money.tick_size(int(exact)) + 1


@quick
@given(prices, st.integers(min_value=0, max_value=5_000))
def test_slippage_never_favours_us_and_every_fill_is_on_the_grid(price: int, bp: int) -> None:
    sold, bought = money.sell_fill(price, bp), money.buy_fill(price, bp)
    assert sold <= price <= bought
    assert sold == money.floor_to_tick(sold)
    assert money.is_on_tick(bought)


def test_half_a_percent_of_slippage_off_a_hundred_dollars() -> None:
    assert money.sell_fill(1_000_000, 50) == 995_000
    assert money.buy_fill(1_000_000, 50) == 1_005_000
    assert money.buy_fill(1_000_100, 50) == 1_005_200  # 100.51005 is ceiled


@quick
@given(prices, prices)
def test_the_shares_bought_cost_no_more_than_the_position_size_and_one_more_would(size: int, reference: int) -> None:
    shares = money.shares_for(size, reference)
    assert shares * reference <= size < (shares + 1) * reference


def test_shares_need_a_positive_reference() -> None:
    assert money.shares_for(100, np.array([1, 3])).tolist() == [100, 33]
    for reference in (0, np.array([1, 0])):
        with pytest.raises(ValueError, match="reference price must be positive"):
            money.shares_for(100_000_000, reference)


def test_profit_is_the_difference_times_shares_less_fees() -> None:
    assert money.pnl(1_000_000, 1_100_000, 40) == 4_000_000
    assert money.pnl(1_000_000, 900_000, 40, fees=20_000) == -4_020_000


def test_an_average_fill_is_rounded_half_even_once() -> None:
    assert money.average_price(Fraction(1_000_000 * 3 + 1_000_002), 4) == 1_000_000  # .5 to even
    assert money.average_price(Fraction(1_000_001 * 3 + 1_000_003), 4) == 1_000_002
    assert money.average_price(Fraction(1_000_003, 2), 1) == 500_002
    with pytest.raises(ValueError, match="at least one share"):
        money.average_price(Fraction(0), 0)


def test_a_split_floors_shares_and_stop_and_rounds_the_entry() -> None:
    ratio = Fraction(3, 2)
    assert money.split_shares(71, ratio) == 106
    assert money.split_price(1_000_000, ratio) == 666_667
    assert money.split_stop(900_000, ratio) == 600_000
    assert money.split_stop(900_100, ratio) == 600_000
    assert money.split_target(900_000, ratio) == 600_000
    assert money.split_target(899_900, ratio) == 600_000


@quick
@given(st.integers(min_value=0, max_value=100_000), prices, ratios)
def test_a_split_never_makes_value_out_of_nothing(shares: int, price: int, ratio: Fraction) -> None:
    assert money.split_shares(shares, ratio) <= shares * ratio
    assert money.split_stop(price, ratio) <= price / ratio


@pytest.mark.parametrize(
    ("text", "units"), [("140.20", 1_402_000), ("0.75125", 7_512), ("0.75135", 7_514), ("3", 30_000)]
)
def test_decimal_dollars_become_units_half_even(text: str, units: int) -> None:
    assert money.to_price(Decimal(text)) == units


@pytest.mark.parametrize(
    ("units", "text"),
    [(1_402_000, "140.20"), (7_513, "0.7513"), (0, "0.00"), (-1_005_000, "-100.50"), (1_000_010, "100.001")],
)
def test_a_price_is_written_with_two_to_four_decimals(units: int, text: str) -> None:
    assert money.format_price(units) == text


@quick
@given(st.integers(min_value=-(10**12), max_value=10**12))
def test_a_written_price_reads_back_as_itself(units: int) -> None:
    assert money.to_price(money.format_price(units)) == units
    assert money.to_price(money.to_decimal(units)) == units


def test_amounts_for_people_have_thousands_separators_and_cents() -> None:
    assert money.format_usd(-12_345_000) == "-1,234.50"


def test_the_rounding_is_our_own_whatever_the_context_of_decimal_says() -> None:
    with localcontext(rounding=ROUND_UP):
        assert money.to_price("0.75125") == 7_512
        assert money.format_usd(12_250) == "1.22"
