"""`python -m backtest walk-forward`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backtest.command_line import print_result
from backtest.commands.grid_study import grid_study, grid_study_options, say_picture
from backtest.errors import UsageError
from backtest.terminal import say_labelled, say_prose, say_table, tell

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from backtest.studies.walk_forward import WalkForward


@click.command("walk-forward")
@grid_study_options(
    click.option(
        "--train", default="2y", show_default=True, metavar="LENGTH", help="Sessions to choose in: 2y, 18m, 500s."
    ),
    click.option("--test", metavar="LENGTH", help="Sessions to judge in, after each training.  [default: 6m]"),
    click.option("--windows", type=click.IntRange(min=2), help="How many equal tests instead of --test."),
    click.option("--expanding", is_flag=True, help="Every training begins with the first session, not --train before."),
    out="Folder for results.csv, curve.csv, the picture and study.json.",
    force="Write over another study or run in --out.",
)
def walk_forward(
    train: str, test: str | None, windows: int | None, expanding: bool, as_json: bool, **asked_for: Any
) -> None:
    """Choose configurations from the past and judge them by what came after.

    In each window the best configuration of the training, by its neighbours, is
    judged in the test that follows; the tests one after the other are what such
    a choice would have earned. Parameters are varied as in sweep.

    \b
    Example: python -m backtest walk-forward --candidates candidates.csv \\
                 --prices bars/ --from 2010-10-20 --to 2016-12-30 \\
                 --set stop_loss_pct=5..15:1 --set primary.period=4..20:4 \\
                 --train 2y --test 6m --out studies/walk
    Exit codes: 0 done, 2 usage, 6 configuration (an unknown parameter, an empty
    range, no combination), 7 input unreadable or unusable, 8 workers not
    reachable.
    """
    from backtest.progress import progress_bar  # late: --help must not wait for the price libraries
    from backtest.studies.configurations import load
    from backtest.studies.files import places_of
    from backtest.studies.walk_forward_files import write_walk
    from backtest.studies.walk_forward_run import configurations_of, run_walk
    from backtest.studies.walk_forward_text import as_json as json_of
    from backtest.studies.windows import Length, windows_of

    if test is not None and windows is not None:
        raise UsageError("--test and --windows exclude each other: one says how long a test is, the other how many")
    lengths = Length.parse(train, "--train"), Length.parse(test or "6m", "--test")
    study = grid_study(**asked_for)
    grid, drawn, strategy, out = study.grid, study.drawn, study.strategy, study.out
    configurations = configurations_of(grid, drawn, study.params, strategy)
    loaded = load(study.source, configurations)
    cut = windows_of(loaded.days, *lengths, windows, is_expanding=expanding)
    asked, parts = study.begin(loaded, study="walk-forward", windows=[[one.train_first, one.test_first] for one in cut])
    given = (grid, drawn, loaded, configurations, cut, strategy, study.ledger, study.choice)
    with progress_bar("configurations") as progress:
        found = run_walk(*given, parts=parts, progress=progress, tell=tell)
    picture = None if out is None else write_walk(found, asked, loaded.days, out)
    if as_json:
        print_result(json_of(found, loaded.days) | places_of(out, picture))
    else:
        _say(found, loaded.days, picture)


def _say(found: WalkForward, days: Sequence[date], picture: Path | None) -> None:
    from backtest.studies.walk_forward_text import columns_of, lines_after, sentence, table_rows

    say_table(columns_of(found), table_rows(found, days))
    for label, text in lines_after(found):
        say_labelled(label, text)
    say_picture(picture)
    say_prose(sentence(found))
