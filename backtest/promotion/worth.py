"""What a run is worth as a reason to trade it: its figures with their intervals, its place among all trials. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backtest.measures.yearly import session_returns
from backtest.model import Price
from backtest.runs.read import StoredRun
from backtest.selection.assessment import Assessment, assess
from backtest.selection.moments import known_moments
from backtest.selection.trials import Known

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
class Worth:
    """closed, still_open: trades. figures: in the order of `ROWS`. trials: configurations tried on these candidates in
    sessions that overlap, this one included. among: the run among them; None of one that is too short.
    """

    sessions: int
    closed: int
    still_open: int
    profit: Price
    figures: tuple[Figure, ...]
    trials: int
    among: Assessment | None


def worth_of(run: StoredRun, capital: Price, known: Known, *, is_counted: bool) -> Worth:
    """Return what a run is worth. capital: at its start. is_counted: whether `known` has this run's configuration."""
    returns = session_returns([capital, *(point.equity for point in run.equity)])
    moments = known_moments(returns)
    trials = len(known.trials) + (0 if is_counted else 1)
    closed = int(_section(run.metrics, "trades_without_end_of_data").get("count", 0))
    return Worth(
        sessions=len(run.equity),
        closed=closed,
        still_open=len(run.trades) - closed,
        profit=sum(trade.pnl for trade in run.trades),
        figures=tuple(_figure(run.metrics, name, section) for name, section, _ in ROWS),
        trials=trials,
        among=None if moments is None else assess(returns, moments, trials, known.sharpes()),
    )


def _figure(metrics: Mapping[str, Any], name: str, section: str) -> Figure:
    low, high = _section(metrics, "intervals").get(name) or (None, None)
    return Figure(name, _section(metrics, section).get(name), low, high)


def _section(metrics: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = metrics.get(name)
    return found if isinstance(found, dict) else {}
