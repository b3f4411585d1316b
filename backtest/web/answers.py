"""What came back from a request: an answer, an unreadable answer, or none; and strict JSON out of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, NoReturn, TypeVar

from backtest.text import strip_control

T = TypeVar("T")

MAX_ERROR_TEXT = 500
LARGEST_REMEMBERED = 256 * 1024
"""Bytes of an answer up to which what was read from it is kept for the same answer again."""


class NoAnswerError(Exception):
    """A request may or may not have arrived. is_final: trying again cannot help (TLS, redirect)."""

    def __init__(self, what: str, *, is_final: bool = False) -> None:
        super().__init__(what)
        self.is_final = is_final


class UnreadableAnswerError(ValueError):
    """An answer that is not what it should be: empty, cut, HTML, too deep, a field missing or of a wrong type."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer. headers are case-insensitive."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    def json(self, *, exact: bool = True) -> Any:
        """Return the parsed body; numbers with a point are Decimal, or float with exact=False (bars).

        Raises UnreadableAnswerError for anything but strict JSON.
        """
        return parse_json(self.body, exact=exact)

    def read(self, parse: Callable[[Any], T]) -> T:
        """Return what `parse` makes of the parsed body, numbers exact: once for answers of the same bytes.

        parse: a function of a module, for equal content always an equal, unchangeable value. Raises what it raises.
        """
        if len(self.body) > LARGEST_REMEMBERED:
            return parse(self.json())
        found: T = _read(parse, self.body)
        return found

    def words(self) -> Mapping[str, Any] | None:
        """Return the JSON object in the answer; None when it holds no such."""
        try:
            content = self.json()
        except UnreadableAnswerError:
            return None
        return content if isinstance(content, dict) else None


@lru_cache(maxsize=16)
def _read(parse: Callable[[Any], Any], body: bytes) -> Any:
    """Lists are asked for many times a day, and most answers are one of the last ones again."""
    return parse(parse_json(body))


def as_object(row: Any) -> dict[str, Any]:
    """Return a JSON object as it is. Raises UnreadableAnswerError for anything else."""
    if not isinstance(row, dict):
        raise UnreadableAnswerError(f"an object expected, {type(row).__name__} found")
    return row


def parse_json(body: bytes, *, exact: bool = True) -> Any:
    """Parse foreign JSON strictly (no constants, no key twice, bounded depth). Raises UnreadableAnswerError."""
    try:
        return (_EXACT if exact else _FLOATS).decode(body.decode("utf-8"))
    except UnreadableAnswerError:
        raise
    except RecursionError:
        raise UnreadableAnswerError("nested too deep") from None
    except (ValueError, ArithmeticError):
        raise UnreadableAnswerError("no JSON" if body.strip() else "empty body") from None


def short_text(text: str, limit: int = MAX_ERROR_TEXT) -> str:
    """Return foreign text without control characters, cut at `limit` characters."""
    return strip_control(text)[:limit]


def _refuse_constant(text: str) -> NoReturn:
    raise UnreadableAnswerError(f"the constant {text}")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise UnreadableAnswerError("a key twice")
    return content


_EXACT, _FLOATS = (
    json.JSONDecoder(parse_float=read_number, parse_constant=_refuse_constant, object_pairs_hook=_unique)
    for read_number in (Decimal, None)
)
