"""Sweep and walk-forward over inputs that a notebook has read before; `backtest.api` gives them out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import pandas as pd

from backtest.errors import UsageError
from backtest.params import Params
from backtest.runs.inputs import Inputs, Source
from backtest.strategies import as_executed
from backtest.studies.configurations import LOADED_BY, Loaded, loaded_before, run_all
from backtest.studies.drawn import drawn_grid
from backtest.studies.frames import Walk, sweep_frame, walk_frames
from backtest.studies.sweep import judge
from backtest.studies.tried import ledger_file
from backtest.studies.walk_forward_run import configurations_of, run_walk
from backtest.studies.windows import Length, windows_of
from backtest.typed_settings import as_set
from backtest.workers.choice import Choice


class Read(Protocol):
    """Inputs with where they are from, and the parameters they were read under."""

    @property
    def source(self) -> Source: ...
    @property
    def inputs(self) -> Inputs: ...
    @property
    def params(self) -> Params: ...


class Cut(NamedTuple):
    """How a walk-forward is cut into windows, in the words of its options."""

    train: str
    test: str
    windows: int | None
    is_expanding: bool


def sweep_table(
    data: Read,
    settings: Mapping[str, object],
    count: int | None,
    seed: int,
    strategy: str,
    workers: int,
    trials: Path | None,
) -> pd.DataFrame:
    """Return the rows of a sweep over inputs. count: of the combinations to draw, None: all."""
    grid, drawn = drawn_grid(data.params, _varied(settings), strategy=strategy, count=count, seed=seed)
    ledger = ledger_file(trials)
    configurations = [as_executed(point.params, strategy) for point in drawn.points]
    loaded = _loaded(data, configurations)
    outcomes = run_all(loaded, configurations, Choice(workers))
    return sweep_frame(judge(grid, drawn, loaded, outcomes, strategy, ledger))


def walk_tables(
    data: Read, settings: Mapping[str, object], how: Cut, strategy: str, workers: int, trials: Path | None
) -> Walk:
    """Return the tables of a walk-forward over inputs."""
    lengths = Length.parse(how.train, "train"), Length.parse(how.test, "test")
    grid, drawn = drawn_grid(data.params, _varied(settings), strategy=strategy)
    ledger = ledger_file(trials)
    configurations = configurations_of(grid, drawn, data.params, strategy)
    loaded = _loaded(data, configurations)
    cut = windows_of(loaded.days, *lengths, how.windows, is_expanding=how.is_expanding)
    found = run_walk(grid, drawn, loaded, configurations, cut, strategy, ledger, Choice(workers))
    return walk_frames(found, loaded.days)


def require_same_data(data: Read, params: Params) -> None:
    """Refuse parameters under which other data would have been read. Raises UsageError (2)."""
    for name in LOADED_BY:
        if getattr(params, name) != getattr(data.params, name):
            raise UsageError(f"{name} cannot be changed after loading (expected it in the settings of load)")


def _loaded(data: Read, configurations: Sequence[Params]) -> Loaded:
    for params in configurations:
        require_same_data(data, params)
    return loaded_before(data.source, data.inputs, data.params)


def _varied(settings: Mapping[str, object]) -> list[str]:
    """Return settings of which each may be a list of values, in the words of `--set`."""
    lists = ((name, value if isinstance(value, list | tuple) else [value]) for name, value in settings.items())
    return [f"{name}={','.join(map(as_set, values))}" for name, values in lists]
