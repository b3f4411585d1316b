"""A walk-forward from its grid to what it found: for the command, and over inputs that a notebook has read before."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from backtest.params import Params
from backtest.strategies import as_executed
from backtest.studies.configurations import Loaded, run_all, tests_from_cash
from backtest.studies.grid import Drawn, Grid
from backtest.studies.tried import add_to_ledger
from backtest.studies.walk_forward import WalkForward, walk
from backtest.studies.windows import Window
from backtest.workers.choice import Choice
from backtest.workers.mapping import Progress
from backtest.workers.parts import Parts
from backtest.workers.pool import Tell


def configurations_of(grid: Grid, drawn: Drawn, params: Params, strategy: str) -> list[Params]:
    """Return what is run: every configuration that was drawn, and last the one left as it is."""
    every = [*(point.params for point in drawn.points), grid.unchanged(params)]
    return [as_executed(one, strategy) for one in every]


def run_walk(
    grid: Grid,
    drawn: Drawn,
    loaded: Loaded,
    configurations: Sequence[Params],
    windows: Sequence[Window],
    strategy: str,
    ledger: Path,
    choice: Choice,
    *,
    parts: Parts | None = None,
    progress: Progress = lambda done, count: None,
    tell: Tell = lambda words: None,
) -> WalkForward:
    """Run every configuration once, count them as tried, and judge the choice of each window.

    configurations: of `configurations_of`. Raises what `run_all` raises, and InputError (7) for the ledger of trials.
    """
    outcomes = run_all(loaded, configurations, choice, parts=parts, progress=progress, tell=tell)
    tried = add_to_ledger(ledger, loaded, outcomes, "walk-forward")
    *varied, kept = outcomes
    cash = tests_from_cash(loaded, varied)
    return walk(grid, drawn.points, varied, kept, windows, tried, strategy, cash, loaded.notes)
