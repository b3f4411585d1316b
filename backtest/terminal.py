"""What is printed in a locale that knows ASCII only (`LC_ALL=C`): our own signs in plain ones, foreign ones escaped."""

from __future__ import annotations

import os
from collections.abc import Mapping

import click

_OURS = str.maketrans({"…": "...", "–": "-", "·": "-", "×": "x", "→": "->", "≤": "<=", "≥": ">=", "\u00a0": " "})
"""The signs that our own texts have. What others wrote is escaped, so that a path or a name stays what it is."""


def is_ascii_only(environ: Mapping[str, str] | None = None) -> bool:
    """Return whether the locale is C. Python itself writes UTF-8 there (PEP 540), which the terminal did not ask for.

    Without a variable it is not: Python then takes C.UTF-8 (PEP 538).
    """
    given = os.environ if environ is None else environ
    named = next((value for name in ("LC_ALL", "LC_CTYPE", "LANG") if (value := given.get(name))), "")
    return named in ("C", "POSIX")


def in_ascii(text: str) -> str:
    """Return a text in ASCII: `Soci\\xe9t\\xe9`."""
    return text if text.isascii() else text.translate(_OURS).encode("ascii", "backslashreplace").decode("ascii")


def for_terminal(text: str) -> str:
    """Return a text as this run's terminal takes it."""
    return text if text.isascii() or not is_ascii_only() else in_ascii(text)


def say(text: str, *, err: bool = False) -> None:
    """Print a line, on stderr with err."""
    click.echo(for_terminal(text), err=err)
