"""Where the words of a run go beside the terminal: the log file, the notifications, the heartbeat."""

from __future__ import annotations

import os

from backtest.errors import ConfigError
from live.config import LiveConfig
from live.notify.heartbeat import Heartbeat
from live.notify.notifier import Notifier, parse_command
from live.redaction import Redactor, Secret
from live.run.environment import log_level
from live.run.logs import log_file
from live.run.options import RunOptions
from live.run.program import Run
from live.state_db.db import StateDB
from live.state_db.runs import DAILY_PROGRAMS


def set_up_outlets(run: Run, config: LiveConfig, options: RunOptions) -> None:
    """Open the log file, make the notifier, start the heartbeat; a dry run has none of them.

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
    level, wrong = log_level(os.environ)
    if wrong is not None:
        run.note(wrong)
    if config.paths.log_file is not None:
        run.resources.enter_context(
            log_file(
                config.paths.log_file,
                run.redactor,
                run_id=lambda: run.run_id,
                program=run.program,
                report=run.console.warn,
                level=level,
            )
        )


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
