"""Processes of this machine.

Where a process can be forked (Linux) each worker has the prepared value from the start, without a copy; elsewhere it
is written to a file once and mapped by each worker (`backtest.workers.shared`).
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from pathlib import Path
from threading import Thread
from typing import Any

from backtest.workers.pool import Done, Run, do_group
from backtest.workers.shared import Shared, attach, share

_held: Any = None
"""In a worker: the prepared value."""


def start_method() -> str:
    """Return how worker processes are started here."""
    return "fork" if sys.platform == "linux" else "spawn"


class Processes:
    """A pool of worker processes."""

    lost: tuple[type[BaseException], ...] = (BrokenExecutor,)
    hopeless: tuple[type[BaseException], ...] = ()

    def __init__(self, workers: int, prepared: Any, method: str | None = None) -> None:
        """method: of starting a process, as multiprocessing names it; None: what fits this system."""
        self._workers = workers
        self._context = multiprocessing.get_context(method or start_method())
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._given = prepared
        if self._context.get_start_method() != "fork":
            self._folder = tempfile.TemporaryDirectory(prefix="earnings-drift-")
            self._given = share(prepared, Path(self._folder.name) / "prepared")
        self._open()

    def submit(self, run: Run, tasks: Sequence[Any]) -> Future[Done]:
        return self._executor.submit(_do_held, run, tasks)

    def slots(self) -> int:
        return self._workers

    def ahead(self) -> int:
        return 2 * self._workers

    def renew(self) -> bool:
        self._executor.shutdown(wait=True)  # a pool that lost one process ends all of them
        self._open()
        return True

    def stop(self, *, at_once: bool) -> None:
        if at_once:
            for process in set(multiprocessing.active_children()) - self._others:
                process.kill()
        self._executor.shutdown(wait=True, cancel_futures=True)
        if self._folder is not None:
            self._folder.cleanup()

    def _open(self) -> None:
        self._others = set(multiprocessing.active_children())
        self._executor = ProcessPoolExecutor(
            self._workers, mp_context=self._context, initializer=_begin, initargs=(self._given,)
        )


def _begin(given: Any) -> None:
    """Make this process a worker: it holds the prepared value, and ends with its parent, by whatever that was ended."""
    global _held
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent ends its workers itself
    _held = attach(given) if isinstance(given, Shared) else given
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _do_held(run: Run, tasks: Sequence[Any]) -> Done:
    return do_group(run, _held, tasks)
