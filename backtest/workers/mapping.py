"""One function over many tasks: grouped, handed out, collected in the order of the tasks, kept as they are finished."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any, TypeAlias, TypeVar

from backtest.errors import WorkersUnavailableError
from backtest.workers.choice import Choice
from backtest.workers.groups import GroupSize, Left, Range
from backtest.workers.interrupt import noted_interrupt
from backtest.workers.parts import Parts
from backtest.workers.pool import Done, InProcess, Pool, Run, Tell

Progress: TypeAlias = Callable[[int, int], None]
"""Told after each group: tasks done, tasks there are."""
Prepared = TypeVar("Prepared")
Task = TypeVar("Task")
Result = TypeVar("Result")

RETRIES = 3
"""How often a task is begun again whose worker was lost: what ends a fourth one would end them all."""
_LOOK_S = 5.0


def map_tasks(
    choice: Choice,
    run: Callable[[Prepared, Task], Result],
    prepared: Prepared,
    tasks: Sequence[Task],
    *,
    parts: Parts | None = None,
    progress: Progress = lambda done, count: None,
    tell: Tell = lambda words: None,
) -> list[Result]:
    """Return run(prepared, task) for every task, in their order: the same whoever did them, and in whatever groups.

    run: a function of a module (or a functools.partial of one) whose result depends on its two arguments alone.
    prepared: what all tasks need, held once by each worker; it must be picklable, and is not changed by what run does
    to it elsewhere. parts: where finished results are kept and looked for first; they must then be plain JSON values
    and numpy arrays. tell: notes for the user.

    Raises what run raises; WorkersUnavailableError (8) when no cluster is there, or a task loses worker after worker;
    ConfigError (6) without the extra that a cluster needs. After KeyboardInterrupt the workers are gone, and the parts
    that were finished are kept.
    """
    results = {} if parts is None else parts.read(len(tasks))
    if parts is not None and parts.broken:
        tell(f"part files that cannot be read are made again: {', '.join(one.name for one in parts.broken[:3])}")
    left = Left(len(tasks), results)
    done = len(tasks) - len(left)
    if done:
        tell(f"{done} of {len(tasks)} were there from an earlier run")
    progress(done, len(tasks))
    if len(left):
        try:
            for (first, end), found in _results(choice, run, prepared, tasks, left, tell):
                results[first, end] = found
                if parts is not None:
                    parts.write(first, found)
                done += end - first
                progress(done, len(tasks))
        except KeyboardInterrupt:
            if parts is not None:
                # asked of the folder: the interrupt may have come between a part's writing and its counting
                kept = f"{parts.kept()} of {len(tasks)} are kept in {parts.folder}"
                tell(f"{kept}; the same command goes on with the others")
            raise
    return [one for key in sorted(results) for one in results[key]]


def open_pool(choice: Choice, prepared: Any, tasks: int, tell: Tell) -> Pool:
    """Return the workers of a choice. tasks: how many there are, which more workers would not help.

    Raises ConfigError (6) without the extra that a cluster needs, WorkersUnavailableError (8) where there is none.
    """
    if choice.cluster is not None:
        from backtest.workers.dask_cluster import DaskCluster  # late: only who asks for a cluster needs its packages

        return DaskCluster(choice.cluster, prepared, tell)
    if min(choice.workers, tasks) == 1:
        return InProcess(prepared)
    from backtest.workers.processes import Processes  # late: one worker needs no other process

    return Processes(min(choice.workers, tasks), prepared)


def _results(
    choice: Choice, run: Run, prepared: Any, tasks: Sequence[Any], left: Left, tell: Tell
) -> Iterator[tuple[Range, list[Any]]]:
    """Yield the results of groups as they are finished; the workers are gone when it ends, however it ends."""
    pool = open_pool(choice, prepared, len(left), tell)
    is_done = False
    try:
        with noted_interrupt() as check_interrupt:
            yield from _collect(pool, run, tasks, left, tell, check_interrupt)
        is_done = True
    finally:
        pool.stop(at_once=not is_done)


def _collect(
    pool: Pool, run: Run, tasks: Sequence[Any], left: Left, tell: Tell, check_interrupt: Callable[[], None]
) -> Iterator[tuple[Range, list[Any]]]:
    size, losses = GroupSize(), Counter[int]()
    out: dict[Future[Done], Range] = {}
    while out or len(left):
        check_interrupt()
        lost = _hand_out(pool, run, tasks, left, size, out)
        for future in sorted(wait(out, _LOOK_S, FIRST_COMPLETED).done, key=out.__getitem__):
            first, end = out.pop(future)
            try:
                done = future.result()
            except pool.lost:
                lost.append((first, end))
                continue
            except pool.hopeless as error:
                raise _given_up(first, end, error) from None
            size.took(done.seconds, end - first)
            yield (first, end), done.results
        if lost:
            if pool.renew():
                lost += out.values()
                out.clear()
            for first, end in lost:
                losses.update(range(first, end))
                if max(losses[one] for one in range(first, end)) > RETRIES:
                    raise _given_up(first, end, None)
            tell(f"a worker was lost: {sum(end - first for first, end in lost)} tasks are begun again")
            left.give_back(lost)


def _hand_out(
    pool: Pool, run: Run, tasks: Sequence[Any], left: Left, size: GroupSize, out: dict[Future[Done], Range]
) -> list[Range]:
    """Give the workers what they may have ahead; return what could not be given because one was lost."""
    slots = pool.slots()
    while len(left) and len(out) < pool.ahead():
        first, end = left.take(size.next(len(left), slots))
        try:
            out[pool.submit(run, tasks[first:end])] = (first, end)
        except pool.lost:
            return [(first, end)]
    return []


def _given_up(first: int, end: int, error: BaseException | None) -> WorkersUnavailableError:
    which = f"task {end}" if end == first + 1 else f"the tasks {first + 1} to {end}"
    return WorkersUnavailableError(
        f"workers were lost {RETRIES + 1} times with {which}" + (f": {error}" if error else ""),
        next_step="Was there memory enough for each worker? The same command goes on, with fewer --workers too.",
    )
