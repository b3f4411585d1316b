"""The command that writes the daily page."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from backtest.command_line import SessionDate
from live.administer.command import common_flags, run_command
from live.run.options import PATH, RunOptions


@click.command()
@click.option("--date", "day", type=SessionDate(), help="Another day than the newest on record.")
@click.option("--out", type=PATH, metavar="FILE", help="Write to this file, in place of the folder of all pages.")
@common_flags()
@click.pass_context
def page(ctx: click.Context, options: RunOptions, day: date | None, out: Path | None) -> None:
    """Write the page of a day for the browser: what needs a hand, decisions, orders, book, equity.

    Every run of the two daily programs writes it by itself. Reads the state DB only:
    no broker is asked, prices are those that the last run of the day read.

    \b
    Examples:
      python -m live.admin page
      python -m live.admin page --date 2026-03-27 --out friday.html
    """
    from live.page.by_hand import write_by_hand

    run_command(ctx, options, "page", lambda run: write_by_hand(run, options, ctx.obj, day, out))
