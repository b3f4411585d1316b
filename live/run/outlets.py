"""Where the words of a run go beside the terminal: the log file and the notify hook."""

from __future__ import annotations

import os

from backtest.errors import ConfigError
from live.config import LiveConfig
from live.redaction import Secret
from live.run.environment import log_level
from live.run.logs import log_file
from live.run.notify import Notifier, parse_command
from live.run.options import RunOptions
from live.run.program import Run


def set_up_outlets(run: Run, config: LiveConfig, options: RunOptions) -> None:
    """Open the log file and make the notifier; a dry run has neither. Raises ConfigError (6), StateDBError (13)."""
    for url in config.notify.urls:
        run.redactor.add(Secret(url))
    if options.dry_run:
        return
    try:
        run.notifier = Notifier(parse_command(config.notify.command), config.notify.urls, redactor=run.redactor)
    except ValueError as error:
        raise ConfigError(f"notify.command not valid in {options.config}: {error} (expected a command line)") from None
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
