"""The home of a run: the folder that every relative path counts from, in the configuration and on the command line.

`--home DIR` comes before the variable EARNINGS_DRIFT_HOME; without both it is the current folder. A program with a
home does everything as if it had been started in that folder.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from backtest.errors import ConfigError

VARIABLE = "EARNINGS_DRIFT_HOME"
HELP = f"Start there: every relative path counts from it; {VARIABLE} or the current folder by default."

Command = TypeVar("Command", bound=Callable[..., Any])


def named_home(given: Path | None, environ: Mapping[str, str]) -> Path | None:
    """Return the folder that the flag names, made absolute, else what the variable says; None: the current folder."""
    if given is not None:
        return given.expanduser().absolute()
    named = environ.get(VARIABLE, "")
    return Path(named).expanduser() if named else None


@contextmanager
def in_home(home: Path | None) -> Iterator[None]:
    """Work in the home, and go back afterwards. Raises ConfigError (6) before anything is done when it is no folder."""
    if home is None:
        yield
        return
    if not home.is_absolute():
        raise ConfigError(
            f"{VARIABLE} not valid in the environment: {str(home)!r} (expected an absolute path)",
            next_step="Nothing was done: a path that begins elsewhere in every folder is no home.",
        )
    before = Path.cwd()
    try:
        os.chdir(home)
    except OSError as error:
        raise ConfigError(
            f"home not usable in {home}: {error.strerror} (expected the folder in which configs/default.yaml lies)",
            next_step=f"Nothing was done. Give the right folder with --home or {VARIABLE}.",
        ) from None
    try:
        yield
    finally:
        os.chdir(before)


def with_home(command: Command) -> Command:
    """Add `--home` to a command that is no run with common flags of its own (see `live.run.options`)."""

    @functools.wraps(command)
    def run(*args: Any, home: Path | None, **given: Any) -> Any:
        with in_home(named_home(home, os.environ)):
            return command(*args, **given)

    path = click.Path(path_type=Path, readable=False)
    return click.option("--home", type=path, metavar="DIR", help=HELP)(run)  # type: ignore[return-value]
