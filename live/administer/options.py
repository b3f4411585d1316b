"""What the admin commands have in common: their options, and the values these become."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class AdminOptions:
    """The flags of one command. state_db and broker: None takes the configuration's."""

    config: Path = Path("configs/default.yaml")
    state_db: Path | None = None
    settings: tuple[str, ...] = ()
    broker: str | None = None
    enable_live: bool = False
    as_json: bool = False
    verbose: bool = False
    quiet: bool = False

    @property
    def verbosity(self) -> int:
        return 1 if self.verbose else -1 if self.quiet else 0


def common_options(command: Command) -> Command:
    """Add the options of every admin command."""
    decorators = (
        click.option("--state-db", type=click.Path(path_type=Path, readable=False), help="The state database."),
        click.option(
            "--config",
            type=click.Path(path_type=Path, readable=False),
            default=Path("configs/default.yaml"),
            show_default=True,
            help="The configuration.",
        ),
        click.option("--set", "settings", multiple=True, metavar="SECTION.KEY=VALUE", help="Override a setting."),
        click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout; messages go to stderr."),
        click.option("-v", "--verbose", is_flag=True, help="Say more; tracebacks too."),
        click.option("-q", "--quiet", is_flag=True, help="Say only what is wrong."),
    )
    for decorator in reversed(decorators):
        command = decorator(command)
    return command


def broker_options(command: Command) -> Command:
    """Add the options of a command that asks the broker."""
    decorators = (
        click.option("--broker", help="The broker adapter, for example alpaca or sim; the configuration's by default."),
        click.option("--enable-live", is_flag=True, help="One of the things live trading needs; see the README."),
    )
    for decorator in reversed(decorators):
        command = decorator(command)
    return command


def read_options(given: dict[str, Any]) -> AdminOptions:
    """Take the common options out of a command's parameters. Raises click.UsageError for -v with -q."""
    values = {name: given.pop(name) for name in tuple(given) if name in AdminOptions.__dataclass_fields__}
    if values.get("verbose") and values.get("quiet"):
        raise click.UsageError("-v and -q exclude each other")
    return AdminOptions(**values)


def who_is_asking() -> str:
    """Return the name of the person at the keyboard, as far as the system knows it."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "somebody"
