"""`python -m backtest sweep`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backtest.command_line import print_result
from backtest.commands.grid_study import grid_study, grid_study_options, say_picture
from backtest.strategies import as_executed
from backtest.terminal import LABEL, say, say_labelled, say_prose, say_table, tell

if TYPE_CHECKING:
    from backtest.studies.sweep import Sweep


@click.command()
@grid_study_options(
    out="Folder for results.csv, the picture and study.json; goes on after a break.",
    force="Write over another study or run in --out.",
)
def sweep(as_json: bool, **asked_for: Any) -> None:
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
    from backtest.studies.configurations import load, run_all
    from backtest.studies.files import places_of
    from backtest.studies.sweep import judge
    from backtest.studies.sweep_files import write_sweep
    from backtest.studies.sweep_text import as_json as json_of

    study = grid_study(**asked_for)
    configurations = [as_executed(point.params, study.strategy) for point in study.drawn.points]
    loaded = load(study.source, configurations)
    asked, parts = study.begin(loaded, study="sweep")
    with progress_bar("configurations") as progress:
        outcomes = run_all(loaded, configurations, study.choice, parts=parts, progress=progress, tell=tell)
    found = judge(study.grid, study.drawn, loaded, outcomes, study.strategy, study.ledger)
    out = study.out
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
    say_picture(picture)
    say("options".ljust(LABEL) + " ".join(settings_of(found, found.chosen)))
    say_prose(sentence_of(found))
