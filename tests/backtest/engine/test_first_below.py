"""The search of a column: the same index as looking at one value after the other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtest.engine.first_below import FirstBelow

COLUMNS = st.lists(st.integers(0, 30), min_size=1, max_size=700)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(COLUMNS, st.lists(st.tuples(st.integers(0, 700), st.integers(0, 700), st.integers(-1, 31)), max_size=30))
def test_the_first_value_at_or_below_is_found(column: list[int], asked: list[tuple[int, int, int]]) -> None:
    stretches = [(min(begin, len(column)), min(end, len(column)), bound) for begin, end, bound in asked]
    begin, end, bound = np.array(stretches, np.int64).reshape(-1, 3).T
    wanted = [next((i for i in range(b, e) if column[i] <= most), -1) for b, e, most in stretches]
    assert FirstBelow(np.array(column, np.int64)).first(begin, end, bound).tolist() == wanted


@pytest.mark.parametrize("size", [1, 8, 9, 64, 65, 4097])
def test_the_last_value_of_a_column_is_found_from_its_first(size: int) -> None:
    column = np.full(size, 9)
    column[-1] = 1
    whole = np.array([0]), np.array([size])
    assert FirstBelow(column).first(*whole, np.array([1])).tolist() == [size - 1]
    assert FirstBelow(column).first(*whole, np.array([0])).tolist() == [-1]
