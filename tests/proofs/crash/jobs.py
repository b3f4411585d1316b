"""What one run of the machine tries, chosen by its seed, and the worker processes that try it."""

from __future__ import annotations

import multiprocessing
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from live.parity.folder import scratch_folder
from tests.proofs.crash.commands import GOES_ON
from tests.proofs.crash.day import make_mornings
from tests.proofs.crash.machine import Machine, Tried
from tests.proofs.crash.points import How, Point, points_of
from tests.proofs.dying import Death

AT_A_TIME = 8
"""Points that a worker takes at once: neighbours end in states that it knows already."""


@dataclass(frozen=True, slots=True)
class Job:
    """A point to be tried. share: where the start after it dies as well, as a part of its steps (0 to 1); None: it
    does not."""

    point: Point
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is tried: of each command every point or, with `each`, so many; so many as real processes, so many twice, so
    many that nobody starts again."""

    commands: tuple[str, ...]
    seed: int
    processes: int
    doubles: int
    left: int = 0
    each: int | None = None


def jobs_of(steps: Mapping[str, Mapping[str, int]], wanted: Wanted) -> list[Job]:
    """Return what is tried. steps: of each command's undisturbed run, by kind."""
    random = Random(wanted.seed)
    by_command = {name: list(points_of(name, steps[name])) for name in wanted.commands}
    jobs = [Job(point) for points in by_command.values() for point in _some(random, points, wanted.each)]
    real = [replace(point, how=How.PROCESS) for point in _over_all(random, by_command, wanted.processes)]
    doubles = [Job(point, random.random()) for point in _over_all(random, by_command, wanted.doubles)]
    finished = {name: points for name, points in by_command.items() if name in GOES_ON}
    left = [replace(point, how=How.LEFT) for point in _over_all(random, finished, wanted.left)]
    return [*jobs, *map(Job, real), *doubles, *map(Job, left)]


def _some(random: Random, points: list[Point], count: int | None) -> list[Point]:
    if count is None or count >= len(points):
        return points
    return [points[index] for index in sorted(random.sample(range(len(points)), count))]


def _over_all(random: Random, by_command: Mapping[str, list[Point]], count: int) -> Iterator[Point]:
    """Choose as many points of each command as of every other, as far as it has so many."""
    left = {name: random.sample(points, len(points)) for name, points in by_command.items()}
    for _ in range(count):
        names = [name for name, points in left.items() if points]
        if not names:
            return
        yield left[max(names, key=lambda name: len(left[name]) - len(by_command[name]))].pop()


@contextmanager
def workshop() -> Iterator[Path]:
    """Make the mornings in a folder in memory, which is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="earnings-drift-crash-", dir=scratch_folder()) as root:
        make_mornings(Path(root) / "mornings")
        yield Path(root)


def open_machine(root: Path, seed: int) -> Machine:
    """Return a machine with a scratch folder of its own."""
    return Machine(root / "mornings", Path(tempfile.mkdtemp(dir=root)), seed)


def try_job(machine: Machine, job: Job) -> Tried:
    """Try one job; where the second start shall die too, its place is found out first."""
    point = job.point
    if job.share is not None:
        places = [
            Death(kind, number, bool(number % 2))
            for kind, count in machine.steps_after(point).items()
            for number in range(count)
        ]
        if places:
            point = replace(point, deaths=(*point.deaths, places[int(job.share * len(places))]))
    return machine.try_point(point)


def try_all(root: Path, jobs: Sequence[Job], seed: int, workers: int) -> Iterator[Tried]:
    """Yield what each job brought, in their order, whatever the number of workers."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _open_here, (root, seed)) as pool:
        try:
            yield from pool.map(_try_here, jobs, chunksize=AT_A_TIME)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for worker in multiprocessing.active_children():  # Ctrl-C: nothing that they do is worth its end
                worker.terminate()
            raise


_here: list[Machine] = []


def _open_here(root: Path, seed: int) -> None:
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the command ends its workers
    _here.append(open_machine(root, seed))


def _try_here(job: Job) -> Tried:
    return try_job(_here[0], job)
