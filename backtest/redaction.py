"""Secrets never reach logs, tracebacks, exceptions, files, the state DB or the terminal (I8).

`Secret` prints `***` wherever it is printed. `Redactor` removes every known value from text, and from the
text of others also the user info of URLs and key-like query parameters and headers whose value it does not
know. It is asked where foreign text enters (`backtest.web.http`) and wherever anything leaves: `Console`, log,
state DB, notify hook.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from collections.abc import Iterable, Mapping
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
_USER_INFO = re.compile(r"(?<=://)[^\s/?#\"'<>]*@")


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
        """Hide this value from now on, also as URLs and JSON write it. Values under six characters are too common."""
        value = secret.reveal()
        if len(value) < _MIN_LENGTH or value in self._values:
            return
        quoted = quote(value, safe="")
        self._values.update({value, quoted, re.sub("%..", lambda code: code[0].lower(), quoted)})
        self._values.update({value.replace("/", "\\/"), json.dumps(value)[1:-1]})
        longest_first = sorted(self._values, key=len, reverse=True)
        self._pattern = re.compile("|".join(re.escape(value) for value in longest_first))

    def hide_known(self, text: str) -> str:
        """Return the text without any known secret."""
        return text if self._pattern is None else self._pattern.sub(MASK, text)

    def hide_known_bytes(self, content: bytes) -> bytes:
        """Return UTF-8 text as it came over the wire without any known secret."""
        for value in self._values:
            raw = value.encode("utf-8", "surrogatepass")
            if raw in content:
                content = content.replace(raw, MASK.encode())
        return content

    def redact(self, text: str) -> str:
        """Return the text without any known secret, user info of a URL, or value of anything labelled as a secret."""
        hidden = self.hide_known(text)
        if ":" not in hidden and "=" not in hidden:  # both patterns need one: most cells of a long table have none
            return hidden
        return _LABELLED.sub(_hide_value, _USER_INFO.sub(f"{MASK}@", hidden))

    def redact_all(self, content: object) -> object:
        """Return a tree of mappings, lists and texts with every text in it redacted."""
        if isinstance(content, str):
            return self.redact(content)
        if isinstance(content, Mapping):
            return {self.redact_all(name): self.redact_all(value) for name, value in content.items()}
        if isinstance(content, list | tuple):
            return [self.redact_all(value) for value in content]
        return content

    def traceback_text(self, error: BaseException) -> str:
        """Return the redacted traceback of an exception, its causes included."""
        return self.redact("".join(traceback.format_exception(error)))

    def __repr__(self) -> str:
        return f"Redactor({len(self._values)} values)"


def _hide_value(found: re.Match[str]) -> str:
    """Return what is labelled as a secret without its value. A function: a template would be read at every text."""
    return f"{found[1]}{MASK}"


class RedactionFilter(logging.Filter):
    """Redacts the finished message, the fields, the traceback and the stack of every record of a handler."""

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
        if (fields := getattr(record, "fields", None)) is not None:
            record.fields = self._redactor.redact_all(fields)
        if record.stack_info:
            record.stack_info = self._redactor.redact(record.stack_info)
        return True


def install_excepthook(redactor: Redactor) -> None:
    """Print uncaught exceptions redacted; for what `run_program` does not catch."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        text = "".join(traceback.format_exception(kind, error, trace))
        sys.stderr.write(redactor.redact(text))

    sys.excepthook = hook
