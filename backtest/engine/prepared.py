"""Inputs prepared for many simulations: `prepare` once, then a ledger or a result for each configuration."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Protocol

from backtest.engine.price_table import price_table
from backtest.engine.result import Result, result_of
from backtest.engine.results import ledger_from, result_from
from backtest.engine.simulation import Simulation
from backtest.market import PriceHistory
from backtest.model import Candidate
from backtest.params import Params
from backtest.portfolio_simulator import Ledger, simulate_portfolio
from backtest.trade_simulator import simulate_trades


class Material(Protocol):
    """What is prepared: `backtest.runs.inputs.Inputs`, or anything with its candidates, prices and stretch."""

    @property
    def candidates(self) -> Sequence[Candidate]: ...

    @property
    def history(self) -> PriceHistory: ...

    @property
    def first(self) -> date: ...

    @property
    def last(self) -> date: ...


class Prepared:
    """One set of inputs, ready for any number of configurations; it can be sent to another process.

    In a few markets only the step-by-step simulator can answer, and it does: those that `price_table` names, and where
    positions of these sizes at the highest price might not fit into 64 bits.
    mode: "portfolio" holds slots, "trade" takes every candidate alone.
    """

    def __init__(self, candidates: Sequence[Candidate], history: PriceHistory, first: date, last: date) -> None:
        self.candidates = candidates
        self.history = history
        self.first = first
        self.last = last
        self._simulation = self._prepare()

    @property
    def is_fast(self) -> bool:
        """Whether the arrays answer, not the step-by-step simulator."""
        return self._simulation is not None

    def ledger(self, params: Params, mode: str = "portfolio") -> Ledger:
        """Return the ledger that the step-by-step simulator gives for these parameters, equal to the bit."""
        simulated = None if self._simulation is None else self._simulation.simulate(params, mode)
        if self._simulation is None or simulated is None:
            return self._step_by_step(params, mode)
        return ledger_from(simulated, self.candidates, self._simulation.table, params)

    def result(self, params: Params, mode: str = "portfolio") -> Result:
        """Return the same as columns, at a fraction of the cost: what sweeps read."""
        simulated = None if self._simulation is None else self._simulation.simulate(params, mode)
        if self._simulation is None or simulated is None:
            return result_of(self._step_by_step(params, mode), self.candidates, params.capital_units)
        return result_from(simulated, self._simulation.table, params)

    def _step_by_step(self, params: Params, mode: str) -> Ledger:
        simulator = simulate_trades if mode == "trade" else simulate_portfolio
        return simulator(self.candidates, self.history, self.first, self.last, params)

    def with_candidates(self, candidates: Sequence[Candidate]) -> Prepared:
        """Return the same prices prepared for other candidates; of tickers that are there already it costs little."""
        simulation = self._simulation
        if simulation is None or not {one.ticker for one in candidates} <= {one.ticker for one in self.candidates}:
            return Prepared(tuple(candidates), self.history, self.first, self.last)
        other = object.__new__(Prepared)
        other.candidates, other.history = tuple(candidates), self.history
        other.first, other.last = self.first, self.last
        other._simulation = Simulation(other.candidates, self.history, simulation.table, simulation.judged)
        return other

    def _prepare(self) -> Simulation | None:
        failed = self.history.failed
        tickers = sorted({one.ticker for one in self.candidates if one.ticker not in failed})
        known = [ticker for ticker in tickers if self.history.series(ticker) is not None]
        table = price_table(self.history, known, self.first, self.last)
        return None if table is None else Simulation(self.candidates, self.history, table)

    def __getstate__(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("candidates", "history", "first", "last")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Prices and candidates are sent; what is computed from them is computed again, sooner than it is sent."""
        self.__init__(**state)  # type: ignore[misc]


def prepare(material: Material) -> Prepared:
    """Return inputs prepared for many configurations. They must not change afterwards."""
    return Prepared(tuple(material.candidates), material.history, material.first, material.last)
