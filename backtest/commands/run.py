"""`python -m backtest run`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backtest.command_line import JSON, SessionDate, print_result
from backtest.commands.options import PATH, parameter_options, params_of, source_of, source_options, trials_option
from backtest.errors import UsageError
from backtest.home import with_home
from backtest.terminal import say_prose

if TYPE_CHECKING:
    from backtest.runs.run import RunDone
    from backtest.studies.comparison import Comparison


@click.command()
@source_options
@parameter_options
@click.option(
    "--strategies",
    default="primary",
    show_default=True,
    metavar="NAMES",
    help="primary, shadow, or both: primary,shadow, each in a folder of --out named by its id.",
)
@click.option("--mode", type=click.Choice(["portfolio", "trade"]), default="portfolio", show_default=True)
@click.option("--split", type=SessionDate(), help="Show the sessions before this date and those from it on too.")
@click.option("--out", required=True, type=PATH, help="Folder for the five files of the run.")
@click.option("--force", is_flag=True, help="Write over another run in that folder.")
@trials_option
@JSON
@with_home
def run(
    config: Path | None,
    settings: tuple[str, ...],
    strategies: str,
    mode: str,
    split: date | None,
    out: Path,
    force: bool,
    trials: Path | None,
    as_json: bool,
    **source: Any,
) -> None:
    """Run the strategy over past sessions and write ledger, equity, metrics and manifest.

    \b
    Example: python -m backtest run --candidates candidates.csv --prices bars/ \\
                 --from 2016-01-04 --to 2016-12-30 --out runs/2016
    Mode portfolio holds max_positions slots and rotates; mode trade takes every
    candidate alone. A folder that holds another run is refused.
    Exit codes: 0 done, 2 usage, 6 configuration, 7 input unreadable or unusable,
    or another run in the folder, 8 price source not reachable.
    """
    from backtest.runs.run import run_strategies  # late: --help must not wait for the price libraries
    from backtest.runs.text import as_json as json_of
    from backtest.runs.text import say_summary

    named = _named(strategies)
    params = params_of(config, settings)
    done = run_strategies(source_of(**source), params, named, out, mode, split=split, force=force, trials=trials)
    both = _comparison(done, split)
    if as_json:
        told = {} if both is None else {"comparison": _comparison_json(both)}
        print_result(json_of(done) | told)
    else:
        say_summary(done, split)
        if both is not None:
            say_prose(str(_comparison_json(both)["sentence"]))


def _comparison(done: Sequence[RunDone], split: date | None) -> Comparison | None:
    """Return two runs compared; None of one run, or of more."""
    if len(done) != 2:
        return None
    from backtest.measures.bootstrap import SEED
    from backtest.money import to_price
    from backtest.studies.comparison import compare_sides
    from backtest.studies.sides import side_of_ledger

    capitals = [to_price(str(one.metrics["account"]["start_usd"])) for one in done]
    first, second = (side_of_ledger(one.strategy, one.ledger, usd) for one, usd in zip(done, capitals, strict=True))
    return compare_sides(first, second, SEED, split=split)


def _comparison_json(both: Comparison) -> dict[str, object]:
    from backtest.studies.compare_text import sentence

    part = both.judged[1]
    return {"verdict": part.verdict.value, "needed_years": part.needed_years, "sentence": sentence(both)}


def _named(strategies: str) -> list[str]:
    """Return the strategies of a comma-separated list. Raises UsageError (2)."""
    named = [name.strip() for name in strategies.split(",")]
    if len(set(named)) < len(named):
        raise UsageError(f"--strategies {strategies} not possible (expected each at most once)")
    return named
