"""JSON that is exactly what it says: Decimal numbers, no constants, no duplicate keys, bounded size and depth.

One loader for everything that decides about money: report twins, signal files, manifests, broker
answers. It never guesses: whatever two readers could understand differently is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

from backtest.errors import InputError

JsonValue: TypeAlias = "dict[str, JsonValue] | list[JsonValue] | str | int | Decimal | bool | None"
"""What the loader returns: whole numbers are int, all others Decimal; never float."""

MAX_BYTES = 20_000_000
MAX_DEPTH = 64
MAX_DIGITS = 40
MAX_EXPONENT = 30

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKET = re.compile(r"[\[\]{}]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


def read_bytes(path: Path, *, what: str, max_bytes: int = MAX_BYTES) -> bytes:
    """Return a regular file's bytes. Raises InputError when missing, a folder, unreadable or over `max_bytes`."""
    try:
        if path.is_dir():
            raise InputError(f"{what} unreadable in {path}: it is a folder (expected a file)")
        if not path.is_file():
            found = "no regular file" if path.exists() else "no such file"
            raise InputError(f"{what} unreadable in {path}: {found} (expected a readable file)")
        with path.open("rb") as handle:
            content = handle.read(max_bytes + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise InputError(f"{what} unreadable in {path}: {reason} (expected a readable file)") from None
    if len(content) > max_bytes:
        raise InputError(f"{what} too big in {path}: more than {max_bytes:,} bytes (expected at most that)")
    return content


def loads(
    content: bytes | str,
    *,
    where: str,
    what: str = "JSON",
    max_bytes: int = MAX_BYTES,
    max_depth: int = MAX_DEPTH,
) -> JsonValue:
    """Parse JSON strictly: UTF-8 without BOM, no NaN or Infinity, no duplicate key, no lone surrogate.

    Numbers have at most 40 digits and an exponent of at most ±30; nesting at most `max_depth`, counted
    on the text before parsing. Raises InputError (exit 7); nothing else.
    """

    def refuse(found: str, expected: str) -> NoReturn:
        raise InputError(f"{what} invalid in {where}: {found} (expected {expected})")

    if len(content) > max_bytes:
        refuse(f"more than {max_bytes:,} bytes", "at most that")
    text = content if isinstance(content, str) else _decode(content, refuse)
    if text.startswith("\ufeff"):
        refuse("a byte order mark", "plain UTF-8")
    if _depth(text) > max_depth:
        refuse(f"nested deeper than {max_depth}", "at most that depth")
    try:
        value: JsonValue = json.loads(
            text,
            parse_float=_decimal,
            parse_int=_integer,
            parse_constant=_constant,
            object_pairs_hook=_unique_object,
        )
    except _Refused as error:
        refuse(str(error), "strict JSON")
    except json.JSONDecodeError as error:
        refuse(f"{error.msg} at line {error.lineno} column {error.colno}", "strict JSON")
    except (ValueError, RecursionError) as error:
        refuse(type(error).__name__, "strict JSON")
    if _SURROGATE_ESCAPE.search(text) or _SURROGATE.search(text):
        _refuse_lone_surrogates(value, refuse)
    return value


def require_keys(
    value: JsonValue, required: Sequence[str], optional: Sequence[str] = (), *, where: str, what: str
) -> dict[str, Any]:
    """Return `value` as a dict with exactly the known keys. Raises InputError naming missing and unknown ones."""
    if not isinstance(value, dict):
        raise InputError(f"{what} invalid in {where}: {describe(value)} (expected an object)")
    missing = [key for key in required if key not in value]
    if missing:
        raise InputError(f"{what} invalid in {where}: {', '.join(missing)} missing (expected {', '.join(required)})")
    unknown = sorted(set(value) - set(required) - set(optional))
    if unknown:
        known = ", ".join([*required, *optional])
        raise InputError(f"{what} invalid in {where}: unknown key {describe(unknown[0])} (expected only {known})")
    return value


def describe(value: object, limit: int = 60) -> str:
    """Return a short, printable, one-line picture of a foreign value for messages."""
    text = ascii(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


class _Refused(ValueError):
    """What the parser hooks refuse."""


def _decode(content: bytes, refuse: Any) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        refuse(f"byte {error.start} is no UTF-8", "plain UTF-8")
        raise AssertionError from None


def _depth(text: str) -> int:
    depth = deepest = 0
    for sign in _BRACKET.findall(_STRING.sub("", text)):
        if sign in "[{":
            depth += 1
            deepest = max(deepest, depth)
        else:
            depth -= 1
    return deepest


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise _Refused(f"a number of {len(text):,} digits")
    return int(text)


def _decimal(text: str) -> Decimal:
    if len(text) > MAX_DIGITS:
        raise _Refused(f"a number of {len(text):,} characters")
    number = Decimal(text)
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) > MAX_EXPONENT or abs(number.adjusted()) > MAX_EXPONENT:
        raise _Refused(f"the number {text}")
    return number


def _constant(text: str) -> NoReturn:
    raise _Refused(f"the constant {text}")


def _unique_object(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    result: dict[str, JsonValue] = {}
    for key, value in pairs:
        if key in result:
            raise _Refused(f"the key {describe(key)} twice")
        result[key] = value
    return result


def _refuse_lone_surrogates(value: JsonValue, refuse: Any) -> None:
    waiting: list[JsonValue] = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting.extend(item.keys())
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, str) and _SURROGATE.search(item):
            refuse("a lone surrogate", "valid Unicode text")
