"""Reads a mapping into a frozen dataclass by the types of its fields: strict, with messages that say what was expected.

Fields may be int, Decimal, bool, a StrEnum, text, a path, a list of texts (`tuple[str, ...]`; a whole number counts as
one), another dataclass, or one of these or None. A section may be none where every field of it may.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, is_dataclass, replace
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import NoneType
from typing import Any, cast, get_args, get_origin, get_type_hints

from backtest.errors import ConfigError

_MOST_SAID = 300


@dataclass(frozen=True, slots=True)
class Limit:
    """The range of a number: both ends included unless `open_ends`; decimals: digits allowed after the point."""

    low: int
    high: int
    decimals: int = 0
    open_ends: bool = False

    def refuses(self, value: int | Decimal) -> str | None:
        """Return what was expected when the value does not fit, else None."""
        inside = self.low < value < self.high if self.open_ends else self.low <= value <= self.high
        if not inside:
            between = f"{self.low:,} and {self.high:,}"
            return f"more than {self.low:,} and less than {self.high:,}" if self.open_ends else f"between {between}"
        if value != round(value, self.decimals):
            return f"at most {self.decimals} decimals"
        return None


@cache
def _hints(kind: Hashable) -> Mapping[str, Any]:
    return get_type_hints(cast(type[Any], kind))


def read_dataclass(base: Any, mapping: object, where: str, limits: Mapping[str, Limit]) -> Any:
    """Return a copy of the dataclass `base` with the mapping's keys read by the types of its fields.

    where: the file and section for messages. limits: the range of a number by field name; without one any is taken.
    Raises ConfigError (6) for an unknown key (with the nearest known one), a wrong type, a number out of range.
    """
    if not isinstance(mapping, Mapping):
        raise ConfigError(f"section not valid in {where}: {say(mapping)} (expected `name: value` lines)")
    hints = _hints(cast(Hashable, type(base)))
    changes: dict[str, Any] = {}
    for key, value in mapping.items():
        if key not in hints:
            raise unknown_key(str(key), hints, where)
        if value is None and _can_be_none(hints[key]):
            changes[key] = hints[key](**dict.fromkeys(_hints(hints[key])))
        elif is_dataclass(hints[key]):
            changes[key] = read_dataclass(getattr(base, key), value, f"{where} {key}", limits)
        else:
            changes[key] = _read_value(key, value, hints[key], where, limits)
    return replace(base, **changes)


def _can_be_none(hint: Any) -> bool:
    """Return whether a section as a whole may be none: every one of its fields may be."""
    return is_dataclass(hint) and all(NoneType in get_args(kind) for kind in _hints(cast(Hashable, hint)).values())


def _read_value(key: str, value: object, hint: Any, where: str, limits: Mapping[str, Limit]) -> Any:
    if get_origin(hint) is tuple:
        return _read_list(key, value, where)
    kinds = [kind for kind in get_args(hint) or (hint,) if kind is not NoneType]
    if value is None and NoneType in get_args(hint):
        return None
    (kind,) = kinds
    if issubclass(kind, StrEnum):
        return _read_word(key, value, kind, where)
    if kind is bool:
        if not isinstance(value, bool):
            raise wrong_value(key, value, "true or false", where)
        return value
    if kind in (str, Path):
        if not isinstance(value, str) or not value.strip() or "\0" in value:
            raise wrong_value(key, value, "text", where)
        return kind(value)
    return _read_number(key, value, kind, where, limits.get(key))


def _read_word(key: str, value: object, kind: type[StrEnum], where: str) -> StrEnum:
    words = [member.value for member in kind]
    spelt = "none" if value is None else value
    if spelt not in words:
        raise wrong_value(key, value, "one of " + ", ".join(words), where)
    return kind(spelt)


def _read_number(key: str, value: object, kind: type[Any], where: str, limit: Limit | None) -> int | Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or (kind is int and not isinstance(value, int)):
        raise wrong_value(key, value, "a whole number" if kind is int else "a number", where)
    number = value if kind is int else Decimal(value)
    expected = None if limit is None else limit.refuses(number)
    if expected is not None:
        raise wrong_value(key, value, expected, where)
    return number


def _read_list(key: str, value: object, where: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(type(item) is int or (isinstance(item, str) and item) for item in value):
        raise wrong_value(key, value, "a list of texts", where)
    return tuple(map(str, value))


def unknown_key(key: str, known: Iterable[str], where: str) -> ConfigError:
    """Return the error for an unknown key, with the nearest known one."""
    return ConfigError(f"unknown key in {where}: {key} (expected {suggestion(key, known)})")


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return the known word nearest to a misspelt one as "x?", else all of them."""
    import difflib  # late: only a mistake needs it

    words = list(known)
    near = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    return f"perhaps {near[0]}" if near else "one of " + ", ".join(words)


def say(value: object) -> str:
    """Return a value as a user would have written it, for messages; what is very long is cut."""
    if value is None or isinstance(value, bool):
        return {None: "none", True: "true", False: "false"}[value]
    if isinstance(value, dict | list):
        return "a list" if isinstance(value, list) else "a section"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _MOST_SAID else f"{text[: _MOST_SAID - 1]}…"


def as_set(value: object) -> str:
    """Return a value as `--set` takes it."""
    return value if isinstance(value, str) else say(value)


def wrong_value(key: str, value: object, expected: str, where: str) -> ConfigError:
    """Return the error for a value that a known key does not take."""
    return ConfigError(f"{key} not valid in {where}: {say(value)} (expected {expected})")


def nested(dotted: Mapping[str, Any]) -> dict[str, Any]:
    """Return dotted names as sections within each other, in their order."""
    found: dict[str, Any] = {}
    for name, value in dotted.items():
        *outer, last = name.split(".")
        section = found
        for part in outer:
            section = section.setdefault(part, {})
        section[last] = value
    return found
