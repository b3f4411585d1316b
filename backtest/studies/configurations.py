"""Many configurations on the same data: each one's account and figures, whoever computes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backtest.engine.prepared import Prepared, prepare
from backtest.engine.result import Result
from backtest.measures.drawdowns import max_drawdown
from backtest.measures.numbers import mean, rounded
from backtest.measures.trades import profit_factor
from backtest.measures.yearly import compound_growth, session_returns
from backtest.money import format_price
from backtest.params import Params
from backtest.portfolio_simulator import simulate_portfolio
from backtest.runs.inputs import Inputs, Source, load_inputs
from backtest.selection.moments import Moments, known_moments
from backtest.selection.recording import trial_data
from backtest.selection.trials import TrialData
from backtest.studies.windows import Window
from backtest.workers.choice import Choice
from backtest.workers.mapping import Progress, map_tasks
from backtest.workers.parts import Parts
from backtest.workers.pool import Tell

LOADED_BY = (
    "entry_mode",
    "indicator_window_weeks",
    "report_json",
    "max_identity_deviation_pct",
    "market_filter_file",
    "source",
)
"""The parameters that decide what is read; where they differ inputs are loaded for each of their combinations."""

Figures = Mapping[str, float | int | str | None]


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What one configuration gave.

    equity: int64, 1/10,000 USD after each session's close. capital: before the first session. moments: of the session
    returns; None of too few. figures: trades and P&L are those that the rules closed, P&L is in USD.
    """

    params: Params
    capital: int
    equity: NDArray[np.int64]
    moments: Moments | None
    figures: Figures

    @property
    def returns(self) -> NDArray[np.float64]:
        """The session returns, as shares."""
        return session_returns(np.concatenate(([self.capital], self.equity)))

    @property
    def sharpe(self) -> float | None:
        """The Sharpe ratio a year; None where nothing moved."""
        return None if self.moments is None else self.moments.yearly_sharpe


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """The inputs of a study, by the combination of `LOADED_BY`."""

    source: Source
    inputs: Mapping[tuple[Any, ...], Inputs]

    def of(self, params: Params) -> Inputs:
        return self.inputs[_loading(params)]

    @property
    def first(self) -> Inputs:
        return next(iter(self.inputs.values()))

    @property
    def days(self) -> tuple[date, ...]:
        """The sessions of the stretch."""
        return self.first.history.sessions.between(self.first.first, self.first.last)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be said of what was read, each once."""
        return tuple(dict.fromkeys(note for one in self.inputs.values() for note in one.notes))

    def data(self, params: Params) -> TrialData:
        """Return what the ledger of trials calls these inputs."""
        return trial_data(self.source, self.of(params), params)

    def asked(self) -> list[dict[str, str]]:
        """Return the fingerprints of everything that was read, as plain JSON values."""
        used = (one.data for one in self.inputs.values())
        return [
            {
                "prices": one.fingerprint,
                "candidates_sha256": one.candidates_sha256,
                **({"market_filter_sha256": one.market_filter_sha256} if one.market_filter_sha256 else {}),
            }
            for one in used
        ]


def loaded_before(source: Source, inputs: Inputs, params: Params) -> Loaded:
    """Return inputs that were read under `params` already."""
    return Loaded(source, {_loading(params): inputs})


def load(source: Source, configurations: Sequence[Params]) -> Loaded:
    """Read what the configurations need. Raises DriftError subclasses as `load_inputs`."""
    wanted = {_loading(params): params for params in configurations}
    return Loaded(source, {key: load_inputs(source, params) for key, params in wanted.items()})


def run_all(
    loaded: Loaded,
    configurations: Sequence[Params],
    choice: Choice,
    *,
    parts: Parts | None = None,
    progress: Progress = lambda done, count: None,
    tell: Tell = lambda words: None,
) -> list[Outcome]:
    """Run the primary of every configuration over the whole stretch, in their order; see `map_tasks`."""
    keys = list(loaded.inputs)
    prepared = [prepare(inputs) for inputs in loaded.inputs.values()]
    tasks = [(keys.index(_loading(params)), params) for params in configurations]
    found = map_tasks(choice, run_one, prepared, tasks, parts=parts, progress=progress, tell=tell)
    return [
        Outcome(
            params,
            params.capital_units,
            one["equity"],
            None if one["moments"] is None else Moments(**one["moments"]),
            one["figures"],
        )
        for params, one in zip(configurations, found, strict=True)
    ]


def tests_from_cash(loaded: Loaded, outcomes: Sequence[Outcome]) -> Callable[[int, Window], Outcome]:
    """Return what runs a configuration, by its number, in the test of a window, begun in cash; the account alone."""

    def run(number: int, window: Window) -> Outcome:
        params = outcomes[number].params
        inputs, tested = loaded.of(params), loaded.days[window.test]
        ledger = simulate_portfolio(inputs.candidates, inputs.history, tested[0], tested[-1], params)
        equity = np.array([point.equity for point in ledger.equity], dtype=np.int64)
        return Outcome(params, params.capital_units, equity, None, {})

    return run


def run_one(prepared: Sequence[Prepared], task: tuple[int, Params]) -> dict[str, Any]:
    """Return what one configuration gives, as plain JSON values and one array."""
    number, params = task
    result = prepared[number].result(params)
    moments = known_moments(session_returns(np.concatenate(([result.capital], result.equity))))
    return {
        "equity": result.equity,
        "moments": None if moments is None else asdict(moments),
        "figures": figures_of(result, moments),
    }


def figures_of(result: Result, moments: Moments | None) -> dict[str, float | int | str | None]:
    """Return the figures of a result, by the names and formulas of metrics.json."""
    closed = result.trades.is_closed
    pnl = result.trades.pnl[closed]
    gains, losses = int(pnl[pnl > 0].sum()), -int(pnl[pnl < 0].sum())
    growth = int(result.equity[-1]) / result.capital
    cagr = compound_growth(growth, len(result.equity))
    sharpe = None if moments is None else moments.yearly_sharpe
    return {
        "trades": len(pnl),
        "open_at_end": len(closed) - len(pnl),
        "win_rate_pct": mean((100.0 * (pnl > 0)).tolist()),
        "profit_factor": profit_factor(gains, losses),
        "pnl_usd": format_price(int(pnl.sum())),
        "total_return_pct": rounded(100 * (growth - 1)),
        "cagr_pct": None if cagr is None else rounded(100 * cagr),
        "sharpe": None if sharpe is None else rounded(sharpe),
        "max_drawdown_pct": rounded(100 * max_drawdown([result.capital, *result.equity.tolist()])),
    }


def return_matrix(outcomes: Sequence[Outcome]) -> NDArray[np.float64]:
    """Return the session returns: a row a session, a column a configuration."""
    matrix = np.empty((len(outcomes[0].equity), len(outcomes)))
    for number, one in enumerate(outcomes):
        matrix[:, number] = one.returns
    return matrix


def without_effect(places: Sequence[tuple[int, ...]], outcomes: Sequence[Outcome]) -> list[int]:
    """Return the numbers of the axes along which no configuration's account ever differed."""
    found = []
    prints = [hash((one.capital, one.equity.tobytes())) for one in outcomes]
    for axis in range(len(places[0])):
        groups: dict[tuple[int, ...], set[int]] = {}
        for place, fingerprint in zip(places, prints, strict=True):
            groups.setdefault((*place[:axis], *place[axis + 1 :]), set()).add(fingerprint)
        if len(groups) < len(places) and all(len(group) == 1 for group in groups.values()):
            found.append(axis)
    return found


def _loading(params: Params) -> tuple[Any, ...]:
    return tuple(getattr(params, name) for name in LOADED_BY)
