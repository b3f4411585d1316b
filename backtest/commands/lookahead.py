"""`python -m backtest lookahead`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backtest.command_line import JSON, error_json, print_result
from backtest.commands.options import (
    PATH,
    choice_of,
    parameter_options,
    params_of,
    source_of,
    source_options,
    worker_options,
)
from backtest.errors import UsageError, error_line
from backtest.home import with_home
from backtest.terminal import say, say_notes, say_prose, say_table, tell

if TYPE_CHECKING:
    from backtest.params import Params
    from backtest.runs.inputs import CandidateMaker, Inputs
    from backtest.studies.lookahead import Compared
    from backtest.workers.choice import Choice

PICTURE = "lookahead.svg"
FOUND = ("what was decided depends on what came later", "Each is a bug: see the lines above, or --json.")


@click.command()
@source_options
@parameter_options
@click.option("--mode", type=click.Choice(["portfolio", "trade"]), default="portfolio", show_default=True)
@click.option("--cuts", type=click.IntRange(1), default=20, show_default=True, help="Sessions to cut after.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Of the drawing of sessions.")
@worker_options
@click.option("--out", type=PATH, help="Folder for results.csv, study.json and the picture.")
@click.option("--force", is_flag=True, help="Write over another study or run in that folder.")
@JSON
@with_home
@click.pass_context
def lookahead(
    ctx: click.Context,
    /,
    config: Path | None,
    settings: tuple[str, ...],
    mode: str,
    cuts: int,
    seed: int,
    workers: int | None,
    cluster: str | None,
    out: Path | None,
    force: bool,
    as_json: bool,
    **source: Any,
) -> None:
    """Prove that no decision knows what came after it.

    Cuts the data after random sessions (bars, splits and candidates behind the
    cut are taken away), runs again and compares candidates, decisions, trades,
    skips and equity up to the cut.

    \b
    Example: python -m backtest lookahead --candidates candidates.csv \\
                 --prices bars/ --from 2016-01-04 --to 2016-12-30
    Exit codes: 0 not one difference, 1 any difference, 2 usage,
    6 configuration, 7 input unreadable or unusable, 8 cluster not reachable.
    """
    choice, params = choice_of(workers, cluster), params_of(config, settings)
    from backtest.runs.inputs import load_with_maker  # late: --help must not wait for the price libraries
    from backtest.studies.files import StudyFiles, asked_of, require_place, write_study
    from backtest.studies.lookahead_text import RESULT_COLUMNS, draw, result_rows
    from backtest.studies.lookahead_text import as_json as json_of

    inputs, candidates_of = load_with_maker(source_of(**source), params)
    if inputs.first == inputs.last:
        raise UsageError(f"nothing to cut in the one session {inputs.first} (expected --from before --to)")
    asked = asked_of("lookahead", inputs, params, mode=mode, cuts=cuts, seed=seed)
    if out is not None:
        require_place(out, asked, force=force)
    compared = _compare(inputs, candidates_of, params, mode, cuts, seed, choice)
    code = 1 if any(one.differences for one in compared) else 0
    found = json_of(compared, asked, seed)
    pictures: tuple[Path, ...] = ()
    if out is not None:
        files = StudyFiles(RESULT_COLUMNS, result_rows(compared), found, {PICTURE: draw(compared, seed)})
        pictures = write_study(out, files)
    if as_json:
        error = error_json(code, *FOUND, None) if code else None
        where = {"notes": list(inputs.notes), "out": out and str(out), "pictures": [str(path) for path in pictures]}
        print_result(found | where | {"exit_code": code, "error": error})
    else:
        say_notes(inputs.notes)
        _say(compared, seed, pictures)
    if code:
        say(error_line(code, *FOUND), err=True)
        ctx.exit(code)


def _compare(
    inputs: Inputs, candidates_of: CandidateMaker, params: Params, mode: str, cuts: int, seed: int, choice: Choice
) -> list[Compared]:
    from backtest.progress import progress_bar
    from backtest.rules import decide, decide_each
    from backtest.studies.lookahead import Studied, compare_at, draw_cuts, observe
    from backtest.workers.mapping import map_tasks

    rules = decide_each if mode == "trade" else decide
    studied = Studied(candidates_of, rules, inputs.history, inputs.first, inputs.last, params)
    whole = observe(studied, studied.history, studied.last)
    days = draw_cuts(whole, studied, cuts, seed)
    with progress_bar("cuts") as progress:
        return map_tasks(choice, compare_at, (studied, whole), days, progress=progress, tell=tell)


def _say(compared: Sequence[Compared], seed: int, pictures: Sequence[Path]) -> None:
    from backtest.studies.lookahead_text import COLUMNS, SHOWN, differences_of, lines_of, rows_of, sentence

    found = differences_of(compared)
    for one, row in zip(found[:SHOWN], rows_of(found), strict=False):
        say_table(COLUMNS, [row])
        for line in lines_of(one):
            say_prose(f"  {line}")
    if len(found) > SHOWN:
        say(f"{len(found) - SHOWN} more differences: --json has all")
    for path in pictures:
        say(f"picture: {path}")
    say_prose(sentence(compared, seed))
