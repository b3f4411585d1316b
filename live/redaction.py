"""Secrets never reach logs, tracebacks, exceptions or the terminal (I8).

`Secret` prints `***` wherever it is printed; `Redactor` removes every known value from text, and
key-like query parameters and headers whose value it does not know.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Iterable
from types import TracebackType
from typing import NoReturn
from urllib.parse import quote

MASK = "***"
_MIN_LENGTH = 6
_LABELLED = re.compile(
    r"""(?ix)
    (\b(?:api[-_]?key|apikey|access[-_]?token|token|secret|password|authorization|
         apca-api-key-id|apca-api-secret-key)\b
     ["']?\s*[=:]\s*["']?(?:bearer\s+|basic\s+)?)
    ([^\s"'&,;}\])]+)
    """
)


class Secret:
    """A value that may be sent but never shown: repr, str, format and pickling do not give it away."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value; only for the place that puts it into a request header."""
        return self._value

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __format__(self, _spec: str) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")


class Redactor:
    """Replaces known secrets in text by `***`. Values are added as they are found."""

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        self._values: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        for secret in secrets:
            self.add(secret)

    def add(self, secret: Secret) -> None:
        """Hide this value from now on, also in its URL-quoted form. Values under six characters are too common."""
        value = secret.reveal()
        if len(value) < _MIN_LENGTH or value in self._values:
            return
        self._values.update({value, quote(value, safe="")})
        longest_first = sorted(self._values, key=len, reverse=True)
        self._pattern = re.compile("|".join(re.escape(value) for value in longest_first))

    def redact(self, text: str) -> str:
        """Return the text without any known secret and without the value of anything labelled as one."""
        clean = text if self._pattern is None else self._pattern.sub(MASK, text)
        return _LABELLED.sub(rf"\1{MASK}", clean)

    def traceback_text(self, error: BaseException) -> str:
        """Return the redacted traceback of an exception, its causes included."""
        return self.redact("".join(traceback.format_exception(error)))

    def __repr__(self) -> str:
        return f"Redactor({len(self._values)} values)"


class RedactionFilter(logging.Filter):
    """Redacts the finished message, the traceback and the stack of every record of a handler."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = self._redactor.redact(record.getMessage())
        record.args = None
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text = self._redactor.traceback_text(record.exc_info[1])
            record.exc_info = None
        elif record.exc_text:
            record.exc_text = self._redactor.redact(record.exc_text)
        if record.stack_info:
            record.stack_info = self._redactor.redact(record.stack_info)
        return True


def install_excepthook(redactor: Redactor) -> None:
    """Print uncaught exceptions redacted; for what `run_program` does not catch."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        text = "".join(traceback.format_exception(kind, error, trace))
        sys.stderr.write(redactor.redact(text))

    sys.excepthook = hook
