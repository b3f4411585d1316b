"""The commands that hold entries back, softer than the kill switch: `entries off | on` and `skip`."""

from __future__ import annotations

from datetime import date

import click

from backtest.command_line import SessionDate
from backtest.text import strip_control
from live.administer.command import common_flags, run_command
from live.run.options import RunOptions

_MAX_REASON = 300


class Reason(click.ParamType[str]):
    """Why, in one line of printable text."""

    name = "text"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        words = strip_control(str(value)).strip()[:_MAX_REASON]
        if not words:
            self.fail("is empty; every run and `status` print it", param, ctx)
        return words


@click.group()
def entries() -> None:
    """Wind the book down: no entry goes out any more, exits and protection go on."""


@entries.command("off")
@click.option("--reason", required=True, type=Reason(), help="Why; every run and `status` print it.")
@common_flags()
@click.pass_context
def entries_off(ctx: click.Context, options: RunOptions, reason: str) -> None:
    """Let no entry out from now on, in running programs too; asks no broker.

    Exits are decided and sold, stops stand; a holding that was only to make room stays.
    Entries that are at the broker already are named; those that were not sent wait until
    the cutoff, in case you change your mind.

    \b
    Example: python -m live.admin entries off --reason "away until March"
    """
    from live.administer.entries import turn_entries_off

    run_command(ctx, options, "entries", lambda run: turn_entries_off(run, options, ctx.obj, reason))


@entries.command("on")
@click.option("--reason", required=True, type=Reason(), help="Why; it stays in the book's events.")
@common_flags()
@click.pass_context
def entries_on(ctx: click.Context, options: RunOptions, reason: str) -> None:
    """Let entries out again; those of today that still wait go out with the next run.

    \b
    Example: python -m live.admin entries on --reason "back again"
    """
    from live.administer.entries import turn_entries_on

    run_command(ctx, options, "entries", lambda run: turn_entries_on(run, options, ctx.obj, reason))


@click.command()
@click.argument("ticker")
@click.option(
    "--date", "trade_date", type=SessionDate(), help="Its trade date; that of the newest signal file by default."
)
@click.option("--reason", required=True, type=Reason(), help="Why; every run of the day and `status` print it.")
@common_flags()
@click.pass_context
def skip(ctx: click.Context, options: RunOptions, ticker: str, trade_date: date | None, reason: str) -> None:
    """Veto a decided entry before it is sent; asks no broker.

    Between the signal generator and `--phase place`, or later while it still waits. A
    holding that it was to replace stays, unless the plan is accepted already. What is at
    the broker already is taken back by `close`.

    \b
    Example: python -m live.admin skip NVDA --reason "guidance withdrawn"
    """
    from live.administer.skip import veto_entry

    name = ticker.strip().upper()
    run_command(
        ctx,
        options,
        "skip",
        lambda run: veto_entry(run, options, ctx.obj, ticker=name, trade_date=trade_date, reason=reason),
    )
