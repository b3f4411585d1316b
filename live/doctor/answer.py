"""What a check found, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from backtest.errors import DriftError


class Status(StrEnum):
    """ok: as it must be. warn: it works, but a person should know. fail: a run would end badly."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Answer:
    """What one question found. fix: what a person does about it. code: of a fail, what a run would end with; else 0."""

    status: Status
    detail: str
    fix: str = ""
    code: int = 0


@dataclass(frozen=True, slots=True)
class Check:
    """An answer under the name of its check."""

    name: str
    answer: Answer


class NotAskedError(Exception):
    """A check cannot be asked; the text says what it lacks, like "no keys"."""


def ok(detail: str) -> Answer:
    return Answer(Status.OK, detail)


def warn(detail: str, fix: str = "") -> Answer:
    return Answer(Status.WARN, detail, fix)


def fail(code: int, detail: str, fix: str = "") -> Answer:
    return Answer(Status.FAIL, detail, fix, code)


def failed(error: DriftError) -> Answer:
    """Return the error of a run as an answer."""
    return fail(error.exit_code, error.what, error.next_step)
