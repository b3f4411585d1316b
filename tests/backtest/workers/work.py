"""What the tests of workers have done: a module of its own, so that processes started anew find it."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from backtest.errors import InputError
from backtest.progress import progress_bar
from backtest.workers.choice import Choice
from backtest.workers.mapping import map_tasks
from backtest.workers.parts import open_parts

TABLE = {"prices": np.arange(10_000, dtype=np.int64), "rates": np.linspace(0, 1, 10_000)}


def row(table: dict[str, Any], task: int) -> dict[str, Any]:
    """A result of every kind that parts hold."""
    shares = table["prices"][task::97]
    rates = table["rates"][task::97]
    return {"task": task, "sum": float((shares * rates).sum()), "curve": shares * rates, "none": [None, True, "text"]}


def pid(_: object, task: int) -> int:
    return os.getpid()


def fail_at_three(_: object, task: int) -> int:
    if task == 3:
        raise InputError("task 3 cannot be read", next_step="Leave it out.")
    return task


def die_once(marker: str, task: int) -> int:
    """At task 5 the process that does it is killed, the first time."""
    if task == 5 and not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return task * task


def die_always(_: object, task: int) -> int:
    if task == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return task


def stop_parent_at(parent: tuple[int, int, str], task: int) -> int:
    """At task 6 the parent gets the signal, the first time; the workers leave their process ids."""
    number, signum, marker = parent
    Path(f"{marker}-{os.getpid()}").touch()
    if task == 6 and not Path(marker).exists():
        Path(marker).touch()
        os.kill(number, signum)
        time.sleep(60)
    return task


def study(out: Path, signum: int) -> list[int]:
    """Nine tasks by two processes, with parts; the first time a signal ends it in the middle."""
    parts = open_parts(out, {"what": "nine"})
    prepared = (os.getpid(), signum, str(out.parent / "marker"))
    with progress_bar("tasks") as progress:
        return map_tasks(
            Choice(2),
            stop_parent_at,
            prepared,
            range(9),
            parts=parts,
            progress=progress,
            tell=lambda words: print(words),
        )


if __name__ == "__main__":
    print(study(Path(sys.argv[1]), int(sys.argv[2])))
