"""Logging, set up by `run_program`: redacted on every handler, JSON lines when a file is wanted."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from live.clock import iso_utc
from live.errors import StateDBError
from live.redaction import RedactionFilter, Redactor

ROOTS = ("live", "backtest")
"""Only our own loggers get handlers; what other libraries log stays theirs."""


class JsonFormatter(logging.Formatter):
    """One JSON object a line: ts, level, logger, message, run_id, program, traceback."""

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
        }
        if record.exc_text:
            content["traceback"] = record.exc_text
        return json.dumps(content, ensure_ascii=True)


def quiet_logging(redactor: Redactor) -> AbstractContextManager[None]:
    """Keep our loggers quiet on the terminal and redacted wherever they go, for one run."""
    return _handled_by(logging.NullHandler(), redactor)


class _LogFileHandler(logging.StreamHandler[TextIO]):
    """Says once that nothing can be written any more; the run goes on without its log."""

    def __init__(self, stream: TextIO, report: Callable[[str], None], path: Path) -> None:
        super().__init__(stream)
        self._report = report
        self._path = path
        self._has_failed = False

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's name
        error = sys.exc_info()[1]
        if not self._has_failed:
            self._has_failed = True
            words = error.strerror if isinstance(error, OSError) else type(error).__name__
            self._report(f"the log file {self._path} cannot be written: {words}; going on without it")


@contextmanager
def log_file(
    path: Path,
    redactor: Redactor,
    *,
    run_id: Callable[[], str],
    program: str,
    report: Callable[[str], None],
    level: int = logging.INFO,
) -> Iterator[None]:
    """Append JSON lines to a file of mode 0600 for one run. Raises StateDBError (13) when it cannot be opened.

    report: told once when it cannot be written. level: what is less important is left out.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK  # a pipe must not hold us up
        descriptor = os.open(path, flags, 0o600)
    except OSError as error:
        raise StateDBError(f"log file unusable in {path}: {error.strerror} (expected a writable file)") from None
    with contextlib.suppress(OSError), open(descriptor, "a", encoding="utf-8") as stream:  # noqa: PTH123  # no path
        if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            raise StateDBError(f"log file unusable in {path}: a pipe (expected a writable file)")
        handler = _LogFileHandler(stream, report, path)
        handler.setFormatter(JsonFormatter(run_id=run_id, program=program))
        with _handled_by(handler, redactor, level):
            yield


@contextmanager
def _handled_by(handler: logging.Handler, redactor: Redactor, level: int | None = None) -> Iterator[None]:
    """Give our loggers a redacted handler, and a level, inside the block."""
    handler.addFilter(RedactionFilter(redactor))
    before = {logger: logger.level for logger in map(logging.getLogger, ROOTS)}
    for logger in before:
        logger.addHandler(handler)
        logger.setLevel(logger.level if level is None else level)
    try:
        yield
    finally:
        for logger, old in before.items():
            logger.removeHandler(handler)
            logger.setLevel(old)
