"""The environment: a closed list of variables, and the refusal of every other one that means to set something.

No option of a program can be given by a variable, so that no environment alone switches live money on; what
click once read as an option (`EXECUTOR_STATE_DB`) is refused, because a run that ignored it would take another
state DB than the one meant. docs/design.md#environment says what each variable is for.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping

from backtest.errors import ConfigError
from backtest.redaction import Secret

VARIABLES = (
    "APCA_API_KEY_ID",
    "APCA_API_SECRET_KEY",
    "ALPACA_API_KEY",
    "ALPACA_SECRET_KEY",
    "ALPACA_PAPER_API_KEY",
    "ALPACA_PAPER_SECRET_KEY",
    "ALPACA_LIVE_API_KEY",
    "ALPACA_LIVE_SECRET_KEY",
    "ALPACA_MODE",
    "APCA_API_BASE_URL",
    "APCA_API_DATA_URL",
    "FMP_API_KEY",
    "FMP_BASE_URL",
    "EARNINGS_DRIFT_HOME",
    "EARNINGS_DRIFT_LIVE_CONFIRM",
    "LOG_LEVEL",
    "NO_COLOR",
    "FORCE_COLOR",
    "TERM",
    "COLUMNS",
    "LC_ALL",
    "LC_CTYPE",
    "LANG",
    "HOME",
    "XDG_CACHE_HOME",
    "TMPDIR",
    "PYTHONPATH",
)
"""Everything that is read, of all programs together."""
HOOK_VARIABLES = ("EARNINGS_DRIFT_TITLE", "EARNINGS_DRIFT_BODY")
"""Written for the notify hook, which may start our programs in turn; never read."""
PREFIX = "EARNINGS_DRIFT_"

_OPTIONS = (
    "STATE_DB MANIFEST CONFIG BROKER ENABLE_LIVE SETTINGS DRY_RUN AS_JSON VERBOSE QUIET SIGNALS_FILE PHASE "
    "SKIP_TIME_CHECK WAIT_FOR_OPEN REPORT_FILES REPORT_DIR NO_REPORT OUTPUT_DIR PRICES TRADE_DATE FORCE "
    "REFRESH_PRICES REASON YES OFFLINE TICKER PATH ONLY_LIST SIGNALS_DIR ADOPT IGNORE CLOSE_AT SHARES RENAMED_TO "
    "FIRST LAST REPORTS CANDIDATES ASSETS SKIPPED OUT REPORT SUBPROCESSES"
).replace(" ", "|")
_COMMANDS = "KILL_SWITCH_ON|KILL_SWITCH_OFF|KILL_SWITCH_STATUS|STATUS|RECONCILE|CLOSE|FLATTEN|CHECK"
_COMMANDS += "|BACKUP|RESTORE|REBUILD|REPAIR"
_ONCE_AN_OPTION = re.compile(rf"(EXECUTOR|SIGNAL_GENERATOR|REPLAY|ADMIN_({_COMMANDS}))_({_OPTIONS})")
"""What 0.1.0 took options from. Whole names only: others use EXECUTOR_NUMBER or ADMIN_EMAIL for themselves."""
_LEVELS = {"DEBUG": logging.DEBUG, "INFO": logging.INFO, "WARNING": logging.WARNING, "ERROR": logging.ERROR}


def secrets_of(environ: Mapping[str, str]) -> tuple[Secret, ...]:
    """Return every key that stands in the environment, whichever broker or price source it is for."""
    names = (name for name in VARIABLES if name.endswith(("_KEY", "_KEY_ID")))
    return tuple(Secret(environ[name].strip()) for name in names if name in environ)


def check_environment(environ: Mapping[str, str]) -> None:
    """Raise ConfigError (6) for a variable that means to set something and is not on the list; shows no value."""
    for name in sorted(environ):
        if _ONCE_AN_OPTION.fullmatch(name):
            raise ConfigError(
                f"{name} in the environment: options are not taken from there (expected on the command line)",
                next_step=f"Unset {name} and give the option itself, see --help.",
            )
        if name.startswith(PREFIX) and name not in (*VARIABLES, *HOOK_VARIABLES):
            known = ", ".join(one for one in VARIABLES if one.startswith(PREFIX))
            raise ConfigError(
                f"{name} in the environment is not known (expected {known})",
                next_step=f"Unset {name[:60]}; docs/design.md#environment lists what is read.",
            )


def log_level(environ: Mapping[str, str]) -> tuple[int, str | None]:
    """Return the level of the log file by LOG_LEVEL (INFO by default), and what is wrong with it or None.

    Many programs share the name, so a word that is not ours is no error.
    """
    named = environ.get("LOG_LEVEL", "")
    if not named:
        return logging.INFO, None
    level = _LEVELS.get(named.upper())
    if level is None:
        return logging.INFO, f"LOG_LEVEL {named[:40]!r} is not known (expected {', '.join(_LEVELS)}); INFO is used"
    return level, None
