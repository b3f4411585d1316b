"""Runs the work of one program and turns how it ended into the exit code and the last line on stderr.

`run_program` gives the work a `Run`, turns every outcome (done, refused, interrupted, a bug) into the
code of the table in README.md, and prints JSON, closing lines and the error line in that order.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime

from backtest.command_line import error_json
from backtest.errors import ConfigError, DriftError
from backtest.files import private_files
from backtest.home import in_home
from backtest.redaction import Redactor, install_excepthook
from backtest.text import strip_control
from live.clock import NEW_YORK
from live.notify.heartbeat import Heartbeat
from live.notify.notifier import Notifier
from live.notify.sending import send_at_end
from live.run.closing_lines import ClosingLines
from live.run.console import Console
from live.run.environment import log_level, secrets_of
from live.run.interrupt import Interrupt
from live.run.logs import PRINTED, log_end, terminal_logging
from live.run.next_commands import with_run_options
from live.run.options import RunOptions
from live.run.outcome import Outcome, RunProblem

logger = logging.getLogger(__name__)
MOST_ENDINGS = 5
"""So many of the problems of a run stand in its notification."""
_TRY_AGAIN = (8, 9, 10)
"""Exit codes that the same command resolves when it is run again."""


@dataclass(slots=True)
class Run:
    """One run of one program, as its work sees it.

    phase: what the `run_log` row says beside the program. report: what `--json` prints beside outcome and closing
    lines. resources: closed when the run has been recorded (locks, DB, broker). notifier, heartbeat: set once the
    configuration is read. is_recorded: its `run_log` row is written. is_logged: its log is open. has_begun: no refusal
    can stop it any more, see `begin`. protect_attempt: called once after an unexpected error. entries_off: why no
    entry goes out, None: they do; the closing lines say so. manifest_sha256: of the one it was checked against, for
    the log. requests: how many it has sent to the broker so far.
    """

    program: str
    console: Console
    phase: str | None = None
    run_id: str = field(default_factory=lambda: os.urandom(8).hex())
    outcome: Outcome = field(default_factory=Outcome)
    interrupt: Interrupt = field(default_factory=Interrupt)
    closing_lines: ClosingLines = field(default_factory=ClosingLines)
    report: dict[str, object] = field(default_factory=dict)
    resources: ExitStack = field(default_factory=ExitStack)
    notifier: Notifier = field(default_factory=Notifier)
    heartbeat: Heartbeat = field(default_factory=Heartbeat)
    has_closing_lines: bool = True
    began: float = field(default_factory=time.monotonic)
    is_recorded: bool = False
    is_logged: bool = False
    has_begun: bool = False
    protect_attempt: Callable[[], None] | None = None
    entries_off: str | None = None
    manifest_sha256: str | None = None
    requests: Callable[[], int] = int
    _records: list[Callable[[Outcome], None]] = field(default_factory=list)
    _first_writes: list[Callable[[], object]] = field(default_factory=list)
    _held_notes: list[str] | None = None
    _announced: str | None = None

    @property
    def redactor(self) -> Redactor:
        """What hides the secrets of this run; its console's, so that nothing is printed without it."""
        return self.console.redactor

    def at_begin(self, write: Callable[[], object]) -> None:
        """Call `write` once when the run begins: one that is refused leaves nothing behind."""
        if self.has_begun:
            write()
        else:
            self._first_writes.append(write)

    def begin(self) -> None:
        """Every refusal is through: do the first writes, in their order. Raises what they raise (10, 13)."""
        writes, self._first_writes = self._first_writes, []
        for write in writes:
            write()
        self.has_begun = True

    def at_end(self, record: Callable[[Outcome], None]) -> None:
        """Call `record` once with the finished outcome, before the resources close (the `run_log` row)."""
        self._records.append(record)

    def notify_end(self) -> None:
        """Put how the run ended on its way to a person, where that is wanted; the same end twice is one message."""
        problems = self.outcome.ordered()
        if problems:
            lines = [self.console.complete(one.line) for one in problems[:MOST_ENDINGS]]
            is_about_exits = any(one.code == 9 and not one.is_entry for one in problems)
            self.notifier.run_id = self.run_id
            self.notifier.send_end(self.program, problems[0].code, lines, is_about_exits=is_about_exits)

    def note(self, text: str) -> None:
        """Report something that changes no exit code, once: on the console, in the log, in `--json`."""
        if not self.outcome.note(text):
            return
        logger.info(strip_control(self.console.complete(text)), extra=PRINTED)
        if self._held_notes is None:
            self.console.say(text)
        else:
            self._held_notes.append(text)

    def hold_notes(self) -> None:
        """Print no note until the account is announced, or until the run ends without one."""
        if self._held_notes is None and not self._announced:
            self._held_notes = []

    def release_notes(self) -> None:
        """Print the notes that were held back."""
        held, self._held_notes = self._held_notes, None
        for text in held or ():
            self.console.say(text)

    def announce(self, line: str, *, is_important: bool) -> None:
        """Print which account this run works on, once and before its notes; an important one with -q too."""
        if line != self._announced:
            self._announced = line
            logger.info(strip_control(line), extra=PRINTED)
            (self.console.headline if is_important else self.console.say)(line)
        self.release_notes()


