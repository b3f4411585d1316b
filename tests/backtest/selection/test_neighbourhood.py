"""The best by its neighbourhood, on grids, on grids with holes, and where nothing has an order."""

from __future__ import annotations

from itertools import product

import pytest

from backtest.selection import neighbourhood
from backtest.selection.neighbourhood import best_of, neighbourhoods


def test_a_broad_hill_is_better_than_a_peak_that_stands_alone() -> None:
    values = [0.1, 0.0, 2.0, -0.5, 0.6, 0.9, 1.0, 0.9, 0.7, 0.3]
    around = neighbourhoods([(n,) for n in range(10)], values, [10], [True])
    found = around.found
    assert values.index(max(values)) == 2
    assert best_of(around, values) == 6
    assert (found[6].count, found[6].mean, found[6].lowest) == (2, pytest.approx(2.8 / 3), 0.9)


def test_neighbours_are_a_step_away_in_every_ordered_parameter_and_equal_in_words() -> None:
    places = list(product(range(5), range(4), range(2)))
    found = neighbourhoods(places, [1.0] * len(places), [5, 4, 2], [True, True, False])
    assert (found.reach, found.found[places.index((2, 2, 0))].count) == (1, 8)
    assert found.found[places.index((0, 0, 1))].count == 3
    assert {one.is_edge for one, place in zip(found.found, places, strict=True) if place[:2] == (2, 2)} == {False}
    assert all(one.is_edge for one, place in zip(found.found, places, strict=True) if place[0] in (0, 4))


def test_words_alone_have_no_neighbours_and_are_judged_by_themselves() -> None:
    around = neighbourhoods([(0,), (1,), (2,)], [0.1, 0.7, None], [3], [False])
    found = around.found
    assert [(one.count, one.mean, one.is_edge) for one in found] == [(0, 0.1, False), (0, 0.7, False), (0, 0.0, False)]
    assert best_of(around, [0.1, 0.7, None]) == 1


def test_a_sparse_sample_looks_farther_for_neighbours() -> None:
    places = [(n * 7, n * 13 % 101) for n in range(15)]
    found = neighbourhoods(places, [1.0] * 15, [101, 101], [True, True])
    assert found.reach > 1
    assert sum(one.count for one in found.found) >= 30


def test_one_that_too_little_confirms_is_not_chosen() -> None:
    places = [(0,), (1,), (2,), (9,)]
    values = [0.1, 0.2, 0.3, 5.0]
    assert best_of(neighbourhoods(places, values, [10], [True]), values) == 2
    pair_and_block = [(0, 0), (0, 1), (5, 5), (5, 6), (6, 5), (6, 6)]
    values = [3.0, 3.0, 0.5, 0.6, 0.7, 0.8]
    assert best_of(neighbourhoods(pair_and_block, values, [10, 10], [True, True]), values) == 5


def test_both_ways_of_looking_find_the_same_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    places = list(product(range(4), range(4)))
    values = [float(n % 5) for n in range(16)]
    by_place = neighbourhoods(places, values, [4, 4], [True, True])
    monkeypatch.setattr(neighbourhood, "_near", neighbourhood._compared)
    assert neighbourhoods(places, values, [4, 4], [True, True]) == by_place
