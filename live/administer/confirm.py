"""The typed confirmation of a command that cannot be taken back."""

from __future__ import annotations

from backtest.errors import UsageError
from live.run.console import ask_on_terminal


def confirm(word: str, what: str) -> None:
    """Ask on the terminal for the word, typed out. what: what will be done. Raises UsageError (2) for another one."""
    typed = ask_on_terminal(f"Type {word} {what}: ")
    if typed != word:
        raise UsageError(
            f"not confirmed: {typed[:20]!r} was typed (expected {word})",
            next_step="Nothing was done; --yes asks nothing.",
        )
