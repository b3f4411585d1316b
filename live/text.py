"""Foreign text (reports, broker messages, names) made fit for a terminal, a log line or a file."""

from __future__ import annotations


def strip_control(text: str) -> str:
    """Return text without control, format and bidi characters; line breaks and tabs become spaces."""
    if text.isascii() and text.isprintable():
        return text
    spaced = text.replace("\r\n", " ").replace("\n", " ").replace("\r", " ").replace("\t", " ")
    return "".join(char for char in spaced if char.isprintable())
