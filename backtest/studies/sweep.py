"""A sweep: every configuration of a grid on the same data, the best by its neighbours, and what that is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backtest.errors import InputError
from backtest.manifest import git_sha
from backtest.selection.assessment import Assessment, assess_choice
from backtest.selection.neighbourhood import Neighbourhood, best_of, neighbourhoods
from backtest.settings import params_to_plain
from backtest.studies.configurations import Loaded, Outcome, return_matrix, without_effect
from backtest.studies.grid import Axis, Drawn, Grid
from backtest.studies.tried import Tried, add_to_ledger


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """A finished sweep. outcomes, places, around: of every configuration, in grid order.

    chosen: number of the best by its neighbourhood; peak: of the one with the highest Sharpe ratio. reach: how many
    steps away a neighbour may be. is_sample: configurations were drawn from the grid. unused: axes without effect.
    read: notes on what was read.
    """

    grid: Grid
    drawn: Drawn
    outcomes: Sequence[Outcome]
    around: Sequence[Neighbourhood]
    reach: int
    chosen: int
    peak: int
    assessment: Assessment
    tried: Tried
    strategy: str
    is_sample: bool
    unused: tuple[str, ...]
    read: tuple[str, ...]

    @property
    def axes(self) -> tuple[Axis, ...]:
        return self.grid.axes

    @property
    def places(self) -> list[tuple[int, ...]]:
        return [point.places for point in self.drawn.points]

    def name(self, number: int) -> str:
        """Return a configuration in words."""
        return self.grid.name(self.drawn.points[number].places)

    def ranking(self) -> list[int]:
        """Return the numbers of the configurations, the chosen one first, the others by their neighbourhoods."""
        others = [number for number in range(len(self.outcomes)) if number != self.chosen]
        return [self.chosen, *sorted(others, key=lambda n: (-self.around[n].mean, -self.around[n].lowest, n))]


def asked_of(grid: Grid, drawn: Drawn, loaded: Loaded, strategy: str, **how: Any) -> dict[str, Any]:
    """Return what a study of a grid is bound to, as plain JSON values. how: the study, and its own settings."""
    varied = {axis.name for axis in grid.axes}
    return {
        **how,
        "strategy": strategy,
        "parameters": {name: value for name, value in params_to_plain(grid.base).items() if name not in varied},
        "grid": {axis.name: list(axis.shown) for axis in grid.axes},
        "configurations": len(drawn.points),
        "from": loaded.first.first.isoformat(),
        "to": loaded.first.last.isoformat(),
        "data": loaded.asked(),
        "git_sha": git_sha(),
    }


def judge(grid: Grid, drawn: Drawn, loaded: Loaded, outcomes: Sequence[Outcome], strategy: str, trials: Path) -> Sweep:
    """Return the sweep that these outcomes make, its trials recorded.

    Raises InputError (7) when the stretch is too short for a Sharpe ratio, or the ledger of trials cannot be used.
    """
    moments = [one.moments for one in outcomes if one.moments is not None]
    if len(moments) < len(outcomes):
        raise InputError(
            f"stretch too short: {loaded.first.first} to {loaded.first.last} (expected at least 4 sessions)",
            next_step="Give an earlier --from or a later --to.",
        )
    places, sharpes = [point.places for point in drawn.points], [one.sharpe for one in outcomes]
    sizes, ordered = [len(axis.values) for axis in grid.axes], [axis.is_ordered for axis in grid.axes]
    found = neighbourhoods(places, sharpes, sizes, ordered)
    chosen = best_of(found, sharpes)
    tried = add_to_ledger(trials, loaded, outcomes, "sweep")
    return Sweep(
        grid=grid,
        drawn=drawn,
        outcomes=outcomes,
        around=found.found,
        reach=found.reach,
        chosen=chosen,
        peak=max(range(len(outcomes)), key=lambda n: (_known(sharpes[n]), -n)),
        assessment=assess_choice(return_matrix(outcomes), chosen, moments, tried.count, tried.sharpes),
        tried=tried,
        strategy=strategy,
        is_sample=len(drawn.points) + len(drawn.refused) < grid.size,
        unused=tuple(grid.axes[axis].name for axis in without_effect(places, outcomes)),
        read=loaded.notes,
    )


def rows_of(sweep: Sweep) -> list[dict[str, Any]]:
    """Return a row a configuration, in grid order: its values, its figures, its neighbourhood."""
    rows = []
    for point, outcome, around in zip(sweep.drawn.points, sweep.outcomes, sweep.around, strict=True):
        values = {axis.name: axis.shown[place] for axis, place in zip(sweep.axes, point.places, strict=True)}
        near = {
            "neighbours": around.count,
            "neighbourhood_sharpe": round(around.mean, 4),
            "neighbourhood_lowest": round(around.lowest, 4),
        }
        rows.append({**values, **outcome.figures, **near})
    return rows


def _known(value: float | None) -> float:
    return float("-inf") if value is None else value
