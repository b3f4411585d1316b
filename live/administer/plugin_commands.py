"""The commands `strategies` and `brokers`: options and help; the work is in `live.inspect.plugins`."""

from __future__ import annotations

import click

from live.administer.command import common_flags, run_command
from live.run.options import Command, RunOptions


def _plugin_options(command: Command) -> Command:
    check = click.option("--check", "is_check", is_flag=True, help="Import each, and end 6 when one cannot be used.")
    return click.option("--feature", metavar="NAME", help="Only those that have it.")(check(command))


@click.command()
@_plugin_options
@common_flags()
@click.pass_context
def strategies(ctx: click.Context, options: RunOptions, feature: str | None, is_check: bool) -> None:
    """List what can propose candidates: id, version, parameters, and where it was found.

    Shipped ones, files in strategies.dir of the configuration, and what installed
    packages offer. They are read without being imported; one that is broken is listed
    with its file and error.

    \b
    Example: python -m live.admin strategies --feature daily_bars
    """
    from live.inspect.plugins import show_strategies

    run_command(ctx, options, "strategies", lambda run: show_strategies(run, options, feature, is_check=is_check))


@click.command()
@_plugin_options
@common_flags()
@click.pass_context
def brokers(ctx: click.Context, options: RunOptions, feature: str | None, is_check: bool) -> None:
    """List the broker adapters: id, features, and where each was found.

    Ours, and what installed packages offer. They are read without being imported, and
    none is opened; one that is broken is listed with its file and error.

    \b
    Example: python -m live.admin brokers --json
    """
    from live.inspect.plugins import show_brokers

    run_command(ctx, options, "brokers", lambda run: show_brokers(run, options, feature, is_check=is_check))
