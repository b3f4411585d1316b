"""Logging, set up by `run_program`: redacted on every handler; JSON lines in files, words on the terminal with -v.

A record may carry `extra={"fields": {…}}`: names and values that its JSON line has beside the common ones; and
`extra=PRINTED`: the console has said the same, so that -v does not say it twice.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from backtest.redaction import RedactionFilter, Redactor
from live.clock import NEW_YORK, iso_utc
from live.errors import StateDBError

logger = logging.getLogger(__name__)
ROOTS = ("live", "backtest")
"""Only our own loggers get handlers; what other libraries log stays theirs."""
KEEP_DAYS = 90
"""So many days a day's file is kept."""
PRINTED = {"is_printed": True}
_DAY_FILE = re.compile(r"(\d{4}-\d{2}-\d{2})\.jsonl")


class JsonFormatter(logging.Formatter):
    """One JSON object a line: ts, level, logger, message, run_id, program, pid, the record's own fields, traceback."""

    def __init__(self, *, run_id: Callable[[], str], program: str) -> None:
        super().__init__()
        self._run_id = run_id
        self._program = program

    def format(self, record: logging.LogRecord) -> str:
        content: dict[str, object] = {
            "ts": iso_utc(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "run_id": self._run_id(),
            "program": self._program,
            "pid": record.process,
            **getattr(record, "fields", {}),
        }
        if record.exc_text:
            content["traceback"] = record.exc_text
        return json.dumps(content, ensure_ascii=True)


class _WordsHandler(logging.Handler):
    """Says each record in words after its New York time, but for what the console has printed itself."""

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__()
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        if getattr(record, "is_printed", False):
            return
        level = f"{record.levelname.lower()}: " if record.levelno >= logging.WARNING else ""
        moment = datetime.fromtimestamp(record.created, NEW_YORK)
        self._say(f"{moment:%H:%M:%S}  {level}{record.getMessage()}")


class _FileHandler(logging.Handler):
    """Appends to a file of mode 0600, a line in one write; says once when it cannot, and the run goes on without it.

    may_make: whether the file may be opened, and its folder made; lines before that are held. made: called when the
    file was not there.
    """

    def __init__(
        self, path: Path, report: Callable[[str], None], may_make: Callable[[], bool], made: Callable[[], None]
    ) -> None:
        super().__init__()
        self._path = path
        self._report = report
        self._may_make = may_make
        self._made = made
        self._descriptor: int | None = None
        self._held: list[str] = []
        self._has_failed = False

    def open(self) -> None:
        """Open the file. Raises OSError."""
        is_new = not self._path.exists()
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK  # a pipe must not hold us up
        self._descriptor = os.open(self._path, flags, 0o600)
        if stat.S_ISFIFO(os.fstat(self._descriptor).st_mode):
            raise OSError(None, "a pipe")
        if is_new:
            self._made()

    def emit(self, record: logging.LogRecord) -> None:
        if self._has_failed:
            return
        self._held.append(self.format(record))
        if self._descriptor is None and not self._may_make():
            return
        try:
            if self._descriptor is None:
                self.open()
            assert self._descriptor is not None, "it was opened"
            while self._held:
                os.write(self._descriptor, f"{self._held[0]}\n".encode())
                del self._held[0]
        except OSError as error:
            self._has_failed = True
            self._report(f"the log file {self._path} cannot be written: {error.strerror}; going on without it")

    def close(self) -> None:
        super().close()
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def log_end(exit_code: int, seconds: float, requests: int) -> None:
    """Log how a run ended, and how many requests it sent to the broker."""
    ended = {"event": "run_ended", "exit_code": exit_code, "seconds": round(seconds, 1), "requests": requests}
    text = "run ended: exit code %d after %.1f s, %d requests"
    logger.info(text, exit_code, seconds, requests, extra={"fields": ended})


def terminal_logging(redactor: Redactor, say: Callable[[str], None] | None, level: int) -> AbstractContextManager[None]:
    """Say every record of one run in words; without `say` our loggers are quiet. level: what is less important goes."""
    if say is None:
        return _handled_by(logging.NullHandler(), redactor)
    return _handled_by(_WordsHandler(say), redactor, level)


@dataclass(frozen=True, slots=True)
class LoggedRun:
    """The run whose records are written. report: told once when they cannot be. level: what is less important goes."""

    program: str
    run_id: Callable[[], str]
    redactor: Redactor
    report: Callable[[str], None]
    level: int = logging.INFO


@contextmanager
def log_file(path: Path, run: LoggedRun) -> Iterator[None]:
    """Append the JSON lines of one run to a file. Raises StateDBError (13) when it cannot be opened."""
    handler = _FileHandler(path, run.report, lambda: True, lambda: None)
    try:
        handler.open()
    except OSError as error:
        handler.close()
        raise StateDBError(
            f"log file unusable in {path}: {error.strerror} (expected a writable file)",
            next_step="Make it one that this user may write, or name another in paths.log_file.",
        ) from None
    with _writing(handler, run):
        yield


def daily_log(folder: Path, day: date, run: LoggedRun, may_make: Callable[[], bool]) -> AbstractContextManager[None]:
    """Append the JSON lines of one run to the file of its day, and delete those of days long past.

    day: of New York. may_make: asked before anything is made; lines are held until it says yes, and dropped when it
    never does. A folder that cannot be written keeps no run from its work.
    """
    path = folder / f"{day}.jsonl"
    handler = _FileHandler(
        path, run.report, may_make, lambda: _delete(old_logs(folder, day - timedelta(days=KEEP_DAYS)))
    )
    return _writing(handler, run)


def old_logs(folder: Path, before: date) -> list[Path]:
    """Return the files of days before a date, oldest first; nothing else in the folder is ours."""
    days = ((path, found[1]) for path in folder.glob("*.jsonl") if (found := _DAY_FILE.fullmatch(path.name)))
    return sorted(path for path, day in days if day < before.isoformat())


def _delete(paths: list[Path]) -> None:
    for path in paths:
        with contextlib.suppress(OSError):  # the next day's first run tries again
            path.unlink()


@contextmanager
def _writing(handler: _FileHandler, run: LoggedRun) -> Iterator[None]:
    handler.setFormatter(JsonFormatter(run_id=run.run_id, program=run.program))
    try:
        with _handled_by(handler, run.redactor, run.level):
            yield
    finally:
        handler.close()


@contextmanager
def _handled_by(handler: logging.Handler, redactor: Redactor, level: int | None = None) -> Iterator[None]:
    """Give our loggers a redacted handler, and a level, inside the block."""
    handler.addFilter(RedactionFilter(redactor))
    before = {logger: logger.level for logger in map(logging.getLogger, ROOTS)}
    for logger in before:
        logger.addHandler(handler)
        if level is not None:
            logger.setLevel(level)
    try:
        yield
    finally:
        for logger, old in before.items():
            logger.removeHandler(handler)
            if level is not None:
                logger.setLevel(old)
