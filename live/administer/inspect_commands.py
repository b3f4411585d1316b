"""The commands that only show: what is held, what was ordered, how the runs ended, what is in force."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from backtest.command_line import SessionDate
from live.administer.command import common_flags, run_command
from live.run.options import PATH, RunOptions


@click.command()
@click.option("--offline", is_flag=True, help="Show what the state DB says, ask no broker.")
@click.option("--check", "is_check", is_flag=True, help="One line and an exit code, for a monitor.")
@common_flags()
@click.pass_context
def status(ctx: click.Context, options: RunOptions, offline: bool, is_check: bool) -> None:
    """Show the book with its stops, today's orders, the last runs, the kill switch and the P&L.

    Changes nothing and takes no lock. Without keys, or when the broker does not
    answer, it shows what the state DB says.

    \b
    With --check the exit code is the first of these that applies:
      12  shares without a live stop
      3   the kill switch is on
      8   a daily program has no good run (exit 0 or 9) since the last session
      9   a notification could not be sent, or something else needs a hand
      0   none of them
    """
    from live.inspect.status import show_status

    run_command(
        ctx,
        options,
        "status",
        lambda run: show_status(run, options, ctx.obj, offline=offline, is_check=is_check),
        is_one_line=is_check,
    )


@click.command()
@click.argument("ticker")
@click.argument("day", metavar="[DATE]", type=SessionDate(), required=False)
@click.option("--report-dir", type=PATH, default=Path("reports"), show_default=True, help="Where the reports lie.")
@common_flags()
@click.pass_context
def explain(ctx: click.Context, options: RunOptions, ticker: str, day: date | None, report_dir: Path) -> None:
    """Tell everything on record of one stock and trade date, from the report to the P&L.

    The report and what was read of it, the verdict, the decision with its numbers (also
    of a skip, a rotation, a holding that stays), the orders and who sent them, the fills,
    the position and its end. DATE is a trade date, by default the latest that knows the
    stock. Asks no broker and changes nothing.

    \b
    Example: python -m live.admin explain AAPL 2026-02-17
    """
    from live.inspect.explain import explain_ticker

    run_command(
        ctx,
        options,
        "explain",
        lambda run: explain_ticker(run, options, ctx.obj, ticker=ticker, day=day, report_dir=report_dir),
    )
