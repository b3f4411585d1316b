"""`python -m backtest lookahead`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backtest.command_line import JSON, error_json, print_result
from backtest.commands.options import parameter_options, params_of, source_of, source_options
from backtest.errors import UsageError, error_line
from backtest.home import with_home
from backtest.terminal import say, say_prose, say_table

if TYPE_CHECKING:
    from backtest.studies.lookahead import Compared

FOUND = ("what was decided depends on what came later", "Each is a bug: see the lines above, or --json.")


@click.command()
@source_options
@parameter_options
@click.option("--mode", type=click.Choice(["portfolio", "trade"]), default="portfolio", show_default=True)
@click.option("--cuts", type=click.IntRange(1), default=20, show_default=True, help="Sessions to cut after.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Of the drawing of sessions.")
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
    6 configuration, 7 input unreadable or unusable.
    """
    from backtest.rules import decide, decide_each  # late: --help must not wait for the price libraries
    from backtest.runs.inputs import load_with_maker
    from backtest.studies.lookahead import Studied, compare_at, draw_cuts, observe
    from backtest.studies.lookahead_text import as_json as json_of

    params = params_of(config, settings)
    inputs, candidates_of = load_with_maker(source_of(**source), params)
    rules = decide_each if mode == "trade" else decide
    if inputs.first == inputs.last:
        raise UsageError(f"nothing to cut in the one session {inputs.first} (expected --from before --to)")
    studied = Studied(candidates_of, rules, inputs.history, inputs.first, inputs.last, params)
    whole = observe(studied, studied.history, studied.last)
    compared = [compare_at(studied, whole, after) for after in draw_cuts(whole, studied, cuts, seed)]
    code = 1 if any(one.differences for one in compared) else 0
    if as_json:
        error = error_json(code, *FOUND, None) if code else None
        print_result(json_of(compared, seed) | {"exit_code": code, "error": error})
    else:
        _say(compared, seed)
    if code:
        say(error_line(code, *FOUND), err=True)
        ctx.exit(code)


def _say(compared: Sequence[Compared], seed: int) -> None:
    from backtest.studies.lookahead_text import COLUMNS, SHOWN, differences_of, lines_of, rows_of, sentence

    found = differences_of(compared)
    for one, row in zip(found[:SHOWN], rows_of(found), strict=False):
        say_table(COLUMNS, [row])
        for line in lines_of(one):
            say_prose(f"  {line}")
    if len(found) > SHOWN:
        say(f"{len(found) - SHOWN} more differences: --json has all")
    say_prose(sentence(compared, seed))
