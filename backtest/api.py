"""The backtest for notebooks: load once, run often, look at pandas tables. The commands print the same figures.

    from backtest.api import load, run, trades, equity, metrics, groups

    data = load(prices="bars/", candidates="candidates.csv", first="2011-03-01", last="2016-12-30")
    base = run(data)
    tight = run(data, {"stop_loss_pct": 7, "primary.period": 8})
    groups(base, "grade")
    equity(tight)["equity"].plot()

Amounts are USD as float64, returns are percent, dates are datetime64. Everything that goes wrong is a `DriftError`
whose text says what and where (`backtest/errors.py`).
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd

from backtest.engine.prepared import Prepared, prepare
from backtest.errors import UsageError
from backtest.measures.bootstrap import SEED
from backtest.measures.group_table import group_table
from backtest.measures.groups import GroupBy
from backtest.measures.whole import closed_by_rules, split_metrics
from backtest.model import Price
from backtest.params import Params
from backtest.portfolio_simulator import EquityPoint
from backtest.runs import frames
from backtest.runs.inputs import Inputs, Source, load_inputs
from backtest.runs.listing import as_json, find_runs
from backtest.runs.measured import require_split
from backtest.runs.read import read_run
from backtest.runs.recorded import RecordedSkip, RecordedTrade
from backtest.runs.run import evaluate, write_run
from backtest.selection.recording import record_runs
from backtest.selection.trials import default_trials
from backtest.settings import apply_settings, load_params, params_to_plain
from backtest.sources.resolve import resolve
from backtest.sources.settings import load_strategies_dir
from backtest.strategies import as_executed
from backtest.studies import frames as study_frames
from backtest.studies.comparison import compare_sides
from backtest.studies.notebook import Cut, require_same_data, sweep_table, walk_tables
from backtest.studies.pairs import Side
from backtest.studies.sides import side_of_record
from backtest.typed_settings import as_set

Day: TypeAlias = date | str
"""A date, or YYYY-MM-DD."""
Place: TypeAlias = Path | str
Settings: TypeAlias = Mapping[str, object]
"""Parameters by name, dotted for the strategies: {"stop_loss_pct": 7, "primary.period": 8}; None switches one off."""


@dataclass(frozen=True, slots=True)
class Data:
    """Candidates and prices of a stretch, read once. params: those in force unless a run changes them."""

    source: Source
    inputs: Inputs = field(repr=False)
    prepared: Prepared = field(repr=False)
    params: Params = field(repr=False)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the commands print as notes."""
        return self.inputs.notes


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run, made here or read from a folder; a cell shows which. metrics: the content of metrics.json."""

    strategy: str
    first: date
    last: date
    parameters: Mapping[str, Any] = field(repr=False)
    capital: Price = field(repr=False)
    trades: tuple[RecordedTrade, ...] = field(repr=False)
    skipped: tuple[RecordedSkip, ...] = field(repr=False)
    equity: tuple[EquityPoint, ...] = field(repr=False)
    metrics: Mapping[str, Any] = field(repr=False)


def load(
    *,
    prices: Place,
    first: Day,
    last: Day,
    candidates: Place | None = None,
    reports: Place | None = None,
    assets: Place | None = None,
    config: Place | None = None,
    settings: Settings | None = None,
) -> Data:
    """Read candidates (a CSV file, or a folder of reports) and prices for the sessions from `first` to `last`.

    Neither is given where the strategy proposes its own candidates (`primary.source`).
    config: a configuration file, without one the defaults. settings: parameters on top of it.
    """
    params = resolve(_changed(load_params(_path(config)), settings), load_strategies_dir(_path(config)))
    source = Source(str(prices), _day(first), _day(last), _path(reports), _path(candidates), _path(assets))
    inputs = load_inputs(source, params)
    return Data(source, inputs, prepare(inputs), params)


def run(
    data: Data,
    settings: Settings | None = None,
    *,
    strategy: str = "primary",
    mode: str = "portfolio",
    out: Place | None = None,
    force: bool = False,
    trials: Place | None = None,
) -> Run:
    """Run the rules over the data. settings: parameters on top of the data's. strategy: primary or shadow.

    mode: portfolio holds slots, trade takes every candidate alone. out: a folder to write the run into, as the command
    `run` does; one that holds another run is refused without force. trials: the ledger of trials, the user's own by
    default; a warning says so when it cannot be written.
    """
    _require_one_of("mode", mode, ("portfolio", "trade"))
    params = _changed(data.params, settings)
    own = as_executed(params, strategy)
    require_same_data(data, own)
    outcome = evaluate(data.inputs, data.prepared, own, mode)
    if out is not None:
        write_run(Path(out), data.source, own, data.inputs, outcome, mode, force=force)
    ran = [(own, outcome.ledger.equity)]
    lost = record_runs(_path(trials) or default_trials(), data.source, data.inputs, ran, "api.run", mode)
    if lost is not None:
        warnings.warn(lost, stacklevel=2)
    return Run(
        own.primary.strategy_id,
        data.source.first,
        data.source.last,
        params_to_plain(own),
        own.capital_units,
        outcome.trades,
        outcome.skipped,
        outcome.ledger.equity,
        outcome.metrics,
    )


def read(folder: Place) -> Run:
    """Return the run in a folder that the command `run` made."""
    stored = read_run(Path(folder))
    return Run(
        stored.strategy_id,
        stored.first,
        stored.last,
        stored.parameters,
        stored.params().capital_units,
        stored.trades,
        stored.skipped,
        stored.equity,
        stored.metrics,
    )


def runs(folder: Place = "runs") -> pd.DataFrame:
    """Return the runs beneath a folder, the newest first: the rows of `runs list`."""
    return pd.DataFrame([as_json(one) for one in find_runs(Path(folder)).found])


def trades(run: Run) -> pd.DataFrame:
    """Return a row a trade, the columns of trades.csv: prices and P&L in USD, in units of the exit day."""
    return frames.trade_frame(run.trades)


def skipped(run: Run) -> pd.DataFrame:
    """Return a row a candidate that became no trade: grade, score, reason and why."""
    return frames.skip_frame(run.skipped)


def equity(run: Run) -> pd.DataFrame:
    """Return a row a session, by date: equity and cash in USD, positions, and the session's return as a share."""
    return frames.equity_frame(run.equity, run.capital)


