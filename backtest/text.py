"""Text made fit for a terminal, a log line or a file: words of others, counted things."""

from __future__ import annotations

from collections.abc import Mapping


def strip_control(text: str) -> str:
    """Return text without control, format and bidi characters; line breaks and tabs become spaces."""
    if text.isascii() and text.isprintable():
        return text
    spaced = text.replace("\r\n", " ").replace("\n", " ").replace("\r", " ").replace("\t", " ")
    return "".join(char for char in spaced if char.isprintable())


def how_many(count: int, name: str) -> str:
    """Return a number with the thing it counts: `1 entry`, `2 entries`, `0 exits`. name: in the singular."""
    if count == 1:
        return f"{count} {name}"
    takes_ies = name.endswith("y") and name[-2] not in "aeiou"
    return f"{count} {name[:-1]}ies" if takes_ies else f"{count} {name}s"


def why_text(why: Mapping[str, str | int]) -> str:
    """Return the numbers behind a decision: `week close 240.00, indicator 241.37, weeks 5`."""
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in why.items())


def is_web_address(text: str) -> bool:
    """Return whether a text is an http or https URL with a host."""
    from urllib.parse import urlsplit  # late: hardly any program asks

    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and text.isprintable() and " " not in text
    except ValueError:
        return False
