"""Templates that look like no sample: printed lists must come back, whatever they are dressed in."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.report_layouts.exam import DAY, compare, examine
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
def test_a_layout_is_read_back(layout: Layout) -> None:
    marks = examine(layout, range(5))
    assert marks.wrong == []


@settings(max_examples=40, derandomize=True, deadline=None)
@given(seed=st.integers(0, 100_000), size=st.integers(1, 12))
def test_random_lists_through_random_layouts_are_read_back(seed: int, size: int) -> None:
    layout = make(seed)
    rng = Random(seed)
    stocks = random_stocks(rng, size, special=False)
    assert compare(layout, stocks, layout.render(stocks, rng, DAY)) == []
