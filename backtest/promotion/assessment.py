"""What a run's result is worth as a reason to trade it: how sure its numbers are, among how many trials. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from backtest.measures.account import SESSIONS_A_YEAR
from backtest.model import Price
from backtest.runs.read import StoredRun
from backtest.selection.deflated_sharpe import deflated_sharpe, expected_best_sharpe, sharpe_spread
from backtest.selection.moments import FEWEST_SESSIONS, moments_of, session_returns
from backtest.selection.track_record import minimum_track_record
from backtest.selection.trials import Known

SURE = 0.95
"""The probability from which on a result is not called chance."""
ROWS = (
    ("profit_factor", "trades_without_end_of_data", "profit factor"),
    ("average_return_pct", "trades_without_end_of_data", "average return a trade, %"),
    ("cagr_pct", "account", "CAGR, %"),
    ("sharpe", "account", "Sharpe ratio a year"),
    ("max_drawdown_pct", "account", "max drawdown, %"),
)
"""The numbers of `metrics.json` that are shown: name, section, in words."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a run; low, high: its interval of 95 %. None: not known."""

    name: str
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Assessment:
    """closed, still_open: trades. figures: in the order of `ROWS`. trials: configurations tried on these candidates in
    sessions that overlap, this one included. by_chance: the yearly Sharpe ratio that the best of so many reaches on
    average when none is any good. deflated: the probability that the true one is above 0 all the same; None where
    nothing can be said. sessions_needed: how long a record like this has to be; None: none is long enough.
    """

    sessions: int
    closed: int
    still_open: int
    profit: Price
    figures: tuple[Figure, ...]
    trials: int
    by_chance: float
    deflated: float | None
    sessions_needed: int | None

    @property
    def is_sure(self) -> bool:
        return self.deflated is not None and self.deflated >= SURE


def assess(run: StoredRun, capital: Price, known: Known, *, is_counted: bool) -> Assessment:
    """Return what a run is worth. capital: at its start. is_counted: whether `known` has this run's configuration."""
    curve = np.array([point.equity for point in run.equity], dtype=np.int64)
    moments = moments_of(session_returns(curve, capital)) if len(curve) >= FEWEST_SESSIONS else None
    trials = len(known.trials) + (0 if is_counted else 1)
    spread = sharpe_spread(known.sharpes())
    needed = None if moments is None else minimum_track_record(moments)
    closed = int(_section(run.metrics, "trades_without_end_of_data").get("count", 0))
    return Assessment(
        sessions=len(run.equity),
        closed=closed,
        still_open=len(run.trades) - closed,
        profit=sum(trade.pnl for trade in run.trades),
        figures=tuple(_figure(run.metrics, name, section) for name, section, _ in ROWS),
        trials=trials,
        by_chance=expected_best_sharpe(trials, spread) * math.sqrt(SESSIONS_A_YEAR),
        deflated=None if moments is None else deflated_sharpe(moments, trials, spread),
        sessions_needed=None if needed is None else math.ceil(needed),
    )


def _figure(metrics: Mapping[str, Any], name: str, section: str) -> Figure:
    low, high = _section(metrics, "intervals").get(name) or (None, None)
    return Figure(name, _section(metrics, section).get(name), low, high)


def _section(metrics: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = metrics.get(name)
    return found if isinstance(found, dict) else {}
