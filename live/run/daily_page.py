"""Has the daily page written when a run ends: by a child process, which neither changes nor holds up the run.

Called when the state DB is closed and the locks are free, while the log is still open: what went wrong is said there.
"""

from __future__ import annotations

import logging
from pathlib import Path

from backtest.errors import ConfigError
from live.child_process import TIME_LIMIT_S, start_child
from live.config import LiveConfig
from live.run.options import RunOptions
from live.run.page_job import PageJob
from live.run.program import Run
from live.run.stray import refuse_stray
from live.state_db.runs import DAILY_PROGRAMS

logger = logging.getLogger(__name__)
MODULE = "live.page"
BY_HAND = "python -m live.admin page"
_WHY = {6: "the configuration cannot be read", 7: "the folder cannot be written", 13: "the state DB cannot be read"}


def page_at_end(run: Run, config: LiveConfig, options: RunOptions) -> None:
    """Write the page at the end of a run of the daily programs that reached its phases, where pages are kept."""
    folder = config.paths.pages_dir
    if run.program in DAILY_PROGRAMS and folder is not None and not options.dry_run:
        run.resources.callback(_write, run, options, folder)


def _write(run: Run, options: RunOptions, folder: Path) -> None:
    if not run.has_begun:
        return
    try:
        refuse_stray(options, "pages", folder, "it with --set paths.pages_dir=/absolute/path")
    except ConfigError as error:
        logger.info("no page: %s", error.what)
        return
    interrupt, before = run.interrupt, run.interrupt.signal_number
    child = start_child(MODULE, PageJob(options, folder).to_bytes())
    if child is not None:
        child.wait(lambda: interrupt.signal_number not in (None, before))
    code = None if child is None else child.exit_code
    if code != 0:
        logger.warning("no page was written: %s; to see more: %s", _why(code, started=child is not None), BY_HAND)


def _why(code: int | None, *, started: bool) -> str:
    """Return why a child did not end with 0. code: as it ended; None where it was not waited for."""
    if not started:
        return "no process could be started"
    if code is None or code < 0:
        return f"it was not ready within {TIME_LIMIT_S:g} s"
    return _WHY.get(code, f"it ended {code}")
