"""Groups of tasks: never so small that handing them out is felt, never so large that one worker is waited for."""

from __future__ import annotations

import pytest

from backtest.workers.groups import LEAST_S, GroupSize, Left


def size_after(seconds: float, left: int, slots: int) -> int:
    size = GroupSize()
    size.took(seconds * 4, 4)
    return size.next(left, slots)


def test_the_first_groups_hold_one_task_that_shows_how_long_it_takes() -> None:
    assert GroupSize().next(1000, 2) == 1


@pytest.mark.parametrize(("seconds", "left", "slots"), [(0.005, 10_000, 2), (0.02, 10_000, 8), (0.005, 150, 2)])
def test_a_group_takes_half_a_second_at_least(seconds: float, left: int, slots: int) -> None:
    assert size_after(seconds, left, slots) * seconds >= LEAST_S


def test_a_task_that_takes_long_is_a_group_of_its_own() -> None:
    assert size_after(3.0, 100, 2) == 1


def test_towards_the_end_the_rest_is_shared_evenly() -> None:
    assert size_after(0.1, 12, 2) == 6
    assert size_after(0.1, 3, 2) == 3


def test_a_first_task_that_warms_up_does_not_make_all_groups_small() -> None:
    size = GroupSize()
    size.took(2.0, 1)
    for _ in range(4):
        size.took(0.01, 1)
    assert size.next(10_000, 2) == 100


def test_what_is_done_already_is_left_out() -> None:
    left = Left(10, [(2, 4), (7, 10)])
    assert len(left) == 5
    assert [left.take(3), left.take(3)] == [(0, 2), (4, 7)]


def test_what_comes_back_is_taken_first_again() -> None:
    left = Left(10, [])
    first = left.take(4)
    left.give_back([first])
    assert left.take(2) == (0, 2)
    assert len(left) == 8
