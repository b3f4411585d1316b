"""The settings in force as YAML that `--config` reads again, each with where it comes from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from live.inspect.config_values import Origin, Setting

_PLAIN = re.compile(r"[A-Za-z0-9_./][\w./+-]*", re.ASCII)
_WORDS = frozenset({"true", "false", "null", "none", "~"})
_COMMENT_AT = 44


def yaml_lines(settings: Sequence[Setting], *, with_default: bool) -> Iterator[str]:
    """Yield the lines. with_default: each says what its default is."""
    open_keys: tuple[str, ...] = ()
    for setting in settings:
        *keys, last = (setting.section, *setting.key.split("."))
        for depth, key in enumerate(keys):
            if open_keys[: depth + 1] != tuple(keys[: depth + 1]):
                yield f"{'  ' * depth}{key}:"
        open_keys = tuple(keys)
        line = f"{'  ' * len(keys)}{last}: {yaml_value(setting.value)}"
        tells_default = with_default and setting.has_default and not setting.is_default
        default = f", default {yaml_value(setting.default)}" if tells_default else ""
        yield f"{line:<{_COMMENT_AT}}  # {setting.origin}{default}"


def yaml_value(value: object) -> str:
    """Return a plain value as strict YAML reads it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(yaml_value, value))}]"
    text = str(value)
    is_plain = _PLAIN.fullmatch(text) and text not in _WORDS
    return text if is_plain else json.dumps(text, ensure_ascii=False)


def origins_text(settings: Sequence[Setting]) -> str:
    """Return how many settings come from where, for example `57 settings: 50 default, 6 file, 1 --set`."""
    counts = {origin: sum(one.origin is origin for one in settings) for origin in Origin}
    parts = [f"{count} {origin}" for origin, count in counts.items() if count]
    return f"{len(settings)} settings: {', '.join(parts)}"
