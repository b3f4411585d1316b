"""Command line of `python -m live.admin`: commands and options; the work is in `live.administer` and `live.inspect`."""

from __future__ import annotations

import click

from backtest.command_line import CONTEXT
from live.administer.browse_command import browse
from live.administer.command import SELL_DRY_RUN, common_flags, run_command
from live.administer.comparison_commands import diff, parity, shadows
from live.administer.config_commands import config
from live.administer.doctor_command import check, doctor
from live.administer.entry_commands import Reason, entries, skip
from live.administer.events_command import events
from live.administer.inspect_commands import explain, status
from live.administer.kill_switch_commands import kill_switch
from live.administer.maintenance_command import maintenance
from live.administer.orders_commands import orders
from live.administer.page_command import page
from live.administer.plugin_commands import brokers, strategies
from live.administer.probe_command import probe
from live.administer.recovery import backup, rebuild, repair, restore
from live.administer.runs_commands import runs
from live.administer.sections import SectionedGroup
from live.administer.trade_commands import slippage, trades
from live.run.options import RunOptions, with_version


@click.group("admin", cls=SectionedGroup, context_settings=CONTEXT)
@with_version
def main() -> None:
    """Look at the book, stop everything, sell by hand.

    \b
    Each command says more, with examples: python -m live.admin COMMAND --help
    Exit codes are those of the two programs, see the README.
    """


@main.group()
def limits() -> None:
    """Loss limits: what a run does when one trips stands under `safety:` in the configuration."""


@limits.command("reset-peak")
@click.option("--reason", required=True, type=Reason(), help="Why; it stays in the book's events.")
@common_flags()
@click.pass_context
def reset_peak(ctx: click.Context, options: RunOptions, reason: str) -> None:
    """Let the drawdown count from the account's present equity on.

    After a withdrawal, or when trading is to go on after a drawdown: then the kill
    switch has to be turned off too, before or afterwards.

    \b
    Example: python -m live.admin limits reset-peak --reason "took 20,000 out"
    """
    from live.administer.limits import reset_peak as reset

    run_command(ctx, options, "limits", lambda run: reset(run, options, ctx.obj, reason))


@main.command()
@common_flags()
@click.pass_context
def reconcile(ctx: click.Context, options: RunOptions) -> None:
    """Compare the state DB with the broker, share by share and stop by stop.

    Changes nothing; what the next run would book by itself is reported as such. Exit
    codes: 0 they agree, 4 they differ, 12 shares without a live stop.
    """
    from live.administer.reconcile import reconcile_book

    run_command(ctx, options, "reconcile", lambda run: reconcile_book(run, options, ctx.obj))


@main.command()
@click.argument("ticker")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common_flags("dry_run", dry_run=SELL_DRY_RUN)
@click.pass_context
def close(ctx: click.Context, options: RunOptions, ticker: str, yes: bool) -> None:
    """Sell one position at the market: cancel its stop, wait until it is gone, sell.

    The same command again goes on where it stopped and never sells twice. An
    entry of that ticker that has not filled is canceled.

    \b
    Example: python -m live.admin close AAPL
    """
    _sell(ctx, options, "close", ticker.strip().upper(), is_sure=yes)


@main.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@common_flags("dry_run", dry_run=SELL_DRY_RUN)
@click.pass_context
def flatten(ctx: click.Context, options: RunOptions, yes: bool) -> None:
    """Sell every position at the market and drop all of today's entries.

    Holdings that are not ours stay. To keep it flat: `entries off` before it. (The kill
    switch holds sells back too: it comes afterwards.)
    """
    _sell(ctx, options, "flatten", None, is_sure=yes)


def _sell(ctx: click.Context, options: RunOptions, name: str, ticker: str | None, *, is_sure: bool) -> None:
    from live.administer.close import close_by_hand

    run_command(
        ctx,
        options,
        name,
        lambda run: close_by_hand(run, options, ctx.obj, ticker=ticker, is_sure=is_sure),
        phase="close",
        has_closing_lines=True,
    )


_COMMANDS = (
    status, page, trades, slippage, explain, diff, shadows, parity, doctor, check, orders, runs, events, browse,
    config, strategies, brokers, kill_switch, entries, skip, backup, restore, rebuild, repair, maintenance, probe,
)  # fmt: skip
for _command in _COMMANDS:
    main.add_command(_command)


if __name__ == "__main__":
    main()