def metrics(run: Run, *, split: Day | None = None) -> pd.DataFrame:
    """Return every figure: of what (closed, open, account), value, low and high of its 95 % interval, unit, formula.

    split: the same before (in_sample) and from a date (out_of_sample); the column `part` says which.
    """
    if split is None:
        return frames.figure_frame({"whole": run.metrics})
    day = _day(split)
    require_split(run.first, run.last, day)
    found = split_metrics(run.trades, run.equity, run.capital, day)
    return frames.figure_frame({part: found[part] for part in ("in_sample", "out_of_sample")})


def groups(run: Run, by: str, *, seed: int = SEED) -> pd.DataFrame:
    """Return the trades that the rules closed by groups, a row a group and the last one of all: see `metrics --by`.

    by: grade, score, gap, month, year, weekday, exit_reason or rank. low, high: 95 % interval of the mean return;
    against_low, against_high: of its difference to the other trades; differs: whether that does not include 0.
    `attrs["sentences"]` holds what can be said.
    """
    if by not in set(GroupBy):
        raise UsageError(f"groups by {by} not known (expected one of {', '.join(GroupBy)})")
    return frames.group_frame(group_table(closed_by_rules(run.trades), GroupBy(by), seed=seed))


def sweep(
    data: Data,
    settings: Mapping[str, object],
    *,
    random: int | None = None,
    seed: int = SEED,
    strategy: str = "primary",
    workers: int = 1,
    trials: Place | None = None,
) -> pd.DataFrame:
    """Return a row a configuration of the grid that settings span: {"stop_loss_pct": [5, 8], "max_gap": "4..20:2"}.

    random: how many combinations to draw, all without it. trials: the ledger of trials, the user's own by default.
    `attrs` has the row that is chosen, the statistics of the choice, and the sentence of the command `sweep`.
    """
    return sweep_table(data, settings, random, seed, strategy, workers, _path(trials))


def walk_forward(
    data: Data,
    settings: Mapping[str, object],
    *,
    train: str = "2y",
    test: str = "6m",
    windows: int | None = None,
    expanding: bool = False,
    strategy: str = "primary",
    workers: int = 1,
    trials: Place | None = None,
) -> study_frames.Walk:
    """Return the windows and the curve of the command `walk-forward`. windows: how many instead of `test`."""
    how = Cut(train, test, windows, expanding)
    return walk_tables(data, settings, how, strategy, workers, _path(trials))


def compare(first: Run, second: Run, *, split: Day | None = None, seed: int = SEED) -> pd.DataFrame:
    """Return the figures of two runs on the sessions that both have, by part and figure: see the command `compare`.

    difference: the first less the second; low, high: its 95 % interval. split: also before and from a date on, which
    is then judged. `attrs` has the verdict, the sentence, and the years of such data that a verdict would take.
    """
    names = (first.strategy, second.strategy) if first.strategy != second.strategy else ("first", "second")
    one, other = (_side(run, name) for run, name in zip((first, second), names, strict=True))
    return study_frames.comparison_frame(compare_sides(one, other, seed, split=None if split is None else _day(split)))


def formulas() -> pd.DataFrame:
    """Return every figure's title, unit, formula, source and day count, by name."""
    return frames.formula_frame()


def _side(run: Run, name: str) -> Side:
    return side_of_record(name, run.trades, run.skipped, run.equity, run.capital)


def _changed(params: Params, settings: Settings | None) -> Params:
    named = [f"{name}={as_set(value)}" for name, value in (settings or {}).items()]
    return apply_settings(params, named, "settings")


def _require_one_of(name: str, given: str, known: Sequence[str]) -> None:
    if given not in known:
        raise UsageError(f"{name} {given} not known (expected {' or '.join(known)})")


def _day(day: Day) -> date:
    try:
        return day if isinstance(day, date) else date.fromisoformat(day)
    except ValueError:
        raise UsageError(f"{day!r} is no date (expected YYYY-MM-DD)") from None


def _path(place: Place | None) -> Path | None:
    return None if place is None else Path(place)
