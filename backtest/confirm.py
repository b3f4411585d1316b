"""The typed confirmation of a command that cannot be taken back."""

from __future__ import annotations

from backtest import terminal
from backtest.errors import UsageError


def confirm(word: str, what: str) -> None:
    """Ask on the terminal for the word, typed out. what: what will be done.

    Raises UsageError (2) for another word, and where there is no terminal: a word in a pipe is nobody's answer.
    """
    next_step = "Nothing was done; --yes asks nothing."
    if not terminal.has_terminal():
        raise UsageError(f"no terminal on which to ask for the word {word}, {what}", next_step=next_step)
    typed = terminal.ask_on_terminal(f"Type {word} {what}: ")
    if typed != word:
        raise UsageError(f"not confirmed: {typed[:20]!r} was typed (expected {word})", next_step=next_step)
