"""Changes to a case that keep most of its form: JSON by fields, text by lines and words, bytes by spans."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from typing import Any

MOST_BYTES = 200_000
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 5, 1.5, -0.0, 1e308, 10**15, 10**19, 10**40, 10**400, "", " ", "0", "-1", "1e5",
    "1e400",
    "1e-999999", "1e999999999", "9" * 4000, "nan", "Infinity", "NaN", "-0", "0x10", "1_000", "١٢", "½", "true", "null",
    [], {}, [[]], [None], {"a": 1}, "A", "AAA", "aaa", "BRK/B", "../../x", "=cmd()", "\x00", "\x1b[31m", "\ud800",
    "\u2028",
    "\u202e", "a\nb", "x" * 300, "x" * 70_000, "filled", "canceled", "new", "replaced", "sell", "buy", "stop", "active",
    "0001-01-01", "9999-12-31", "2026-02-30", "2026-01-05", "20260105", "2026-W02-1", "2026-01-05T09:30:00Z",
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "2026-01-05T09:30:00", "2026-01-05T24:00:00Z", "24:61",
    "09:30",
    "16:00:00+05:00", "0.0001", "0.00001", "1/0", "1/3", "4:1", "100.005",
)  # fmt: skip
"""What stands for a value when it is exchanged: nothing, impossible numbers, dates at the edge, hostile text."""
TOKENS: tuple[str, ...] = (
    *[str(one) for one in VALUES if isinstance(one, str | int | float)][:70],
    "{", "}", "[", "]", '"', "'", ":", ",", "<", ">", "&", "#", "=", "\t", "\r", "\n", "\ufeff", "\0", "é", "日",
    "\u200b",
    "- ", "&a", "*a", "!!int", "<<", "|", "---", "${X}", "$", "\\", "/*", "<!--", "-->", "<![CDATA[", "&#0;",
    "&#x110000;",
)  # fmt: skip


def json_form(words: Sequence[Any] = (), repair: Callable[[Any], Any] | None = None) -> Callable[..., bytes]:
    """Return a mutator of JSON. words: further values to put in. repair: what makes a changed document fit itself again
    (a hash), in half of the cases."""
    values = (*VALUES, *words, *words)

    def mutate(case: bytes, rng: random.Random) -> bytes:
        if rng.random() < 0.15:
            return change_bytes(change_text(case, rng), rng) if rng.random() < 0.3 else change_text(case, rng)
        try:
            content = json.loads(case)
        except (ValueError, RecursionError):
            return change_text(case, rng)
        for _ in range(how_many(rng)):
            content = _change_field(content, rng, values)
        if repair is not None and rng.random() < 0.5:
            content = repair(content)
        return json.dumps(content, ensure_ascii=rng.random() < 0.7).encode("utf-8", "replace")[:MOST_BYTES]

    return mutate


def text_form(words: Sequence[str] = ()) -> Callable[..., bytes]:
    """Return a mutator of text in lines. words: of the input's own language."""

    def mutate(case: bytes, rng: random.Random) -> bytes:
        for _ in range(how_many(rng)):
            case = change_text(case, rng, words)
        return change_bytes(case, rng) if rng.random() < 0.1 else case

    return mutate


def bytes_form(case: bytes, rng: random.Random) -> bytes:
    """Change a few bytes or spans."""
    for _ in range(how_many(rng)):
        case = change_bytes(case, rng)
    return case


def how_many(rng: random.Random) -> int:
    """Return how many changes to make: one most of the time."""
    return rng.choice((1, 1, 1, 1, 2, 2, 3, 5))


def change_bytes(case: bytes, rng: random.Random) -> bytes:
    """Flip, insert, remove, double or cut."""
    content = bytearray(case or b"\0")
    first = rng.randrange(len(content))
    last = min(len(content), first + rng.choice((1, 2, 4, 16, 256)))
    kind = rng.randrange(6)
    if kind == 0:
        content[first] ^= 1 << rng.randrange(8)
    elif kind == 1:
        content[first:last] = rng.randbytes(last - first)
    elif kind == 2:
        content[first:first] = bytes([rng.choice((0, 0x0A, 0x20, 0x7F, 0x80, 0xC0, 0xED, 0xFF))]) * rng.choice(
            (1, 3, 90)
        )
    elif kind == 3:
        del content[first:last]
    elif kind == 4:
        content[first:first] = content[first:last]
    else:
        del content[first:]
    return bytes(content[:MOST_BYTES])


def change_text(case: bytes, rng: random.Random, words: Sequence[str] = ()) -> bytes:
    """Change a line or a word of a text."""
    text = case.decode("utf-8", "surrogateescape")
    kind = rng.randrange(8)
    if kind < 3:
        lines = text.split("\n")
        _change_list(lines, rng, text[: rng.randint(0, 80)])
        text = "\n".join(lines)
    else:
        first = rng.randint(0, len(text))
        last = first
        if kind < 7:  # a word: as far as letters and digits go
            while last < len(text) and (text[last].isalnum() or text[last] in "._-"):
                last += 1
            last = max(last, first + (kind == 6))
        token = rng.choice(words) if words and rng.random() < 0.6 else rng.choice(TOKENS)
        text = text[:first] + token * (rng.choice((1, 1, 1, 2, 400)) if len(token) < 10 else 1) + text[last:]
    try:
        return text.encode("utf-8", "surrogateescape")[:MOST_BYTES]
    except UnicodeEncodeError:  # a surrogate that stands for no byte
        return text.encode("utf-8", "replace")[:MOST_BYTES]


def _change_field(content: Any, rng: random.Random, values: Sequence[Any]) -> Any:
    """Change one place of a document; the way to it goes deeper most of the time."""
    if isinstance(content, dict) and content:
        key = rng.choice(list(content))
        if rng.random() < 0.75:
            return content | {key: _change_field(content[key], rng, values)}
        return _change_dict(content, key, rng, values)
    if isinstance(content, list) and content:
        place = rng.randrange(len(content))
        changed = list(content)
        if rng.random() < 0.85:
            changed[place] = _change_field(content[place], rng, values)
        else:
            _change_list(changed, rng, rng.choice(values))
        return changed
    return _change_scalar(content, rng, values)


def _change_dict(content: dict[str, Any], key: str, rng: random.Random, values: Sequence[Any]) -> dict[str, Any]:
    kind = rng.randrange(4)
    if kind == 0:
        return {name: value for name, value in content.items() if name != key}
    if kind == 1:
        return content | {rng.choice(("extra", "", "id", key.upper(), key + " ")): rng.choice(values)}
    if kind == 2:
        return content | {key: content[rng.choice(list(content))]}
    return content | {key: rng.choice(values)}


def _change_scalar(value: Any, rng: random.Random, values: Sequence[Any]) -> Any:
    if rng.random() < 0.6:
        return rng.choice(values)
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, int | float):
        return rng.choice((-value, value + 1, value - 1, value * 10, str(value), [value]))
    if isinstance(value, str):
        return change_text(value.encode("utf-8", "replace"), rng).decode("utf-8", "replace")
    return rng.choice(values)


def _change_list(items: list[Any], rng: random.Random, other: Any) -> None:
    place = rng.randrange(len(items))
    kind = rng.randrange(6)
    if kind == 0:
        del items[place]
    elif kind == 1:
        items.insert(place, items[place])
    elif kind == 2:
        items.insert(place, other)
    elif kind == 3:
        other_place = rng.randrange(len(items))
        items[place], items[other_place] = items[other_place], items[place]
    elif kind == 4:
        items[place:] = []
    else:
        items.extend([items[place]] * rng.choice((2, 50, 200)))
