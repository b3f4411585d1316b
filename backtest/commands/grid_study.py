"""What the studies of a grid have in common: their options, and the grid, workers and ledger that these name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backtest.command_line import JSON
from backtest.commands.options import (
    PATH,
    Decorated,
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
from backtest.terminal import LABEL, say

if TYPE_CHECKING:
    from backtest.params import Params
    from backtest.runs.inputs import Source
    from backtest.studies.configurations import Loaded
    from backtest.studies.grid import Drawn, Grid
    from backtest.workers.choice import Choice
    from backtest.workers.parts import Parts


def grid_study_options(*own: Callable[[Any], Any], out: str, force: str) -> Callable[[Decorated], Decorated]:
    """Add the options of a study of a grid; the values go to `grid_study`. own: what only this study has."""
    options: tuple[Callable[[Any], Any], ...] = (
        source_options,
        parameter_options,
        grid_options,
        *own,
        trials_option,
        worker_options,
        click.option("--out", type=PATH, help=out),
        click.option("--force", is_flag=True, help=force),
        JSON,
        with_home,
    )

    def add(command: Decorated) -> Decorated:
        for option in reversed(options):
            command = option(command)
        return command

    return add


@dataclass(frozen=True, slots=True)
class GridStudy:
    """A study of a grid as it was asked for. params: without what is varied."""

    params: Params
    grid: Grid
    drawn: Drawn
    strategy: str
    ledger: Path
    choice: Choice
    source: Source
    sample: int | None
    seed: int
    out: Path | None
    force: bool

    def begin(self, loaded: Loaded, *, study: str, **more: object) -> tuple[dict[str, Any], Parts | None]:
        """Return what the study is bound to, and where its finished parts are kept. more: its own settings.

        Raises InputError (7) for a folder that holds something else.
        """
        from backtest.studies.files import parts_in
        from backtest.studies.sweep import asked_of

        how = {"study": study, "random": self.sample, "seed": self.seed, **more}
        asked = asked_of(self.grid, self.drawn, loaded, self.strategy, **how)
        return asked, parts_in(self.out, asked, force=self.force)


def grid_study(
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
    **source: Any,
) -> GridStudy:
    """Return the study that the options ask for. Raises UsageError (2), ConfigError (6), InputError (7)."""
    from backtest.sources.settings import load_strategies_dir  # late: --help must not wait for the price libraries
    from backtest.studies.drawn import drawn_grid
    from backtest.studies.tried import ledger_file

    choice = choice_of(workers, cluster)
    params = params_of(config, ())
    folder = load_strategies_dir(config)
    grid, drawn = drawn_grid(
        params, settings, grid_file, strategy=strategy, count=sample, seed=seed, strategies_dir=folder
    )
    ledger = ledger_file(trials)
    return GridStudy(params, grid, drawn, strategy, ledger, choice, source_of(**source), sample, seed, out, force=force)


def say_picture(picture: Path | None) -> None:
    """Print where the picture of a study lies."""
    say("picture".ljust(LABEL) + ("none without --out" if picture is None else str(picture)))
