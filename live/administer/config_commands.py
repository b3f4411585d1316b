"""The command `config show`: options and help; the work is in `live.inspect.config`."""

from __future__ import annotations

import click

from live.administer.command import common_flags, run_command
from live.run.options import RunOptions


@click.group()
def config() -> None:
    """The configuration in force."""


@config.command("show")
@click.option("--effective", is_flag=True, help="Every setting, those with their default value as well.")
@common_flags()
@click.pass_context
def config_show(ctx: click.Context, options: RunOptions, effective: bool) -> None:
    """Show what is set otherwise than by default, and where each value comes from.

    YAML on stdout, as --config reads it. Addresses and command lines of notifications
    are shortened: they may hold a secret. Keys are no settings and never shown.

    \b
    Example: python -m live.admin config show --effective
    """
    from live.inspect.config import show_config

    run_command(ctx, options, "config", lambda run: show_config(run, options, effective=effective), has_data=True)
