"""What is fuzzed and by which rule a case is judged: a value that keeps its contract, or the documented error.

A case is the input itself, the bytes of a file or of an answer: the same for every engine, and readable.
"""

from __future__ import annotations

import random
import signal
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from backtest.errors import DriftError
from backtest.text import strip_control

T = TypeVar("T")

Mutator = Callable[[bytes, random.Random], bytes]
CPU_SECONDS = 2.0
MOST_WORDS = 2_000
"""Characters of an error's line."""
SECRET = "sEcReTvAlUe0123456789"
"""Stands for a key in cases; no error may show it."""
VALUE = "value"
_CODE_ROOTS = ("live", "backtest")


class Violation(AssertionError):
    """A case that is neither read nor refused as documented. Its cause, if any, is what came instead."""


class TooSlowError(BaseException):
    """A case takes more processor time than any input may. No Exception: nothing in the programs handles it."""


@dataclass(frozen=True, slots=True)
class Target:
    """One input. words: what it is. check: judges a case and returns VALUE or the code of the refusal.

    seeds: good cases to begin with. mutate: changes a case in its own form. suffix: of its files.
    """

    name: str
    words: str
    check: Callable[[bytes], str]
    seeds: Callable[[], Sequence[bytes]]
    mutate: Mutator
    suffix: str = ".txt"
    seconds: float = CPU_SECONDS


def judge(target: Target, case: bytes) -> str:
    """Return what became of a case, VALUE or the code of the documented refusal. Raises Violation."""
    began = time.process_time()
    try:
        with _limited(target.seconds):
            found = target.check(case)
    except Violation:
        raise
    except (Exception, TooSlowError) as error:
        raise Violation(f"{type(error).__name__}: {error}"[:300]) from error
    if (took := time.process_time() - began) > target.seconds:
        raise Violation(f"too slow: {took:.1f} s of processor time")
    return found


def outcome(read: Callable[[], T], codes: Sequence[int], valid: Callable[[T], object] | None = None) -> str:
    """Read, and return VALUE when `valid` asserts nothing against it, else the code of the refusal, one of `codes`."""
    try:
        found = read()
    except DriftError as error:
        return refused(error, codes)
    if valid is not None:
        valid(found)
    return VALUE


def refused(error: DriftError, codes: Sequence[int]) -> str:
    """Return the code of a refusal that is documented: one printable line of sane length that shows no secret."""
    line = strip_control(error.line())  # as `Console` prints it
    require(error.exit_code in codes, f"code {error.exit_code}, not one of {codes}: {line[:200]}", error)
    require(line.isprintable() and len(line) <= MOST_WORDS, f"a line of {len(line)} characters", error)
    require(SECRET not in error.line(), "the line shows a secret", error)
    return str(error.exit_code)


def require(holds: Any, words: str, cause: BaseException | None = None) -> None:
    """Raise Violation unless it holds."""
    if not holds:
        raise Violation(words) from cause


def signature(violation: Violation) -> str:
    """Return what tells one finding from another: the class of error and where in the programs it came from."""
    cause = violation.__cause__
    if cause is None:
        words = "".join(char if char.isalnum() else "-" for char in str(violation).partition(":")[0].lower())
        return "-".join(part for part in words.split("-") if part and not part.isdigit())[:60]
    frames = [frame for frame in traceback.extract_tb(cause.__traceback__) if _is_ours(frame.filename)]
    place = f"{Path(frames[-1].filename).stem}-{frames[-1].name}" if frames else "outside"
    return f"{type(cause).__name__}-{place}".replace("<", "").replace(">", "")


def _is_ours(file: str) -> bool:
    parts = Path(file).parts
    return any(root in parts for root in _CODE_ROOTS) and "tests" not in parts and "site-packages" not in parts


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """End what takes longer than allowed; the clock is the processor's, so that a busy machine fails nothing."""

    def end(_number: int, _frame: object) -> None:
        raise TooSlowError(f"more than {seconds} s of processor time")

    before = signal.signal(signal.SIGVTALRM, end)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
