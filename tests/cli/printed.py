"""The commands that a message names, started as a person would who types them off."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from backtest.__main__ import cli as backtest
from live.admin import main as admin
from live.day import main as day
from live.executor import main as executor
from live.signal_generator import main as generator
from live.sim.__main__ import cli as sim
from tests.cli.account import TradingAccount
from tests.cli.done import Done, run_command

PROGRAMS: Mapping[str, click.Command] = {
    "backtest": backtest,
    "live.admin": admin,
    "live.day": day,
    "live.executor": executor,
    "live.signal_generator": generator,
    "live.sim": sim,
}
_COMMAND = re.compile(r"python -m ([a-z_.]+[a-z_])")


def commands_in(text: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return (program, arguments) for every command of a text; a command ends where its words stop making sense."""
    found = [one for one in _COMMAND.finditer(text) if one[1] in PROGRAMS]
    return [(one[1], tuple(_arguments(PROGRAMS[one[1]], text[one.end() :]))) for one in found]


def _arguments(command: click.Command, rest: str) -> Iterator[str]:
    words = iter(_words(rest))
    is_over = False
    while not is_over:
        word, is_over = next(words, ("", True))
        if isinstance(command, click.Group):
            named = command.get_command(click.Context(command), word)
            if named is None:
                return
            command = named
            yield word
            continue
        option = next((one for one in command.params if word in one.opts), None)
        if option is None and not _is_argument(command, word):
            return
        yield word
        if isinstance(option, click.Option) and not option.is_flag:
            word, is_over = next(words)
            yield word


def _is_argument(command: click.Command, word: str) -> bool:
    """A ticker or a path, where the command takes one."""
    takes = any(isinstance(one, click.Argument) for one in command.params)
    return takes and bool(word) and (word.isupper() or Path(word).exists())


def _words(rest: str) -> Iterator[tuple[str, bool]]:
    """Yield each word and whether a sign behind it ends the command."""
    for raw in re.findall(r"""(?:[^\s"']|"[^"]*"|'[^']*')+""", rest):
        bare = raw.rstrip(".,;:)")
        yield (shlex.split(bare)[0] if bare else "", bare != raw)


def follow(account: TradingAccount, text: str, words: Mapping[str, str] | None = None) -> list[Done]:
    """Run every command of a text in order. words: what a person puts in the place of words in capitals."""
    for word, value in (words or {}).items():
        text = text.replace(word, value)
    return [run_printed(account, program, arguments) for program, arguments in commands_in(text)]


def run_printed(account: TradingAccount, program: str, arguments: tuple[str, ...]) -> Done:
    """Run one command exactly as it was printed: with the options of the run that printed it, and no other."""
    typed = arguments[1 if arguments[0] == "close" else 0].upper() if program == "live.admin" else ""
    return run_command(PROGRAMS[program], arguments, account.runtime, f"{typed}\n")


def named_commands(text: str) -> list[str]:
    """Return the commands a source text names, as far as the text itself has them: `live.admin restore --list`."""
    return [" ".join((program, *arguments)) for program, arguments in commands_in(text)]
