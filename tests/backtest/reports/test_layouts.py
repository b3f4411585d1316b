"""Templates that look like no sample: what is printed comes back or is in doubt, whatever it is dressed in."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.report_layouts.exam import DAY, NOT_READ, Marks, compare, examine
from tests.report_layouts.first_held_out import FIRST_HELD_OUT
from tests.report_layouts.held_out import HELD_OUT
from tests.report_layouts.random_layout import make
from tests.report_layouts.realistic import REALISTIC
from tests.report_layouts.second_look import SECOND_LOOK
from tests.report_layouts.stocks import Layout, random_stocks
from tests.report_layouts.third_look import THIRD_LOOK
from tests.report_layouts.tuned import TUNED

LAYOUTS = [*TUNED, *FIRST_HELD_OUT, *HELD_OUT, *REALISTIC, *SECOND_LOOK, *THIRD_LOOK]


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_a_layout_is_read_back_and_nothing_wrong_is_confirmed(layout: Layout) -> None:
    marks = examine(layout, range(5))
    assert marks.silent == []
    assert marks.exact == marks.pages or layout.name in NOT_READ


def test_of_all_layouts_few_right_stocks_are_in_doubt() -> None:
    marks = [examine(layout, range(2)) for layout in LAYOUTS]
    assert sum(one.in_doubt for one in marks) <= 0.05 * sum(one.right for one in marks)


@settings(max_examples=40, derandomize=True)
@given(seed=st.integers(0, 100_000), size=st.integers(1, 12))
def test_random_lists_through_random_layouts_are_read_back(seed: int, size: int) -> None:
    layout, marks = make(seed), Marks()
    rng = Random(seed)
    stocks = random_stocks(rng, size, special=False)
    compare(layout, stocks, layout.render(stocks, rng, DAY), marks)
    assert (marks.exact, marks.silent) == (1, [])
