"""Who does the groups: what every kind of worker has in common, and the kind that is this process itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from time import perf_counter
from typing import Any, NamedTuple, Protocol, TypeAlias

Tell: TypeAlias = Callable[[str], None]
Run: TypeAlias = Callable[[Any, Any], Any]
"""What is done for one task: (prepared, task) → result."""


class Done(NamedTuple):
    """A group that was done: how long it took, and its results in the order of its tasks."""

    seconds: float
    results: list[Any]


class Pool(Protocol):
    """Workers around one `concurrent.futures.Executor`, each of which holds the prepared value."""

    lost: tuple[type[BaseException], ...]
    """What a group ends with when its worker was lost; see `renew`."""
    hopeless: tuple[type[BaseException], ...]
    """What a group ends with that has cost worker after worker."""

    def submit(self, run: Run, tasks: Sequence[Any]) -> Future[Done]:
        """Hand a group out."""
        ...

    def slots(self) -> int:
        """Return how many groups are done at the same time just now."""
        ...

    def ahead(self) -> int:
        """Return how many groups may be handed out before one is done."""
        ...

    def renew(self) -> bool:
        """Replace workers that were lost; return whether all groups that are out went with them.

        Raises WorkersUnavailableError (8).
        """
        ...

    def stop(self, *, at_once: bool) -> None:
        """Let the workers go. at_once: whatever they are doing."""
        ...


def do_group(run: Run, prepared: Any, tasks: Sequence[Any]) -> Done:
    """Do the tasks of a group one after the other."""
    began = perf_counter()
    results = [run(prepared, task) for task in tasks]
    return Done(perf_counter() - began, results)


class InProcessExecutor(Executor):
    """Does what it is given at once, in the calling thread."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class InProcess:
    """The pool of one: no process is started."""

    lost: tuple[type[BaseException], ...] = ()
    hopeless: tuple[type[BaseException], ...] = ()

    def __init__(self, prepared: Any) -> None:
        self._executor = InProcessExecutor()
        self._prepared = prepared

    def submit(self, run: Run, tasks: Sequence[Any]) -> Future[Done]:
        return self._executor.submit(do_group, run, self._prepared, tasks)

    def slots(self) -> int:
        return 1

    def ahead(self) -> int:
        return 1

    def renew(self) -> bool:
        return False

    def stop(self, *, at_once: bool) -> None:
        return None
