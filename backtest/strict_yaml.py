"""YAML that is exactly what it says: no anchors, tags, duplicate keys or tabs, and no words turned into something else.

YAML 1.1 reads `no` as false, `010` as eight, `9:30` as 570 and `2026-02-17` as a date. Here a plain
word is `true`, `false`, `none` (or `null`, `~`), a whole number, a decimal number, or else the text
itself, which a setting that is a number then refuses. A quoted scalar is always text.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

from backtest.errors import ConfigError

YamlValue: TypeAlias = "dict[str, YamlValue] | list[YamlValue] | str | int | Decimal | bool | None"
"""What the loader returns: whole numbers are int, all others Decimal; never float, never a date."""

MAX_BYTES = 1_000_000
MAX_DEPTH = 20
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})", re.ASCII)
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,17})\.[0-9]{1,12}", re.ASCII)
_WORDS = {"true": True, "false": False, "none": None, "null": None, "~": None}


def load_yaml_file(path: Path) -> dict[str, YamlValue]:
    """Read a configuration file whose top level is a mapping.

    Raises ConfigError (exit code 6) when the file is missing, no text, too big, or not strict.
    """
    return parse_yaml(read_config_bytes(path), str(path))


def read_config_bytes(path: Path) -> bytes:
    """Return a configuration file's bytes, of a file that is too big one byte more than may be parsed.

    Raises ConfigError (6) when it cannot be read.
    """
    try:
        with open(path, "rb", opener=_without_waiting) as handle:  # Path.open takes no opener
            if not stat.S_ISREG(os.fstat(handle.fileno()).st_mode):
                raise OSError(0, "no regular file")
            return handle.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(
            f"configuration unreadable in {path}: {error.strerror} (expected a YAML file)",
            next_step="Run it in the project folder, name that with --home DIR, or another file with --config.",
        ) from None


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)  # of a pipe nobody knows when it would answer


def parse_yaml(content: str | bytes, where: str) -> dict[str, YamlValue]:
    """Return the mapping a strict YAML text holds. where: how the text is called in messages."""
    import yaml  # late, as below: a run without a file need not wait for the library

    text = _decode(content, where)
    for number, line in enumerate(text.splitlines(), 1):
        if "\t" in line:
            raise _refused(where, number, "a tab", "spaces")
    try:
        events = yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        return _document(events, where)
    except yaml.YAMLError as error:
        mark_line: int | None = getattr(getattr(error, "problem_mark", None), "line", None)
        problem = getattr(error, "problem", None) or "no YAML"
        raise _refused(where, None if mark_line is None else mark_line + 1, problem, "valid YAML") from None


def parse_scalar(text: str) -> YamlValue:
    """Return what a plain (unquoted) word means; the same for a file and for `--set`."""
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    return Decimal(text) if _DECIMAL.fullmatch(text) else text


def _decode(content: str | bytes, where: str) -> str:
    if isinstance(content, str):
        return content
    if len(content) > MAX_BYTES:
        raise ConfigError(f"configuration too big in {where}: over {MAX_BYTES:,} bytes (expected less)")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise ConfigError(f"configuration unreadable in {where}: no UTF-8 text (expected a YAML file)") from None


def _document(events: Iterator[Any], where: str) -> dict[str, YamlValue]:
    from yaml import DocumentStartEvent

    result: YamlValue = None
    documents = 0
    for event in events:
        if isinstance(event, DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise _refused(where, None, "a second document", "one document")
            result = _value(next(events), events, where, 1)
    if not isinstance(result, dict):
        raise _refused(where, None, "no mapping at the top", "`section:` lines")
    return result


def _value(event: Any, events: Iterator[Any], where: str, depth: int) -> YamlValue:
    from yaml import AliasEvent, ScalarEvent, SequenceEndEvent, SequenceStartEvent

    line = event.start_mark.line + 1
    if isinstance(event, AliasEvent) or event.anchor is not None:
        raise _refused(where, line, "an anchor or alias", "the value itself")
    if event.tag is not None:
        raise _refused(where, line, f"the tag {event.tag}", "a plain value")
    if depth > MAX_DEPTH:
        raise _refused(where, line, f"more than {MAX_DEPTH} levels", "fewer")
    if isinstance(event, ScalarEvent):
        return _scalar(event, where, line)
    if isinstance(event, SequenceStartEvent):
        items: list[YamlValue] = []
        while not isinstance(item := next(events), SequenceEndEvent):
            items.append(_value(item, events, where, depth + 1))
        return items
    return _mapping(events, where, depth)


def _mapping(events: Iterator[Any], where: str, depth: int) -> dict[str, YamlValue]:
    from yaml import MappingEndEvent, ScalarEvent

    mapping: dict[str, YamlValue] = {}
    while not isinstance(key_event := next(events), MappingEndEvent):
        line = key_event.start_mark.line + 1
        if not isinstance(key_event, ScalarEvent) or key_event.tag is not None or key_event.anchor is not None:
            raise _refused(where, line, "a key that is no plain word", "`name: value`")
        key = key_event.value
        if key in mapping:
            raise _refused(where, line, f"`{key}` a second time", "each key once")
        mapping[key] = _value(next(events), events, where, depth + 1)
    return mapping


def _scalar(event: Any, where: str, line: int) -> YamlValue:
    if event.style:  # quoted or block; a plain scalar has None, or "" from the C parser
        return str(event.value)
    if event.value == "":
        raise _refused(where, line, "no value", "a value; `none` switches a rule off")
    return parse_scalar(event.value)


def _refused(where: str, line: int | None, found: str, expected: str) -> ConfigError:
    place = where if line is None else f"{where} line {line}"
    return ConfigError(f"configuration not valid in {place}: {found} (expected {expected})")