def run_program(
    program: str,
    work: Callable[[Run], None],
    *,
    phase: str | None = None,
    options: RunOptions | None = None,
    has_data: bool = False,
    has_closing_lines: bool = True,
    is_one_line: bool = False,
    without_home: Callable[[ConfigError], DriftError] = lambda error: error,
) -> int:
    """Run `work` in the home that the options name and return the exit code. without_home: how it ends without it.

    is_one_line: all that is printed is one line on stdout, the answer or the error; with `--json` it goes to stderr.

    Nothing is raised but SystemExit of a second signal.

    An expected error (`DriftError`) ends the run with its code. An unexpected one ends it with 1 after
    `run.protect_attempt` was called once; its traceback is shown with -v only, redacted. SIGTERM and
    SIGINT are recorded in `run.interrupt`; a run that ended 0 although one came ends 9 only if the
    work says so. has_data: stdout is for `Console.data` alone.
    """
    given = options or RunOptions()
    console = Console(
        as_json=given.as_json,
        has_data=has_data,
        verbosity=-2 if is_one_line else given.verbosity,
        stderr=sys.stdout if is_one_line and not given.as_json else None,
        complete=lambda text: with_run_options(text, given),
    )
    run = Run(program, console, phase, has_closing_lines=has_closing_lines)
    for secret in secrets_of(os.environ):  # known from here on, also to a command that asks no broker
        run.redactor.add(secret)
    install_excepthook(run.redactor)
    if has_closing_lines:
        name = program if phase is None or program.startswith("admin-") else f"{program} {phase}"
        console.heading(f"{datetime.now(NEW_YORK):%Y-%m-%d %H:%M:%S} New York, {name}, pid {os.getpid()}")
    say = console.detail if console.verbosity >= 1 else None
    with private_files(), terminal_logging(run.redactor, say, log_level(os.environ)[0]), run.interrupt.installed():
        try:
            with in_home(given.home):
                _do_all(run, work)
        except ConfigError as error:  # of the home itself: nothing was done
            run.outcome.add_error(without_home(error))
            _finish(run)
    return run.outcome.exit_code


def _do_all(run: Run, work: Callable[[Run], None]) -> None:
    try:
        _do(run, work)
        _finish(run)
    finally:
        _close(run)
        _send(run)


def _do(run: Run, work: Callable[[Run], None]) -> None:
    try:
        work(run)
    except DriftError as error:
        run.outcome.add_error(error)
    except KeyboardInterrupt:
        run.outcome.unresolved("the run was interrupted (SIGINT)", "Run the same command again.")
    except Exception as error:
        _count_bug(run, error)
        _protect_once(run)


def _protect_once(run: Run) -> None:
    attempt, run.protect_attempt = run.protect_attempt, None
    if attempt is None:
        return
    try:
        attempt()
    except DriftError as error:
        run.outcome.add_error(error)
    except Exception as error:
        _count_bug(run, error)


def _count_bug(run: Run, error: Exception) -> None:
    text = run.redactor.redact(strip_control(f"{type(error).__name__}: {error}"))[:500]
    run.outcome.add_problem(
        1, f"unexpected error in {run.program}: {text}", "This is a bug; run again with -v and report it."
    )
    logger.error("unexpected error", exc_info=error, extra=PRINTED)
    if run.console.verbosity >= 1:
        for line in run.redactor.traceback_text(error).splitlines():
            run.console.warn(line)


def _finish(run: Run) -> None:
    run.release_notes()
    for record in run._records:
        try:
            record(run.outcome)
        except DriftError as error:
            run.outcome.add_error(error)
        except Exception as error:
            _count_bug(run, error)
    run.notify_end()  # what the records added, and a run without a row
    run.notifier.leave_outbox()
    outcome = run.outcome
    content = {"program": run.program, "run_id": run.run_id, **outcome.as_json(), **run.report}
    worst = outcome.worst
    content["error"] = None if worst is None else error_json(worst.code, worst.what, worst.next_step, run.run_id)
    if worst is not None:
        _complete_closing_lines(run, worst)
    if run.entries_off is not None:
        lines = run.closing_lines
        lines.entries = f"OFF ({run.entries_off})" + (f"; {lines.entries}" if lines.entries != "none" else "")
    if run.has_closing_lines:
        run.console.closing_lines(run.closing_lines)
        content["closing"] = run.closing_lines.as_json()
    run.console.result(content)
    if worst is not None:
        level = logging.ERROR if worst.code != 9 else logging.WARNING
        logger.log(level, strip_control(run.console.complete(worst.line)), extra=PRINTED)
    log_end(outcome.exit_code, time.monotonic() - run.began, run.requests())
    if worst is not None:
        run.console.error(worst.line)
    run.console.flush()


def _complete_closing_lines(run: Run, worst: RunProblem) -> None:
    """Put the worst problem into the lines that the work left at their defaults.

    An exit code in `_TRY_AGAIN` needs another run, so it is no entry of "needs a hand".
    """
    lines = run.closing_lines
    if lines.next_step == ClosingLines().next_step:  # it ended before it could say what comes next
        lines.next_step = worst.next_step or "see the last line"
    if lines.needs_hand == ClosingLines().needs_hand and worst.code not in _TRY_AGAIN:
        lines.needs_hand = worst.what


def _close(run: Run) -> None:
    try:
        run.resources.close()
    except Exception as error:
        logger.error("closing failed", exc_info=error)


def _send(run: Run) -> None:
    """Send what is to be told; the run has ended, and neither this nor a signal meanwhile changes its code."""
    interrupt = run.interrupt
    before = interrupt.signal_number
    send_at_end(
        run.notifier, run.heartbeat, run.outcome.exit_code, lambda: interrupt.signal_number not in (None, before)
    )
