"""The log file: one JSON object a line, redacted, with the moment in UTC."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from freezegun import freeze_time

from backtest.redaction import Redactor, Secret
from live.errors import StateDBError
from live.run.logs import KEEP_DAYS, LoggedRun, daily_log, log_file

LOGGER = logging.getLogger("live.somewhere")
DAY = date(2026, 3, 9)


@contextmanager
def logging_to(path: Path, *secrets: str) -> Iterator[None]:
    redactor = Redactor()
    for secret in secrets:
        redactor.add(Secret(secret))
    with log_file(path, LoggedRun("executor", lambda: "0123abcd", redactor, print)):
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
            "pid": os.getpid(),
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


def test_the_fields_of_a_record_are_names_of_its_line_and_redacted(tmp_path: Path) -> None:
    with logging_to(tmp_path / "run.jsonl", "hunter2-hunter2"):
        LOGGER.info("asked", extra={"fields": {"status": 200, "asked": {"url": "x?token=hunter2-hunter2"}}})
    (line,) = lines(tmp_path / "run.jsonl")
    assert (line["status"], line["asked"]) == (200, {"url": "x?token=***"})


def daily(folder: Path, day: date, *, may_make: Callable[[], bool] = lambda: True) -> AbstractContextManager[None]:
    return daily_log(folder, day, LoggedRun("executor", lambda: "0123abcd", Redactor(), print), may_make)


def test_nothing_is_made_before_it_may_be_and_then_nothing_is_missing(tmp_path: Path) -> None:
    allowed: list[bool] = []
    with daily(tmp_path / "logs", DAY, may_make=lambda: bool(allowed)):
        LOGGER.info("first")
        assert not (tmp_path / "logs").exists()
        allowed.append(True)
        LOGGER.info("second")
    assert [line["message"] for line in lines(tmp_path / "logs" / "2026-03-09.jsonl")] == ["first", "second"]
    with daily(tmp_path / "none", DAY, may_make=lambda: False):
        LOGGER.info("refused")
    assert not (tmp_path / "none").exists()


def test_the_first_run_of_a_day_deletes_the_files_of_days_long_past_and_nothing_else(tmp_path: Path) -> None:
    old, kept = (DAY - timedelta(days=KEEP_DAYS + more) for more in (1, 0))
    names = (f"{old}.jsonl", f"{kept}.jsonl", f"copy-{old}.jsonl", f"{old}.txt")
    for name in names:
        (tmp_path / name).write_text("")
    with daily(tmp_path, DAY):
        LOGGER.info("first")
    assert {path.name for path in tmp_path.iterdir()} == {*names[1:], "2026-03-09.jsonl"}
    (tmp_path / names[0]).write_text("")
    with daily(tmp_path, DAY):
        LOGGER.info("second")
    assert (tmp_path / names[0]).exists()


def test_a_log_file_that_cannot_be_written_is_13(tmp_path: Path) -> None:
    with pytest.raises(StateDBError, match="log file unusable"), logging_to(tmp_path):
        pass
