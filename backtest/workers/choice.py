"""Where the tasks of a study are done."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choice:
    """workers: how many processes of this machine; 1: this process alone. cluster: address of a Dask scheduler,
    which then decides where; workers is not asked."""

    workers: int = 1
    cluster: str | None = None


def cores() -> int:
    """Return how many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1
