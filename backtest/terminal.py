"""What is printed: as wide as the terminal, and in a locale that knows ASCII only (`LC_ALL=C`) in plain signs.

There our own signs are replaced by plain ones, foreign ones are escaped.
"""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Mapping, Sequence
from typing import TextIO

import click

from backtest.tables import NARROWEST, Column, table_lines, wrapped
from backtest.text import strip_control

SHOWN_NOTES = 10
_OURS = str.maketrans({"…": "...", "–": "-", "·": "-", "×": "x", "→": "->", "≤": "<=", "≥": ">=", "\u00a0": " "})
"""The signs that our own texts have. What others wrote is escaped, so that a path or a name stays what it is."""

LABEL = 10
"""Columns of a label and its gap."""
USUAL_WIDTH = 80
"""Columns of what is laid out by hand where nobody says how wide it may be."""


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
    put(for_terminal(text), err=err)


def put(text: str, *, nl: bool = True, err: bool = False) -> None:
    """Print a text as it is. Where nobody reads it any more (`| head`) the work goes on, and ends as it would (F81)."""
    try:
        click.echo(text, nl=nl, err=err)
    except BrokenPipeError:
        let_go(sys.stderr if err else sys.stdout)


def let_go(stream: TextIO) -> None:
    """Point a closed stream at nothing, so that neither a later line nor the interpreter's own flush can fail."""
    try:
        descriptor = os.open(os.devnull, os.O_WRONLY)
        os.dup2(descriptor, stream.fileno())
        os.close(descriptor)
    except (OSError, ValueError, AttributeError):
        return  # not a real file: nothing that the interpreter would flush


def has_reader(stream: TextIO | None) -> bool:
    """Return whether a stream still leads to somebody: False once the pipe behind it is closed."""
    if stream is None:  # closed by the shell (`>&-`)
        return False
    try:
        waiting = select.poll()
        waiting.register(stream.fileno(), 0)
        return not any(state & (select.POLLERR | select.POLLHUP) for _, state in waiting.poll(0))
    except (OSError, ValueError, AttributeError):
        return True  # no real file, or a system that cannot tell


def tell(text: str) -> None:
    """Print a note of the work itself, on stderr, so that stdout stays the result."""
    say(text, err=True)


def say_prose(text: str) -> None:
    """Print a sentence, on a terminal broken between words; not for what is typed off, a command."""
    width = terminal_width(sys.stdout)
    for line in [text] if width is None else wrapped(text, max(width, NARROWEST)):
        say(line)


def say_notes(notes: Sequence[str], *, shown: int = SHOWN_NOTES) -> None:
    """Print notes, the first ones of many."""
    for note in notes[:shown]:
        say_prose(f"note: {note}")
    if len(notes) > shown:
        say(f"note: {len(notes) - shown} more notes (--json has all)")


def say_labelled(label: str, text: str) -> None:
    """Print a sentence beside its label, on a terminal broken between words and set in below itself."""
    width = terminal_width(sys.stdout)
    lines = wrapped(text, None if width is None else max(width, NARROWEST) - LABEL)
    for number, line in enumerate(lines):
        say(("" if number else label).ljust(LABEL) + line)


def say_table(columns: Sequence[Column], rows: Sequence[Sequence[str]], *, total: Sequence[str] | None = None) -> None:
    """Print rows in aligned columns, on a terminal within its width. total: a last row, set off."""
    clean = [[strip_control(cell) for cell in row] for row in rows]
    for line in table_lines(columns, clean, width=terminal_width(sys.stdout), total=total):
        say(line)


def terminal_width(stream: TextIO) -> int | None:
    """Return the columns to keep within: COLUMNS, else the terminal's; None where neither says (a file, a pipe)."""
    if (said := os.environ.get("COLUMNS", "")).isdecimal() and int(said):
        return int(said)
    try:
        return os.get_terminal_size(stream.fileno()).columns or None
    except (OSError, ValueError):
        return None


def has_terminal() -> bool:
    """Return whether somebody can be asked: stdin is a terminal."""
    return sys.stdin is not None and not sys.stdin.closed and sys.stdin.isatty()


def ask_on_terminal(prompt: str) -> str:
    """Print a question on stderr and return what is typed, without blanks around it. See `has_terminal`."""
    sys.stderr.write(for_terminal(prompt))
    sys.stderr.flush()
    return sys.stdin.readline().strip()
