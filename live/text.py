"""Foreign text (reports, broker messages, names) made fit for a terminal, a log line or a file."""

from __future__ import annotations

from urllib.parse import urlsplit


def strip_control(text: str) -> str:
    """Return text without control, format and bidi characters; line breaks and tabs become spaces."""
    if text.isascii() and text.isprintable():
        return text
    spaced = text.replace("\r\n", " ").replace("\n", " ").replace("\r", " ").replace("\t", " ")
    return "".join(char for char in spaced if char.isprintable())


def is_web_address(text: str) -> bool:
    """Return whether a text is an http or https URL with a host."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and text.isprintable() and " " not in text
    except ValueError:
        return False
