"""`python -m backtest compare`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backtest.command_line import JSON, SessionDate, print_result
from backtest.commands.options import (
    PATH,
    optional_source_options,
    parameter_options,
    params_of,
    source_of,
    trials_option,
)
from backtest.errors import UsageError
from backtest.home import with_home
from backtest.strategies import PRIMARY, SHADOW
from backtest.terminal import say, say_notes, say_prose, say_table

if TYPE_CHECKING:
    from backtest.studies.comparison import Comparison
    from backtest.studies.sides import Sides

PICTURE = "compare.svg"


@click.command()
@click.argument("runs", nargs=-1, metavar="[RUN RUN]", type=PATH)
@click.option(
    "--strategies",
    metavar="A,B",
    help="Run these two of the configuration instead: primary, shadow or a shadow's id.",
)
@optional_source_options
@parameter_options
@trials_option
@click.option("--split", type=SessionDate(), help="Compare before and from this date on too; the latter is judged.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Of the resampling.")
@click.option(
    "--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes that run the two strategies."
)
@click.option("--out", type=PATH, help="Folder for results.csv, study.json and the picture.")
@click.option("--force", is_flag=True, help="Write over another study or run in that folder.")
@JSON
@with_home
def compare(
    runs: tuple[Path, ...],
    strategies: str | None,
    config: Path | None,
    settings: tuple[str, ...],
    trials: Path | None,
    split: date | None,
    seed: int,
    workers: int,
    out: Path | None,
    force: bool,
    as_json: bool,
    **source: Any,
) -> None:
    """Say whether one run is better than another, and how sure that is.

    Two folders of runs, or two strategies of the configuration run on the same
    candidates and prices. Trades are paired by candidate, the accounts by session;
    --from and --to take a part of two runs. Better, worse or undecidable: by the
    95 % interval of the difference of the yearly return (blocks of sessions).

    \b
    Examples:
      python -m backtest compare runs/a runs/b --from 2014-01-02
      python -m backtest compare --strategies primary,shadow --prices bars/ \\
          --candidates candidates.csv --from 2011-01-03 --to 2016-12-30 \\
          --split 2014-01-02
    Exit codes: 0 done, 2 usage, 6 configuration, 7 a run or input unreadable,
    or nothing in common.
    """
    sides = _sides(runs, strategies, config, settings, trials, workers, source)
    asked = dict(sides.asked) | {
        "stretch": [day and day.isoformat() for day in (source["first"], source["last"], split)],
        "seed": seed,
    }
    if out is not None:
        from backtest.studies.files import require_place  # late: --help must not wait

        require_place(out, asked, force=force)
    from backtest.studies.comparison import compare_sides

    since, until = source["first"], source["last"]
    one = compare_sides(sides.first, sides.second, seed, since=since, until=until, split=split, notes=sides.notes)
    pictures = _write(one, asked, out) if out is not None else ()
    if as_json:
        from backtest.studies.compare_text import as_json as json_of

        print_result(json_of(one, asked) | {"out": out and str(out), "pictures": [str(path) for path in pictures]})
    else:
        _say(one, pictures)


def _sides(
    runs: tuple[Path, ...],
    strategies: str | None,
    config: Path | None,
    settings: tuple[str, ...],
    trials: Path | None,
    workers: int,
    source: dict[str, Any],
) -> Sides:
    from backtest.studies.sides import of_runs, of_strategies  # late: --help must not wait for the price libraries
    from backtest.workers.choice import Choice

    inputs = [f"--{name}" for name in ("reports", "candidates", "prices", "assets") if source[name] is not None]
    if runs:
        if strategies is not None or inputs or config is not None or settings:
            raise UsageError(
                "give either two folders of runs or --strategies with --prices, --from, --to and candidates"
            )
        if len(runs) != 2:
            raise UsageError(f"two runs are compared, given: {len(runs)}")
        return of_runs(*runs)
    missing = [
        f"--{flag}" for flag, name in (("prices", "prices"), ("from", "first"), ("to", "last")) if not source[name]
    ]
    if missing:
        raise UsageError(f"nothing to compare without {', '.join(missing)} (expected two folders of runs, or inputs)")
    named = _pair(strategies or f"{PRIMARY},{SHADOW}")
    return of_strategies(source_of(**source), params_of(config, settings), named, trials, Choice(workers))


def _pair(text: str) -> tuple[str, str]:
    names = tuple(name.strip() for name in text.split(","))
    if len(names) != 2 or names[0] == names[1]:
        raise UsageError(f"--strategies {text} is not possible (expected two, as primary,shadow)")
    return names[0], names[1]


def _write(one: Comparison, asked: dict[str, object], out: Path) -> tuple[Path, ...]:
    from backtest.studies.compare_text import PAIR_COLUMNS, draw, pair_rows
    from backtest.studies.compare_text import as_json as json_of
    from backtest.studies.files import StudyFiles, write_study

    rows = pair_rows(one.whole.pairs, one.names)
    return write_study(out, StudyFiles(PAIR_COLUMNS, rows, json_of(one, asked), {PICTURE: draw(one)}))


def _say(one: Comparison, pictures: tuple[Path, ...]) -> None:
    from backtest.studies.compare_text import (
        heading,
        kind_columns,
        kind_rows,
        measure_columns,
        measure_rows,
        sentence,
        title_of,
        year_columns,
        year_rows,
    )

    for key, part in one.parts.items():
        say(heading(title_of(key, one.split), part))
        say_table(measure_columns(one.names), measure_rows(part))
        say("")
        *rows, total = kind_rows(part, one.names)
        say_table(kind_columns(one.names), rows, total=total)
        say("")
    say_table(year_columns(one.names), year_rows(one.years))
    say_notes(one.notes)
    for path in pictures:
        say(f"picture: {path}")
    say("")
    say_prose(sentence(one))
