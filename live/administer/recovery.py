"""The commands for the day after something was lost: `backup`, `restore`, `rebuild`, `repair`."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import click

from live.administer.command import SELL_DRY_RUN, common_flags, run_command
from live.run.options import PATH, RunOptions


class Dollars(click.ParamType[Decimal]):
    """A price in dollars, 0 or more, with at most four decimals."""

    name = "price"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        try:
            price = Decimal(value)
        except InvalidOperation:
            self.fail(f"{value!r} is no price (expected for example 12.34)", param, ctx)
        if not price.is_finite() or not 0 <= price < 10_000_000 or price != round(price, 4):
            self.fail(f"{value!r} is no price (expected for example 12.34)", param, ctx)
        return price


@click.command()
@click.argument("path", type=PATH, required=False)
@common_flags()
@click.pass_context
def backup(ctx: click.Context, options: RunOptions, path: Path | None) -> None:
    """Copy the state DB, checked and of one moment; may run beside every other program.

    Without PATH the copy goes into the folder of backups beside the state DB, where
    the signal generator leaves one after each of its runs.

    \b
    Example: python -m live.admin backup
             python -m live.admin backup /mnt/other-disk/state.db
    """
    from live.administer.backup import back_up

    run_command(ctx, options, "backup", lambda run: back_up(run, options, ctx.obj, path))


@click.command()
@click.argument("path", type=PATH, required=False)
@click.option("--list", "only_list", is_flag=True, help="Show the backups and what each holds.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common_flags()
@click.pass_context
def restore(ctx: click.Context, options: RunOptions, path: Path | None, only_list: bool, yes: bool) -> None:
    """Put a backup in the place of the state DB, then bring it up to what the broker says.

    The present file is kept beside it. What happened since the backup comes back from
    the broker, as far as archived signal files prove it ours. A kill switch that is on
    stays on.

    \b
    Example: python -m live.admin restore --list
             python -m live.admin restore live/backups/state-20260217T140007Z.db

    Exit codes: 0 restored and equal to the broker, 4 restored, and they differ.
    """
    if only_list == (path is not None):
        raise click.UsageError("give either PATH or --list")
    from live.administer.backup import list_all, restore_backup

    if path is None:
        run_command(ctx, options, "restore", lambda run: list_all(run, options))
    else:
        run_command(ctx, options, "restore", lambda run: restore_backup(run, options, ctx.obj, path, is_sure=yes))


@click.command()
@click.option("--signals-dir", type=PATH, help="Where the signal files are; the configuration's by default.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common_flags("dry_run", dry_run="Show the book that would be made; change no byte.")
@click.pass_context
def rebuild(ctx: click.Context, options: RunOptions, signals_dir: Path | None, yes: bool) -> None:
    """Make the state DB anew from the broker and the archived signal files.

    For a state DB that is lost, when there is no backup. An order is ours when its id,
    ticker, side and shares stand in a signal file of this account; everything else is
    named and left alone. The kill switch is on afterwards.

    \b
    Example: python -m live.admin rebuild --dry-run
             python -m live.admin rebuild --signals-dir signals

    Exit codes: 0 made and equal to the broker, 4 made, and something is not proven ours.
    """
    from live.administer.rebuild import rebuild as make_anew

    run_command(
        ctx,
        options,
        "rebuild",
        lambda run: make_anew(run, options, ctx.obj, signals_dir=signals_dir, is_sure=yes),
    )


@click.command()
@click.argument("ticker")
@click.option("--adopt", is_flag=True, help="A holding or an order that is not in the book is ours.")
@click.option("--ignore", is_flag=True, help="A holding that is not in the book is none of ours.")
@click.option("--close-at", type=Dollars(), help="A position that is gone was paid out at this price.")
@click.option("--shares", type=click.IntRange(1), help="A position has so many shares, as the broker says.")
@click.option("--renamed-to", metavar="TICKER", help="A position that is gone is called so now.")
@click.option("--reason", required=True, metavar="TEXT", help="Why; it stays in the book's events.")
@common_flags("dry_run", dry_run=SELL_DRY_RUN)
@click.pass_context
def repair(
    ctx: click.Context,
    options: RunOptions,
    ticker: str,
    adopt: bool,
    ignore: bool,
    close_at: Decimal | None,
    shares: int | None,
    renamed_to: str | None,
    reason: str,
) -> None:
    """Resolve a difference between state DB and broker; `reconcile` says which way fits.

    Sends no entry and no exit; afterwards the position gets its protective stop. What
    the broker contradicts is refused.

    \b
    Examples:
      python -m live.admin repair AAPL --adopt --reason "bought by hand"
      python -m live.admin repair AAPL --close-at 12.34 --reason "taken over"
    """
    from backtest.money import to_price
    from live.administer.repair import Ways, repair_difference

    ways = Ways(
        adopt=adopt,
        ignore=ignore,
        close_at=None if close_at is None else to_price(close_at),
        shares=shares,
        renamed_to=None if renamed_to is None else renamed_to.strip().upper(),
    )
    if ways.count != 1:
        raise click.UsageError("give exactly one of --adopt, --ignore, --close-at, --shares, --renamed-to")
    if not reason.strip():
        raise click.UsageError("--reason is empty; it says why the book was changed")
    name = ticker.strip().upper()
    run_command(
        ctx,
        options,
        "repair",
        lambda run: repair_difference(run, options, ctx.obj, ticker=name, ways=ways, reason=reason.strip()),
        phase="repair",
        has_closing_lines=True,
    )
