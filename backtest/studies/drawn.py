"""The grid of a study with its configurations, and what may not be varied in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from backtest.errors import ConfigError
from backtest.params import Params
from backtest.sources.resolve import resolve
from backtest.strategies import PLACES, PRIMARY, SHADOW, SHADOWS
from backtest.studies.grid import Drawn, Grid, draw, is_of_variant, read_grid


def drawn_grid(
    params: Params,
    settings: Iterable[str],
    file: Path | None = None,
    *,
    strategy: str,
    count: int | None = None,
    seed: int = 1,
    strategies_dir: Path | None = None,
) -> tuple[Grid, Drawn]:
    """Return the grid of a study of `strategy`, and its configurations. strategies_dir: of the user's own sources.

    Raises ConfigError (6) as its parts do, InputError (7) for a candidate source that cannot be read.
    """
    grid = read_grid(params, settings, file)
    require_effect(grid, strategy)
    grid = replace(grid, base=resolve(grid.base, strategies_dir))
    return grid, draw(grid, count, seed)


def require_effect(grid: Grid, strategy: str) -> None:
    """Refuse to vary a strategy that is not run. strategy: `primary`, `shadow` or a shadow's id.

    Raises ConfigError (6).
    """
    own = PRIMARY if strategy == grid.base.primary.strategy_id else strategy
    for axis in grid.axes:
        if _is_of_source(axis.name):
            raise ConfigError(
                f"{axis.name} not possible with several values: a study reads its candidates once (expected one value)",
                next_step="Run each of them by itself, and compare the runs.",
            )
        head, _, tail = axis.name.partition(".")
        if head not in PLACES or not tail:
            continue
        other, tail = tail.split(".", 1) if head == SHADOWS else (head, tail)
        if other == own or (head != PRIMARY and len(grid.base.shadows) == 1 and own != PRIMARY):
            continue
        expected = f"{own}.{tail}" if own in (PRIMARY, SHADOW) else f"{SHADOWS}.{own}.{tail}"
        raise ConfigError(
            f"{axis.name} not possible in --set: the {strategy} is run (expected {expected})",
            next_step=f"To vary the {other} give --strategy {other}.",
        )


def _is_of_source(name: str) -> bool:
    """Return whether a parameter decides which candidates there are."""
    last = name.rpartition(".")[2]
    return is_of_variant(name) and (last in ("source", "symbols_file") or ".source_parameters." in name)
