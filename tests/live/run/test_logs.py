"""The log file: one JSON object a line, redacted, with the moment in UTC."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from freezegun import freeze_time

from live.errors import StateDBError
from live.redaction import Redactor, Secret
from live.run.logs import log_file

LOGGER = logging.getLogger("live.somewhere")


@contextmanager
def logging_to(path: Path, *secrets: str) -> Iterator[None]:
    redactor = Redactor()
    for secret in secrets:
        redactor.add(Secret(secret))
    with log_file(path, redactor, run_id=lambda: "0123abcd", program="executor", report=print):
        yield


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@freeze_time("2026-03-09 02:30:00")
def test_a_line_carries_the_moment_in_utc_the_run_and_the_program(tmp_path: Path) -> None:
    with logging_to(tmp_path / "run.jsonl"):
        LOGGER.warning("%s: stop canceled", "AAPL")
    assert lines(tmp_path / "run.jsonl") == [
        {
            "ts": "2026-03-09T02:30:00.000000Z",
            "level": "warning",
            "logger": "live.somewhere",
            "message": "AAPL: stop canceled",
            "run_id": "0123abcd",
            "program": "executor",
        }
    ]


def test_a_secret_reaches_neither_message_nor_traceback(tmp_path: Path) -> None:
    with logging_to(tmp_path / "run.jsonl", "hunter2-hunter2"):
        try:
            raise ValueError("refused with hunter2-hunter2")
        except ValueError:
            LOGGER.exception("key hunter2-hunter2 was refused")
    (line,) = lines(tmp_path / "run.jsonl")
    assert "ValueError" in line["traceback"]
    assert "hunter2" not in json.dumps(line)


def test_runs_append_and_leave_the_loggers_as_they_were(tmp_path: Path) -> None:
    handlers, level = list(logging.getLogger("live").handlers), logging.getLogger("live").level
    for text in ("first", "second"):
        with logging_to(tmp_path / "run.jsonl"):
            LOGGER.info(text)
    assert [line["message"] for line in lines(tmp_path / "run.jsonl")] == ["first", "second"]
    assert (logging.getLogger("live").handlers, logging.getLogger("live").level) == (handlers, level)


def test_a_log_file_that_cannot_be_written_is_13(tmp_path: Path) -> None:
    with pytest.raises(StateDBError, match="log file unusable"), logging_to(tmp_path):
        pass
