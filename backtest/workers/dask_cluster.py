"""Workers of a Dask cluster. The extra `cluster`.

The prepared value is sent to each worker once and lives in its memory; no file has to be shared. A worker process does
one group at a time, whatever its number of threads: the work is Python's, threads would not make it faster.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Executor, Future
from functools import cache, partial
from pathlib import Path
from threading import Lock
from typing import Any

from backtest.errors import ConfigError, WorkersUnavailableError
from backtest.version import __version__
from backtest.workers.pool import Done, Run, Tell, do_group

CONNECT_S = 10
LONGER_S = 60
"""How long a study that runs waits for a first new worker when all are gone."""
ALLOWED_FAILURES = 3
"""On how many other workers a group is tried whose worker died, before the cluster gives it up."""
_EXTRA = "python -m pip install 'earnings-drift[cluster]'"
_one_at_a_time = Lock()


class ClusterExecutor(Executor):
    """The executor of a client. The one of `Client.get_executor` never ends a future whose result went with a worker
    between its end and its way here (distributed 2026.8: its hand-over ends with FutureCancelledError)."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._out: set[Any] = set()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        here: Future[Any] = Future()
        there = self._client.submit(fn, *args, **kwargs, pure=False)
        self._out.add(there)
        there.add_done_callback(partial(self._hand_over, here))
        return here

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        if cancel_futures:
            self._client.cancel(list(self._out), force=True)

    def _hand_over(self, here: Future[Any], there: Any) -> None:
        self._out.discard(there)
        try:
            here.set_result(there.result())
        except BaseException as error:
            here.set_exception(error)


class DaskCluster:
    """The workers of one scheduler, whatever their number is from moment to moment."""

    def __init__(self, address: str, prepared: Any, tell: Tell) -> None:
        """Raises ConfigError (6) without the extra, WorkersUnavailableError (8) when nothing works there."""
        distributed = _distributed()
        self.lost: tuple[type[BaseException], ...] = (CancelledError, distributed.comm.CommClosedError)
        self.hopeless: tuple[type[BaseException], ...] = (distributed.KilledWorker,)
        self._address, self._prepared, self._tell = address, prepared, tell
        self._known: frozenset[str] = frozenset()
        self._open(distributed)
        tell(f"{address}: {_counted(len(self._known))}; {self._allow_failures()}")

    def submit(self, run: Run, tasks: Sequence[Any]) -> Future[Done]:
        future: Future[Done] = self._executor.submit(_do_there, code_sha256(), run, self._held, tasks)
        return future

    def slots(self) -> int:
        if not self._look():
            self._wait_for_worker(LONGER_S)
            self._look()
        return len(self._known)

    def ahead(self) -> int:
        return 2 * len(self._known)

    def renew(self) -> bool:
        if self._held.status == "finished" and self._client.status == "running":
            return False  # the others still hold everything
        self.stop(at_once=True)
        self._open(_distributed())
        return True

    def stop(self, *, at_once: bool) -> None:
        if not at_once:
            self._look()
        self._executor.shutdown(cancel_futures=at_once)
        self._client.close(timeout=CONNECT_S)

    def _open(self, distributed: Any) -> None:
        try:
            self._client = distributed.Client(self._address, timeout=CONNECT_S, set_as_default=False)
        except (OSError, ValueError) as error:
            raise WorkersUnavailableError(
                f"no Dask scheduler reached at {self._address} within {CONNECT_S} s: {_first_line(error)}",
                next_step="Start one with: dask scheduler, and workers with: dask worker ADDRESS --nthreads 1.",
            ) from None
        try:
            self._wait_for_worker(CONNECT_S)
            self._known = self._addresses()
            (self._held,) = self._client.scatter([self._prepared], broadcast=True, hash=False)
        except BaseException:
            self._client.close(timeout=CONNECT_S)
            raise
        self._executor = ClusterExecutor(self._client)

    def _look(self) -> bool:
        """Ask which workers there are, tell of those that are gone, and return whether any is there."""
        now = self._addresses()
        if gone := self._known - now:
            self._tell(f"{_counted(len(gone))} of {self._address} gone, {len(now)} left: their tasks go to the others")
        self._known = now
        return bool(now)

    def _addresses(self) -> frozenset[str]:
        return frozenset(self._client.ncores())

    def _wait_for_worker(self, seconds: int) -> None:
        try:
            self._client.wait_for_workers(1, timeout=seconds)
        except TimeoutError:
            raise WorkersUnavailableError(
                f"no worker at {self._address} within {seconds} s (expected at least one)",
                next_step=f"Start some with: dask worker {self._address} --nthreads 1.",
            ) from None

    def _allow_failures(self) -> str:
        try:
            self._client.run_on_scheduler(_set_allowed_failures, ALLOWED_FAILURES)
        except Exception as error:  # a scheduler without this package, or one that runs no function of a client
            return f"its own number of allowed failures stays ({_first_line(error)})"
        return f"a task whose worker dies is tried on up to {ALLOWED_FAILURES} others"


@cache
def code_sha256() -> str:
    """Return what identifies the code of the simulations."""
    digest = hashlib.sha256(__version__.encode())
    root = Path(__file__).parent.parent
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def _do_there(code: str, run: Run, prepared: Any, tasks: Sequence[Any]) -> Done:
    """Do a group in a worker of the cluster. Raises ConfigError (6) where the worker has other code."""
    if code != code_sha256():
        raise ConfigError(
            "a worker of the cluster runs other code than this command (expected the same version of earnings-drift)",
            next_step="Install the same version there, and start the workers again.",
        )
    with _one_at_a_time:
        return do_group(run, prepared, tasks)


def _set_allowed_failures(allowed: int, dask_scheduler: Any = None) -> None:
    dask_scheduler.allowed_failures = allowed


def _distributed() -> Any:
    try:
        import distributed
    except ImportError:
        raise ConfigError("--cluster needs the extra [cluster] (not installed)", next_step=f"{_EXTRA}") from None
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters of it is told
    return distributed


def _counted(workers: int) -> str:
    return "1 worker" if workers == 1 else f"{workers} workers"


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
