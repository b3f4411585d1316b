"""`events`: the rows of the state DB's event log as JSON lines, on request as they are written; nobody is asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from live.errors import InterruptedRunError
from live.inspect.events_json import event_json
from live.inspect.opened import open_stored
from live.run.options import RunOptions
from live.run.program import Run
from live.run.runtime import Runtime
from live.run.startup import Opened
from live.state_db.db import StateDB
from live.state_db.events import EventFilter
from live.state_db.records import EventRow

INTERVAL_S = 1.0
"""How long `--follow` waits before it looks again."""
PAGE = 1000
"""So many rows are read at once: five years of them need no more memory than a day's."""


def print_stored_events(
    run: Run, options: RunOptions, runtime: Runtime | None, wanted: EventFilter, *, since: int, follow: bool
) -> None:
    """Print each event that fits as a line, or all of them in the one object of `--json`.

    follow: go on until a signal ends it, or until nobody reads any more. Raises ConfigError (6), StateDBError (13),
    InterruptedRunError (9) when a signal ends what was not to be followed.
    """
    opened = open_stored(run, options, runtime)
    if options.as_json:
        run.report["events"] = [event_json(row) for row in _rows(opened.db, wanted, since)]
        return
    _print(run, opened.db, wanted, since, follow=follow)
    if follow:
        path, newest = options.state_db or opened.config.paths.state_db, opened.db.events.last_seq()
        opened.db.close()
        _follow(run, opened, path, wanted, newest=newest, since=max(since, newest))


def _follow(run: Run, opened: Opened, path: Path, wanted: EventFilter, *, newest: int, since: int) -> None:
    """Look again and again. newest: the last event that the DB held; since: those after it are printed."""
    while run.console.has_reader:
        try:
            run.interrupt.sleep(opened.clock, INTERVAL_S)
        except InterruptedRunError:
            return
        with StateDB.open_reading(path, opened.clock) as db:
            before, newest = newest, db.events.last_seq()
            if newest < before:
                run.console.warn(f"the state DB was replaced by one that ends with event {newest}; going on after that")
                since = newest
            _print(run, db, wanted, since, follow=True)
            since = max(since, newest)


def _print(run: Run, db: StateDB, wanted: EventFilter, since: int, *, follow: bool) -> None:
    """Print the events after one that fit."""
    for n, row in enumerate(_rows(db, wanted, since), start=1):
        run.console.record(event_json(row))
        if n % PAGE == 0:
            run.console.flush()
            if not run.console.has_reader or (follow and run.interrupt.is_requested):
                break
            run.interrupt.check()
    run.console.flush()


def _rows(db: StateDB, wanted: EventFilter, since: int) -> Iterator[EventRow]:
    while rows := db.events.page(wanted, since, PAGE):
        yield from rows
        since = rows[-1].seq
