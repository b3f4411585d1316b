"""`python -m backtest walk-forward`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backtest.command_line import JSON, print_result
from backtest.commands.options import (
    PATH,
    choice_of,
    grid_options,
    parameter_options,
    params_of,
    source_of,
    source_options,
    trials_option,
    worker_options,
)
from backtest.errors import UsageError
from backtest.home import with_home
from backtest.terminal import LABEL, say, say_labelled, say_prose, say_table, tell

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from backtest.studies.walk_forward import WalkForward


@click.command("walk-forward")
@source_options
@parameter_options
@grid_options
@click.option(
    "--train", default="2y", show_default=True, metavar="LENGTH", help="Sessions to choose in: 2y, 18m, 500s."
)
@click.option("--test", metavar="LENGTH", help="Sessions to judge in, after each training.  [default: 6m]")
@click.option("--windows", type=click.IntRange(min=2), help="How many equal tests instead of --test.")
@click.option("--expanding", is_flag=True, help="Every training begins with the first session, not --train before.")
@trials_option
@worker_options
@click.option("--out", type=PATH, help="Folder for results.csv, curve.csv, the picture and study.json.")
@click.option("--force", is_flag=True, help="Write over another study or run in --out.")
@JSON
@with_home
def walk_forward(
    config: Path | None,
    settings: tuple[str, ...],
    grid_file: Path | None,
    train: str,
    test: str | None,
    windows: int | None,
    expanding: bool,
    sample: int | None,
    seed: int,
    strategy: str,
    trials: Path | None,
    workers: int | None,
    cluster: str | None,
    out: Path | None,
    force: bool,
    as_json: bool,
    **source: Any,
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
    from backtest.sources.settings import load_strategies_dir
    from backtest.studies.configurations import load
    from backtest.studies.drawn import drawn_grid
    from backtest.studies.files import parts_in, places_of
    from backtest.studies.sweep import asked_of
    from backtest.studies.tried import ledger_file
    from backtest.studies.walk_forward_files import write_walk
    from backtest.studies.walk_forward_run import configurations_of, run_walk
    from backtest.studies.walk_forward_text import as_json as json_of
    from backtest.studies.windows import Length, windows_of

    if test is not None and windows is not None:
        raise UsageError("--test and --windows exclude each other: one says how long a test is, the other how many")
    lengths = Length.parse(train, "--train"), Length.parse(test or "6m", "--test")
    choice = choice_of(workers, cluster)
    params = params_of(config, ())
    folder = load_strategies_dir(config)
    grid, drawn = drawn_grid(
        params, settings, grid_file, strategy=strategy, count=sample, seed=seed, strategies_dir=folder
    )
    ledger = ledger_file(trials)
    configurations = configurations_of(grid, drawn, params, strategy)
    loaded = load(source_of(**source), configurations)
    cut = windows_of(loaded.days, *lengths, windows, is_expanding=expanding)
    cuts = [[one.train_first, one.test_first] for one in cut]
    asked = asked_of(grid, drawn, loaded, strategy, study="walk-forward", random=sample, seed=seed, windows=cuts)
    parts = parts_in(out, asked, force=force)
    with progress_bar("configurations") as progress:
        found = run_walk(
            grid,
            drawn,
            loaded,
            configurations,
            cut,
            strategy,
            ledger,
            choice,
            parts=parts,
            progress=progress,
            tell=tell,
        )
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
    say("picture".ljust(LABEL) + ("none without --out" if picture is None else str(picture)))
    say_prose(sentence(found))
