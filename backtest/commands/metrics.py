"""`python -m backtest metrics`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backtest.command_line import JSON, SessionDate, print_result
from backtest.commands.options import PATH
from backtest.home import with_home
from backtest.measures.groups import GroupBy
from backtest.terminal import say, say_prose, say_table

if TYPE_CHECKING:
    from backtest.runs.read import StoredRun


@click.command()
@click.argument("run", type=PATH)
@click.option(
    "--by",
    "groupings",
    multiple=True,
    type=click.Choice([one.value for one in GroupBy]),
    help="Group the trades; repeatable.",
)
@click.option("--split", type=SessionDate(), help="Side by side: before this date (in sample), and from it on.")
@click.option("--formulas", is_flag=True, help="Below the figures: how each is computed, and by whom.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Of the intervals' resamples.")
@JSON
@with_home
def metrics(
    run: Path, groupings: tuple[str, ...], split: date | None, formulas: bool, seed: int, as_json: bool
) -> None:
    """Measure the finished run in the folder RUN, whole or by groups of its trades.

    Groups are of the trades that the rules closed; month and year are those
    of the exit, the weekday is that of the entry. Intervals are 95 %.

    \b
    Example: python -m backtest metrics runs/2016 --by grade --by year
    Exit codes: 0 done, 2 usage, 7 no run there, or its files are broken.
    """
    from backtest.measures.group_table import group_table  # late: --help must not wait for numpy
    from backtest.runs import grouped
    from backtest.runs.measured import closed
    from backtest.runs.read import read_run

    stored = read_run(run)
    tables = [group_table(closed(stored), GroupBy(by), seed=seed) for by in groupings]
    if as_json:
        print_result(grouped.as_json(stored, tables, split, formulas=formulas))
        return
    if not tables or split is not None:
        _say_figures(stored, split)
    for table in tables:
        say("" if table is not tables[0] else f"{stored.strategy_id}, {stored.first} to {stored.last}")
        say_table(*grouped.group_rows(table), total=grouped.total_row(table))
        for sentence in (*table.sentences, *grouped.left_out(stored)):
            say_prose(sentence)
    if formulas:
        for title, formula in grouped.formulas(tables):
            say_prose(f"{title}: {formula}")


def _say_figures(stored: StoredRun, split: date | None) -> None:
    from backtest.runs import measured

    figures = measured.figures(stored, split)  # refuses a date outside, before anything is printed
    for line in measured.heading(stored, split):
        say_prose(line)
    say_table(*figures)
    say_prose(measured.verdict(stored.metrics))
