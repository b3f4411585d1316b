"""Several requests at a time: answers keep their places, errors too."""

from __future__ import annotations

from contextlib import ExitStack
from threading import Barrier

import pytest

from live.errors import BrokerUnavailableError
from live.execute.parallel import Parallel


def unavailable(item: int) -> int:
    if item == 2:
        raise BrokerUnavailableError("no answer")
    return item * 10


def the_workers(count: int, resources: ExitStack, watched: list[bool]) -> Parallel:
    return Parallel(count, lambda: watched.append(True), resources)


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_answers_come_in_the_order_of_the_items_an_error_in_its_items_place(workers: int) -> None:
    with ExitStack() as resources:
        answers = the_workers(workers, resources, []).each(unavailable, [1, 2, 3])
    assert [answers[0], answers[2]] == [10, 30]
    assert isinstance(answers[1], BrokerUnavailableError)


def test_two_workers_are_at_work_at_the_same_time() -> None:
    both = Barrier(2)
    with ExitStack() as resources:
        answers = the_workers(2, resources, []).each(lambda _: both.wait(timeout=10), [1, 2])
    assert sorted(answers, key=str) == [0, 1]  # one after the other they would wait for ever


def test_together_raises_the_first_error_after_all_have_ended() -> None:
    ended: list[int] = []
    calls = [lambda: unavailable(2), lambda: ended.append(1)]
    one = Parallel(1, lambda: None, ExitStack())
    with pytest.raises(BrokerUnavailableError):
        one.together(calls)
    assert ended == [1]


def test_before_a_single_request_the_run_is_watched() -> None:
    watched: list[bool] = []
    with ExitStack() as resources:
        the_workers(4, resources, watched).each(unavailable, [1])
    assert watched == [True]
