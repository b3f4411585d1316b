"""`python -m backtest sweep`."""

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
from backtest.home import with_home
from backtest.strategies import as_executed
from backtest.terminal import LABEL, say, say_labelled, say_prose, say_table, tell

if TYPE_CHECKING:
    from backtest.studies.sweep import Sweep


@click.command()
@source_options
@parameter_options
@grid_options
@trials_option
@worker_options
@click.option("--out", type=PATH, help="Folder for results.csv, the picture and study.json; goes on after a break.")
@click.option("--force", is_flag=True, help="Write over another study or run in --out.")
@JSON
@with_home
def sweep(
    config: Path | None,
    settings: tuple[str, ...],
    grid_file: Path | None,
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
    """Try many configurations and judge the best by its neighbours.

    A parameter with several values is swept: --set stop_loss_pct=5,8,10 or
    --set primary.period=4..20:2 (--set stop_loss_pct=8 fixes it). How far the
    best can be trusted is judged by every configuration ever run on these
    candidates in overlapping sessions; the ledger of trials keeps them.

    \b
    Example: python -m backtest sweep --candidates candidates.csv \\
                 --prices bars/ --from 2012-01-03 --to 2016-12-30 \\
                 --set stop_loss_pct=5..15:1 --set primary.period=4..20:2 \\
                 --out studies/stops
    Exit codes: 0 done, 2 usage, 6 configuration (an unknown parameter, an empty
    range, no combination), 7 input unreadable or unusable, 8 workers not
    reachable.
    """
    from backtest.progress import progress_bar  # late: --help must not wait for the price libraries
    from backtest.sources.settings import load_strategies_dir
    from backtest.studies.configurations import load, run_all
    from backtest.studies.drawn import drawn_grid
    from backtest.studies.files import parts_in, places_of
    from backtest.studies.sweep import asked_of, judge
    from backtest.studies.sweep_files import write_sweep
    from backtest.studies.sweep_text import as_json as json_of
    from backtest.studies.tried import ledger_file

    choice = choice_of(workers, cluster)
    params = params_of(config, ())
    folder = load_strategies_dir(config)
    grid, drawn = drawn_grid(
        params, settings, grid_file, strategy=strategy, count=sample, seed=seed, strategies_dir=folder
    )
    ledger = ledger_file(trials)
    configurations = [as_executed(point.params, strategy) for point in drawn.points]
    loaded = load(source_of(**source), configurations)
    asked = asked_of(grid, drawn, loaded, strategy, study="sweep", random=sample, seed=seed)
    parts = parts_in(out, asked, force=force)
    with progress_bar("configurations") as progress:
        outcomes = run_all(loaded, configurations, choice, parts=parts, progress=progress, tell=tell)
    found = judge(grid, drawn, loaded, outcomes, strategy, ledger)
    picture = None if out is None else write_sweep(found, asked, loaded.days, out)
    if as_json:
        print_result(json_of(found) | places_of(out, picture))
    else:
        _say(found, picture)


def _say(found: Sweep, picture: Path | None) -> None:
    from backtest.studies.sweep_text import columns_of, lines_after, lines_before, sentence_of, settings_of, table_rows

    for line in lines_before(found):
        say_prose(line)
    say_table(columns_of(found), table_rows(found))
    for label, text in lines_after(found):
        say_labelled(label, text)
    say("picture".ljust(LABEL) + ("none without --out" if picture is None else str(picture)))
    say("options".ljust(LABEL) + " ".join(settings_of(found, found.chosen)))
    say_prose(sentence_of(found))
