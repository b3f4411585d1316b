"""Where the words of a run go beside the terminal: the log file, the notifications, the heartbeat."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from backtest.errors import ConfigError
from backtest.redaction import Redactor, Secret
from live.clock import NEW_YORK, Clock
from live.config import LiveConfig
from live.notify.heartbeat import Heartbeat
from live.notify.notifier import Notifier, parse_command
from live.run.environment import log_level
from live.run.logs import LoggedRun, daily_log, log_file
from live.run.options import RunOptions
from live.run.program import Run
from live.state_db.db import StateDB
from live.state_db.runs import DAILY_PROGRAMS


def set_up_outlets(run: Run, config: LiveConfig, options: RunOptions, state_db: Path, clock: Clock) -> None:
    """Open the log file, make the notifier, start the heartbeat; a dry run has none of them.

    A day's log is made where there is a state DB: a run that is refused before there is one leaves nothing behind.
    Raises ConfigError (6), StateDBError (13).
    """
    hide_addresses(run.redactor, config)
    if options.dry_run:
        return
    try:
        run.notifier = notifier_of(config, run.redactor)
    except ValueError as error:
        raise ConfigError(f"notify.command not valid in {options.config}: {error} (expected a command line)") from None
    if run.program in DAILY_PROGRAMS:
        run.heartbeat = Heartbeat(config.heartbeat.url)
        run.heartbeat.start()
    open_log(run, config, state_db, clock)


def open_log(run: Run, config: LiveConfig, state_db: Path, clock: Clock) -> None:
    """Open the log of a run, once: it may go through here twice. Raises StateDBError (13) for `paths.log_file`."""
    if run.is_logged:
        return
    run.is_logged = True
    level, wrong = log_level(os.environ)
    if wrong is not None:
        run.note(wrong)
    run.resources.enter_context(_log(run, config, state_db, clock, level))


def _log(run: Run, config: LiveConfig, state_db: Path, clock: Clock, level: int) -> AbstractContextManager[None]:
    logged = LoggedRun(run.program, lambda: run.run_id, run.redactor, run.console.warn, level)
    if config.paths.log_file is not None:
        return log_file(config.paths.log_file, logged)
    if config.paths.logs is None:
        return nullcontext()
    day = clock.now().astimezone(NEW_YORK).date()
    return daily_log(state_db.parent / config.paths.logs, day, logged, state_db.exists)


def hide_addresses(redactor: Redactor, config: LiveConfig) -> None:
    """The addresses of notifications and heartbeat carry tokens: they are shown nowhere."""
    for url in (*config.notify.urls, *filter(None, (config.heartbeat.url,))):
        redactor.add(Secret(url))


def notifier_of(config: LiveConfig, redactor: Redactor) -> Notifier:
    """Return what sends notifications as configured. Raises ValueError for a command line with an open quote."""
    settings = config.notify
    return Notifier(parse_command(settings.command), settings.urls, frozenset(settings.on), redactor)


def give_outbox(run: Run, db: StateDB) -> None:
    """Let the notifier write into a state DB that has its file, and say what was not sent before."""
    notifier = run.notifier
    if not notifier.is_configured or not db.is_kept:
        return
    notifier.outbox = db.outbox
    state = db.outbox.state()
    if state.has_failed:
        run.note(state.sentence())
