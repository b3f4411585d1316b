"""How far a long command is: a bar on a terminal's stderr, nothing elsewhere; stdout stays the result."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from backtest.terminal import is_ascii_only


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """Give what is told how many of how many are done. what: the things that are counted, such as "configurations"."""
    if not sys.stderr.isatty() or is_ascii_only():
        yield lambda done, count: None
        return
    from rich.console import Console  # late: only a terminal needs it
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    # It draws when it is told, from no thread of its own: worker processes may be forked meanwhile.
    with Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False) as bar:
        task = bar.add_task(what, total=None)

        def tell(done: int, count: int) -> None:
            bar.update(task, completed=done, total=count, refresh=True)

        yield tell
