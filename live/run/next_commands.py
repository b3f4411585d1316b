"""The commands that a run prints for a person to type: each repeats the options that the run itself was given.

A text names a command as it is typed by default: `python -m live.admin reconcile`. What is printed, logged or sent to
anybody goes through `with_run_options`, so that the same words lead a run with another home, state DB, configuration,
broker or setting to the same account.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from live.run.options import RunOptions

GROUPS = ("config", "entries", "kill-switch", "limits", "orders", "runs")
"""Commands of `live.admin` that have commands of their own."""
_OWN = (
    r"(?:(?: [A-Z][A-Z0-9]*(?:\.[A-Z]+)?| --phase [a-z]+| --(?:close-at|renamed-to|shares) [\w.]+"
    r"| --(?:adopt|dry-run|exits|ignore|list|no-report|offline|skip-time-check|undo))(?![\w-])"
    r"| --reason (?:\"[^\"]*\"|\S+))*"
)
"""What a command is best read together with; the options of the run come after it."""
_COMMAND = re.compile(
    rf"python -m (live\.admin (?:(?:{'|'.join(GROUPS)}) )?[a-z][a-z-]*|live\.sim init|live\.[a-z_]+|backtest [a-z]+)"
    + _OWN
)
_RUNS = ("live.admin ", "live.executor", "live.signal_generator")
_WITH_MANIFEST = (*_RUNS[1:], "live.admin doctor")
_END = re.compile(r" && |python -m ")


def with_run_options(text: str, options: RunOptions) -> str:
    """Return a text in which every command carries the options of this run that are not the default.

    An option that a command names itself is left as it is; a setting of the command's own comes after the run's and
    wins. The same text may go through here twice.
    """
    if "python -m " not in text or not _differs(options):
        return text
    parts, at = [], 0
    for found in _COMMAND.finditer(text):
        after = _END.search(text, found.end())
        rest = text[found.end() : after.start() if after else len(text)]
        parts += [text[at : found.end()], *_missing(found[1], found[0] + rest, options)]
        at = found.end()
    return "".join([*parts, text[at:]])


def _differs(options: RunOptions) -> bool:
    return any(True for _ in options_for(_RUNS[1], options))


def _missing(command: str, rest: str, options: RunOptions) -> Iterator[str]:
    """Yield, each with a blank before it, the options that a command has not got already."""
    for flag, value in options_for(command, options):
        words = flag if value is None else f"{flag} {shlex.quote(value)}"
        has_its_own = words in rest if flag == "--set" else re.search(rf"(^| ){flag}( |$)", rest)
        if not has_its_own:
            yield f" {words}"


def options_for(command: str, options: RunOptions) -> Iterator[tuple[str, str | None]]:
    """Yield the options a command takes that are not the default in this run: flag and value, None for a bare flag.

    command: what stands behind `python -m `.
    """
    if options.home is not None:
        yield "--home", str(options.home)
    if not command.startswith(_RUNS):
        return
    if options.config != RunOptions().config:
        yield "--config", str(options.config)
    if options.state_db is not None:
        yield "--state-db", str(options.state_db)
    if options.manifest is not None and command.startswith(_WITH_MANIFEST):
        yield "--manifest", str(options.manifest)
    if options.broker is not None:
        yield "--broker", options.broker
    if options.enable_live:
        yield "--enable-live", None
    for setting in options.settings:
        yield "--set", setting
