"""Single fields of a broker's JSON: required ones or the answer is unreadable, optional ones or None.

Texts are bounded and printable, numbers finite and Decimal, moments aware, UTC and of this century; everything
else is as good as missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, TypeAlias, TypeGuard, TypeVar

from backtest.web.answers import UnreadableAnswerError

T = TypeVar("T")
Json: TypeAlias = Mapping[str, Any]

_LARGEST = Decimal(10) ** 15
_SMALLEST = Decimal(10) ** -15
_LONGEST_NUMBER = 100
_YEARS = range(2000, 2100)
"""What a moment or a day can be: arithmetic with years 1 and 9999 runs over the edge of the calendar."""


def required(item: Json, name: str, read: Callable[[str], T]) -> T:
    """Return a field that we cannot do without. Raises UnreadableAnswerError."""
    try:
        return read(item[name])
    except (KeyError, TypeError, ValueError, ArithmeticError):
        raise UnreadableAnswerError(f"{name} missing or of a wrong type") from None


def optional(item: Json, name: str, read: Callable[[Any], T]) -> T | None:
    """Return a field that may be missing; null and a wrong type count as missing."""
    value = item.get(name)
    if value is None:
        return None
    try:
        return read(value)
    except (TypeError, ValueError, ArithmeticError):
        return None


def text(item: Json, name: str) -> str:
    """Return a required text field. Raises UnreadableAnswerError."""
    value = item.get(name)
    if not _is_text(value):
        raise UnreadableAnswerError(f"{name} missing or of a wrong type")
    return value


def optional_text(item: Json, name: str) -> str | None:
    """Return a text field that may be missing; null and a wrong type count as missing."""
    value = item.get(name)
    return value if _is_text(value) else None


def number(item: Json, name: str) -> Decimal:
    """Return a required number field, exactly as written."""
    return required(item, name, decimal)


def _is_text(value: object) -> TypeGuard[str]:
    """Return whether it is a printable text of 1 to 200 characters: no control characters, no lone surrogates."""
    return isinstance(value, str) and 0 < len(value) <= 200 and value.isprintable()


def decimal(value: Any) -> Decimal:
    """Return a finite number of sane size, from text or a JSON number. Raises ValueError."""
    if isinstance(value, str):
        return _decimal_of(value)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError("no number")
    return _in_range(Decimal(value))


@lru_cache(maxsize=4096)
def _decimal_of(text: str) -> Decimal:
    """The numbers of an order come again in every listing."""
    if len(text) > _LONGEST_NUMBER:
        raise ValueError("no usable number")
    try:
        return _in_range(Decimal(text))
    except InvalidOperation:
        raise ValueError("no number") from None


def _in_range(found: Decimal) -> Decimal:
    if not found.is_finite() or abs(found) > _LARGEST or (found and abs(found) < _SMALLEST):
        raise ValueError("no usable number")
    return found


def positive(value: Any) -> Decimal:
    """Return a number above 0. Raises ValueError."""
    found = decimal(value)
    if found <= 0:
        raise ValueError("not above 0")
    return found


def moment(value: Any) -> datetime:
    """Return an aware moment in UTC; more than six fractional digits are cut. Raises ValueError."""
    if not isinstance(value, str):
        raise ValueError("no text")
    return _moment(value)


@lru_cache(maxsize=4096)
def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("no time zone")
    if found.year not in _YEARS:
        raise ValueError("no usable year")
    return found.astimezone(UTC)


def day(value: Any) -> date:
    """Return a date; what follows one, as in a moment, is cut. Raises ValueError."""
    if not _is_text(value):
        raise ValueError("no text")
    found = date.fromisoformat(value[:10])
    if found.year not in _YEARS:
        raise ValueError("no usable year")
    return found


def objects(item: Json, name: str) -> Sequence[Any]:
    """Return an optional list of objects, empty when it is missing or null. Raises UnreadableAnswerError."""
    found = item.get(name)
    if found is None:
        return ()
    if not isinstance(found, list):
        raise UnreadableAnswerError(f"{name} of a wrong type")
    return found
