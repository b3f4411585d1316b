"""The flags that the programs have in common: declared once, read into one frozen value.

`with_options` puts them below a program's own flags. A further common flag is a field of `RunOptions`, a
line of `_FLAGS` and its name in the sets of flags below; no program has to be changed for it.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import click

from backtest import home as home_folder
from backtest.command_line import version_option

Command = TypeVar("Command", bound=Callable[..., Any])

PATH = click.Path(path_type=Path, readable=False)
"""A path that need not exist: what is missing ends with the exit code of its kind, never with click's 2."""

IN_MEMORY = ":memory:"
"""SQLite's name of a DB that is gone with its process."""

OUTPUT = ("home", "as_json", "verbose", "quiet")
"""What every program has."""
ADMIN = ("state_db", "config", "broker", "enable_live", "settings", *OUTPUT)
"""What every admin command has."""
DAILY = ("state_db", "manifest", "config", "broker", "enable_live", "settings", "dry_run", *OUTPUT)
"""What the two daily programs have."""

_FLAGS: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "home": (("--home",), {"type": PATH, "metavar": "DIR", "help": home_folder.HELP}),
    "state_db": (("--state-db",), {"type": PATH, "help": "The state database; the configuration's by default."}),
    "manifest": (
        ("--manifest",),
        {
            "type": PATH,
            "help": "The manifest whose parameters must be those in force; the configuration's by default.",
        },
    ),
    "config": (
        ("--config",),
        {"type": PATH, "default": Path("configs/default.yaml"), "show_default": True, "help": "The configuration."},
    ),
    "broker": (
        ("--broker",),
        {"help": "The broker adapter, for example alpaca or sim; the configuration's by default."},
    ),
    "enable_live": (
        ("--enable-live",),
        {"is_flag": True, "help": "One of the things live trading needs; see the README."},
    ),
    "settings": (
        ("--set",),
        {"multiple": True, "metavar": "SECTION.KEY=VALUE", "help": "Override a setting; repeatable."},
    ),
    "dry_run": (("--dry-run",), {"is_flag": True}),
    "as_json": (("--json",), {"is_flag": True, "help": "One JSON object on stdout; messages go to stderr."}),
    "verbose": (("-v", "--verbose"), {"is_flag": True, "help": "Say more; tracebacks too."}),
    "quiet": (("-q", "--quiet"), {"is_flag": True, "help": "Say only what is wrong."}),
}


def _schema() -> int:
    from live.state_db.schema import SCHEMA_VERSION  # late: only `--version` asks

    return SCHEMA_VERSION


with_version = version_option(_schema)
"""Adds `--version` to a program that works with the state DB."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The common flags of one run. state_db, manifest and broker: None takes the configuration's.

    home: the folder all of them count from, see `backtest.home`; None is the current one.

    A program with flags of its own derives its class from this one.
    """

    home: Path | None = None
    config: Path = Path("configs/default.yaml")
    settings: tuple[str, ...] = ()
    state_db: Path | None = None
    manifest: Path | None = None
    broker: str | None = None
    enable_live: bool = False
    dry_run: bool = False
    as_json: bool = False
    verbose: bool = False
    quiet: bool = False

    @property
    def verbosity(self) -> int:
        """1 with -v, -1 with -q, else 0."""
        return 1 if self.verbose else -1 if self.quiet else 0


def with_options(
    flags: Sequence[str], kind: type[RunOptions] = RunOptions, /, **helps: str
) -> Callable[[Command], Command]:
    """Add the named common flags to a command, and give it one `options` of `kind` in place of its flags.

    kind: `RunOptions`, or a class derived from it whose further fields are named like the program's own flags; flags
    that are no field of it reach the command by their names. helps: help texts that differ from the common ones.
    -v with -q is a usage error (2).
    """
    collected = {*flags, *(field.name for field in fields(kind))} - ({*_FLAGS} - {*flags})

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def run(*args: Any, **given: Any) -> Any:
            values = {name: given.pop(name) for name in tuple(given) if name in collected}
            if values["verbose"] and values["quiet"]:
                raise click.UsageError("-v and -q exclude each other")
            if str(values.get("state_db")) == IN_MEMORY:
                raise click.UsageError(f"--state-db {IN_MEMORY} forgets every order that is sent; give a file")
            values["home"] = home_folder.named_home(values["home"], os.environ)
            return command(*args, options=kind(**values), **given)

        wrapped: Any = run
        for name in reversed(flags):
            declarations, attributes = _FLAGS[name]
            changed = {"help": helps[name]} if name in helps else {}
            wrapped = click.option(*declarations, name, **(attributes | changed))(wrapped)
        return wrapped  # type: ignore[no-any-return]  # click's decorators return what they get

    return decorate
