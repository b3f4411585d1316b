"""Inputs prepared for many simulations: `prepare` once, then a ledger or a result for each configuration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from backtest.engine.result import Result, result_of
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


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """One set of inputs, ready for any number of configurations; it can be sent to another process.

    mode: "portfolio" holds slots, "trade" takes every candidate alone.
    """

    candidates: Sequence[Candidate]
    history: PriceHistory
    first: date
    last: date

    def ledger(self, params: Params, mode: str = "portfolio") -> Ledger:
        """Return the ledger that the step-by-step simulator gives for these parameters, equal to the bit."""
        simulator = simulate_trades if mode == "trade" else simulate_portfolio
        return simulator(self.candidates, self.history, self.first, self.last, params)

    def result(self, params: Params, mode: str = "portfolio") -> Result:
        """Return the same as columns, at a fraction of the cost: what sweeps read."""
        return result_of(self.ledger(params, mode), self.candidates, params.capital_units)


def prepare(material: Material) -> Prepared:
    """Return inputs prepared for many configurations. They must not change afterwards."""
    return Prepared(tuple(material.candidates), material.history, material.first, material.last)
