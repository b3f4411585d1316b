"""The commands that show what the account has traded: closed trades, and fills against what the backtest assumes."""

from __future__ import annotations

from datetime import date

import click

from live.administer.command import common_flags, from_to, refuse_turned_dates, run_command
from live.inspect.trade_groups import GroupBy
from live.run.options import RunOptions

AS_CSV = click.option("--csv", "as_csv", is_flag=True, help="CSV on stdout; messages go to stderr.")


@click.command()
@click.option("--by", type=click.Choice([one.value for one in GroupBy]), help="Show groups in place of single trades.")
@click.option("--strategy", metavar="ID", help="Only this strategy's, of a shadow too; by default all of the account.")
@from_to("what was closed")
@click.option("--offline", is_flag=True, help="Ask no broker, so without fees.")
@AS_CSV
@common_flags()
@click.pass_context
def trades(
    ctx: click.Context,
    options: RunOptions,
    by: str | None,
    strategy: str | None,
    first: date | None,
    last: date | None,
    offline: bool,
    as_csv: bool,
) -> None:
    """List the closed trades with their P&L, newest last, and what they come to.

    Changes nothing and takes no lock. The P&L is that of the fills; the broker is asked
    for the fees of the account in that time. --csv has the trades, without totals.

    \b
    Bands, whose lower end belongs to them:
      score         90-100, 80-90, 70-80, 60-70, below 60
      gap, percent  20 and more, 15-20, 10-15, 5-10, 0-5, below 0

    \b
    Example: python -m live.admin trades --by month
    """
    _refuse_contradictions(options, first, last, as_csv=as_csv)
    if as_csv and by is not None:
        raise click.UsageError("--csv lists trades, not groups: leave out --by")
    from live.inspect.trades import show_trades

    run_command(
        ctx,
        options,
        "trades",
        lambda run: show_trades(
            run,
            options,
            ctx.obj,
            first=first,
            last=last,
            by=None if by is None else GroupBy(by),
            strategy=strategy,
            offline=offline,
            as_csv=as_csv,
        ),
        has_data=as_csv,
    )


@click.command()
@from_to("what was filled")
@AS_CSV
@common_flags()
@click.pass_context
def slippage(ctx: click.Context, options: RunOptions, first: date | None, last: date | None, as_csv: bool) -> None:
    """Measure every fill, newest last, and compare it with what the backtest assumes.

    Changes nothing, takes no lock and asks no broker: what is not in the state DB is left
    out and counted. A fill is measured by the session's open where a shadow traded the
    same stock at it, else an entry by the reference price of its signal file, a market
    sell by the last close, a stop by its price.

    \b
    Example: python -m live.admin slippage --from 2026-02-02
    """
    _refuse_contradictions(options, first, last, as_csv=as_csv)
    from live.inspect.slippage import show_slippage

    run_command(
        ctx,
        options,
        "slippage",
        lambda run: show_slippage(run, options, ctx.obj, first=first, last=last, as_csv=as_csv),
        has_data=as_csv,
    )


def _refuse_contradictions(options: RunOptions, first: date | None, last: date | None, *, as_csv: bool) -> None:
    if as_csv and options.as_json:
        raise click.UsageError("--csv and --json exclude each other")
    refuse_turned_dates(first, last)
