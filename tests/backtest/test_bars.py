"""A part of a series has the same bars under the same columns."""

from __future__ import annotations

import numpy as np

from tests.builders import FRIDAY, MONDAY, D, closes

SERIES = closes("AAA", {FRIDAY: "10", MONDAY: "11", D: "12"})


def test_a_part_runs_from_one_bar_up_to_another() -> None:
    part = SERIES.part(1, 2)
    assert (len(part), part.bar(0)) == (1, SERIES.bar(1))


def test_a_part_with_every_bar_is_the_series_itself() -> None:
    assert SERIES.part(0, 3) is SERIES


def test_a_part_without_bars_is_empty_in_every_column() -> None:
    part = SERIES.part(3, 3)
    assert (len(part), part.adj_factor.dtype) == (0, np.dtype(np.float64))
