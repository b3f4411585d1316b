"""Several requests to the broker at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from typing import Any, TypeVar

from backtest.errors import DriftError

WATCH_SECONDS = 0.2
"""How often `watch` is called while requests are on their way."""
Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Parallel:
    """Makes requests, at most `workers` at a time, in threads when there is more than one.

    watch: called from the thread that waits, before a single request and again and again during several.
    resources: closes the threads at the end of the run.
    """

    def __init__(self, workers: int, watch: Callable[[], None], resources: ExitStack) -> None:
        self._workers = workers
        self._watch = watch
        self._resources = resources
        self._pool: ThreadPoolExecutor | None = None

    def together(self, calls: Sequence[Callable[[], Any]]) -> Sequence[Any]:
        """Run independent requests; the first error is raised when all have ended."""
        answers = self.each(lambda call: call(), calls)
        for answer in answers:
            if isinstance(answer, DriftError):
                raise answer
        return answers

    def each(self, function: Callable[[Item], Answer], items: Sequence[Item]) -> list[Answer | DriftError]:
        """Call `function` for each item, started in order; a DriftError comes back in its item's place.

        The function runs in a worker thread: it may ask the broker and must not touch the state DB.
        """
        answers: list[Answer | DriftError] = []
        for start in range(0, len(items), self._workers):
            answers += self._batch(function, items[start : start + self._workers])
        return answers

    def _batch(self, function: Callable[[Item], Answer], items: Sequence[Item]) -> list[Answer | DriftError]:
        if len(items) == 1:
            self._watch()
            return [_caught(function, items[0])]
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix="broker")
            self._resources.callback(self._pool.shutdown)
        futures: list[Future[Answer | DriftError]] = [self._pool.submit(_caught, function, item) for item in items]
        while wait(futures, timeout=WATCH_SECONDS).not_done:
            self._watch()
        return [future.result() for future in futures]


def _caught(function: Callable[[Item], Answer], item: Item) -> Answer | DriftError:
    try:
        return function(item)
    except DriftError as error:
        return error
