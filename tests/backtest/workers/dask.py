"""A real Dask cluster on this machine: a scheduler and workers, a process each, that nothing starts again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.paths import ROOT


@contextmanager
def dask_cluster(folder: Path, workers: int) -> Iterator[str]:
    """Give the address of a scheduler whose workers are there. folder: for their files.

    By itself it tries no task a second time whose worker died.
    """
    with ExitStack() as stack:
        options = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show")
        address = _word_after(_start(stack, "dask_scheduler", *options), "Scheduler at:")
        for n in range(workers):
            place = ("--local-directory", str(folder / f"worker-{n}"))
            worker = _start(stack, "dask_worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard", *place)
            _word_after(worker, "Starting established connection to")
        yield address


def _start(stack: ExitStack, program: str, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", f"distributed.cli.{program}", *options]
    env = {**os.environ, "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}
    process = stack.enter_context(subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True))
    stack.callback(process.kill)
    return process


def _word_after(process: subprocess.Popen[str], what: str) -> str:
    """Read a process's log up to a line that has some words; return what follows them."""
    assert process.stderr is not None
    read = []
    for line in process.stderr:
        read.append(line)
        if what in line:
            return line.split(what)[1].split()[0]
    raise AssertionError("".join(read))
