"""`python -m backtest stability`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backtest.command_line import JSON, print_result
from backtest.commands.options import (
    PATH,
    choice_of,
    parameter_options,
    params_of,
    source_of,
    source_options,
    trials_option,
    worker_options,
)
from backtest.home import with_home
from backtest.terminal import say, say_notes, say_prose, say_table, tell

if TYPE_CHECKING:
    from backtest.params import Params
    from backtest.runs.inputs import Inputs
    from backtest.studies.stability import Stability
    from backtest.workers.choice import Choice
    from backtest.workers.parts import Parts

PICTURE = "stability.svg"


@click.command()
@source_options
@parameter_options
@click.option(
    "--simulations",
    type=click.IntRange(1),
    default=199,
    show_default=True,
    help="Runs of each random disturbance; the smallest p is 1 in one more.",
)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Of everything random.")
@trials_option
@worker_options
@click.option("--out", required=True, type=PATH, help="Folder for results.csv, study.json and the picture.")
@click.option("--force", is_flag=True, help="Write over another study or run in that folder.")
@JSON
@with_home
def stability(
    config: Path | None,
    settings: tuple[str, ...],
    simulations: int,
    seed: int,
    trials: Path | None,
    workers: int | None,
    cluster: str | None,
    out: Path,
    force: bool,
    as_json: bool,
    **source: Any,
) -> None:
    """Say how much of a result hangs on chance, costs, a day, single candidates.

    Runs the same rules again with one thing changed: entry dates resampled,
    slippage times 2 to 4, entries a session late, 10, 20 and 30 % of the candidates
    left out; and placebos with the information taken out, scores shuffled within
    a session and dates moved, each with its p-value.
    The same command goes on where it was ended.

    \b
    Example: python -m backtest stability --candidates candidates.csv \\
                 --prices bars/ --from 2011-01-03 --to 2016-12-30 \\
                 --out studies/stability
    Exit codes: 0 done, 2 usage, 6 configuration, 7 input unreadable or unusable,
    8 cluster not reachable, 130 interrupted.
    """
    choice, params = choice_of(workers, cluster), params_of(config, settings)
    from backtest.runs.inputs import load_inputs, simulate  # late: --help must not wait for the price libraries
    from backtest.selection.recording import record_runs
    from backtest.selection.trials import default_trials
    from backtest.studies.disturb import rivals
    from backtest.studies.files import StudyFiles, asked_of, require_place, write_study
    from backtest.studies.stability_text import RESULT_COLUMNS, draw, result_rows
    from backtest.studies.stability_text import as_json as json_of
    from backtest.workers.parts import open_parts

    where = source_of(**source)
    inputs = load_inputs(where, params)
    asked = asked_of("stability", inputs, params, simulations=simulations, seed=seed)
    require_place(out, asked, force=force)
    study = _disturb(inputs, params, simulations, seed, choice, partial(open_parts, out, asked, force=force))
    shared = f"{rivals(inputs.candidates, params, inputs.history)} of {len(inputs.candidates)} candidates"
    ran = [(params, simulate(inputs, params).equity)]
    lost = record_runs(trials or default_trials(), where, inputs, ran, "stability", "portfolio")
    notes = (
        *inputs.notes,
        *([] if lost is None else [lost]),
        f"{shared} share their session with another, only their scores can be shuffled",
    )
    found = json_of(study, asked, notes)
    files = StudyFiles(RESULT_COLUMNS, result_rows(study), found, {PICTURE: draw(study)})
    pictures = write_study(out, files)
    if as_json:
        print_result(found | {"out": str(out), "pictures": [str(path) for path in pictures]})
    else:
        _say(study, notes, pictures)


def _disturb(
    inputs: Inputs, params: Params, simulations: int, seed: int, choice: Choice, parts: Callable[[], Parts]
) -> Stability:
    from backtest.engine.prepared import prepare
    from backtest.errors import InputError
    from backtest.progress import progress_bar
    from backtest.studies.stability import Ground, run_task, summarize, tasks_of
    from backtest.workers.mapping import map_tasks

    ground = Ground(prepare(inputs), params, seed)
    real = ground.run()
    if not len(real.trades):
        raise InputError("nothing to disturb: the run has no trade", next_step="Give a longer stretch, or other rules.")
    tasks = tasks_of(simulations)
    with progress_bar("runs") as progress:
        results = map_tasks(choice, run_task, ground, tasks, parts=parts(), progress=progress, tell=tell)
    return summarize(ground, real, tasks, results)


def _say(study: Stability, notes: Sequence[str], pictures: Sequence[Path]) -> None:
    from backtest.studies.stability_text import COLUMNS, rows_of, sentence

    say_table(COLUMNS, rows_of(study))
    say_notes(notes)
    for path in pictures:
        say(f"picture: {path}")
    say("")
    say_prose(sentence(study))
