"""How much of a result hangs on chance, on costs, on a day, on single candidates; and would chance have done as well?

Each disturbance runs the same rules again with one thing changed (`backtest.studies.disturb`). What is measured is the
account's P&L, open positions at their last close. A placebo takes the information out and leaves everything else: the
p-value is (k + 1) / (n + 1) with k of n placebos at least as good as the real run (Davison & Hinkley 1997, Bootstrap
Methods and their Application, chapter 4; Phipson & Smyth 2010, Permutation p-values should never be zero).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from backtest.engine.prepared import Prepared
from backtest.engine.result import Result
from backtest.errors import ConfigError
from backtest.measures.bootstrap import resampled, weekly_sums
from backtest.measures.intervals import WEEK_BLOCK
from backtest.money import UNITS_PER_USD
from backtest.params import Params
from backtest.studies.disturb import a_session_late, dates_moved, scores_shuffled, some_left_out, with_slippage

SLIPPAGES = (2, 3, 4)
LEFT_OUT_PCT = (10, 20, 30)
SIGNIFICANT = 0.05
_TAILS = (5.0, 95.0)


Floats = NDArray[np.float64]


class Kind(StrEnum):
    """What is changed."""

    NOTHING = "as it is"
    RESAMPLED = "entry dates resampled"
    SLIPPAGE = "slippage"
    LATE = "entries a session late"
    LEFT_OUT = "left out"
    SCORES = "placebo: scores shuffled"
    DATES = "placebo: dates moved"


PLACEBOS = (Kind.SCORES, Kind.DATES)


class Task(NamedTuple):
    """One run. level: how many times the slippage, or percent left out. number: of the random ones, from 0."""

    kind: Kind
    level: int = 0
    number: int = 0


@dataclass(frozen=True, slots=True)
class Ground:
    """What every run begins from; the same in each worker."""

    prepared: Prepared
    params: Params
    seed: int

    @property
    def days(self) -> tuple[date, ...]:
        return self.prepared.history.sessions.between(self.prepared.first, self.prepared.last)

    def run(self) -> Result:
        """Return the run as it is."""
        return self.prepared.result(self.params)


def tasks_of(simulations: int) -> list[Task]:
    """Return every run there is to do beside the run as it is. simulations: of each random disturbance."""
    once = [*(Task(Kind.SLIPPAGE, times) for times in SLIPPAGES), Task(Kind.LATE)]
    numbers = range(simulations)
    left_out = [Task(Kind.LEFT_OUT, share, number) for share in LEFT_OUT_PCT for number in numbers]
    return [*once, *left_out, *(Task(kind, 0, number) for kind in PLACEBOS for number in numbers)]


def run_task(ground: Ground, task: Task) -> dict[str, Any]:
    """Do one run: its P&L in 1/10,000 USD (None: not possible) and its trades, as plain values."""
    params, prepared = ground.params, ground.prepared
    candidates, history = prepared.candidates, prepared.history
    generator = np.random.default_rng([ground.seed, list(Kind).index(task.kind), task.level, task.number])
    if task.kind is Kind.SLIPPAGE:
        try:
            params = with_slippage(params, task.level)
        except ConfigError:  # larger than a slippage may be
            return {"pnl": None, "trades": 0}
    elif task.kind is Kind.LATE:
        candidates = a_session_late(candidates, params, history)
    elif task.kind is Kind.LEFT_OUT:
        candidates = some_left_out(candidates, task.level, generator)
    elif task.kind is Kind.SCORES:
        candidates = scores_shuffled(candidates, params, history, generator)
    elif task.kind is Kind.DATES:
        candidates = dates_moved(candidates, params, history, ground.days, generator)
    result = (prepared if candidates is prepared.candidates else prepared.with_candidates(candidates)).result(params)
    return {"pnl": _pnl(result), "trades": len(result.trades)}


@dataclass(frozen=True, slots=True)
class Row:
    """One disturbance. pnl, low, high: mean and middle 90 % of the runs' P&L in USD; None: no value.

    profitable_pct: of the runs. p: of a placebo, that chance does as well as the real run.
    """

    kind: Kind
    level: int
    runs: int
    pnl: float | None
    low: float | None = None
    high: float | None = None
    profitable_pct: float | None = None
    p: float | None = None

    @property
    def name(self) -> str:
        if self.kind is Kind.SLIPPAGE:
            return f"{self.kind} x{self.level}"
        return f"{self.level} % {self.kind}" if self.kind is Kind.LEFT_OUT else str(self.kind)


@dataclass(frozen=True, slots=True)
class Stability:
    """The study. rows: by disturbance, the run as it is first. values: P&L in USD of each run of a row."""

    rows: tuple[Row, ...]
    values: tuple[Floats, ...]
    trades: int

    def row(self, kind: Kind, level: int = 0) -> Row:
        return next(row for row in self.rows if (row.kind, row.level) == (kind, level))

    @property
    def pnl(self) -> float:
        return self.row(Kind.NOTHING).pnl or 0.0


def summarize(ground: Ground, real: Result, tasks: Sequence[Task], results: Sequence[dict[str, Any]]) -> Stability:
    """Return the study that the results of the tasks make. real: the run as it is."""
    usd = _pnl(real) / UNITS_PER_USD
    groups: dict[tuple[Kind, int], list[float]] = {(Kind.NOTHING, 0): [usd]}
    for task, result in zip(tasks, results, strict=True):
        values = groups.setdefault((task.kind, task.level), [])
        if result["pnl"] is not None:
            values.append(result["pnl"] / UNITS_PER_USD)
    rows, kept = [], []
    for (kind, level), values in groups.items():
        rows.append(_row(kind, level, np.array(values), usd))
        kept.append(np.array(values))
        if kind is Kind.NOTHING:
            drawn = resampled_entries(real, ground.seed)
            rows.append(_row(Kind.RESAMPLED, 0, drawn, usd))
            kept.append(drawn)
    return Stability(tuple(rows), tuple(kept), len(real.trades))


def resampled_entries(real: Result, seed: int) -> Floats:
    """Return the P&L in USD of resamples: weeks of entries drawn in blocks, each with its trades."""
    weeks = weekly_sums(real.trades.entry_day.tolist(), [(pnl / UNITS_PER_USD,) for pnl in real.trades.pnl.tolist()])
    return resampled(weeks, block=WEEK_BLOCK, seed=seed)[:, 0]


def p_value(real: float, placebos: Floats) -> float:
    """Return the probability that chance does at least as well: (k + 1) / (n + 1)."""
    return (int((placebos >= real).sum()) + 1) / (len(placebos) + 1)


def _pnl(result: Result) -> int:
    return int(result.equity[-1]) - result.capital


def _row(kind: Kind, level: int, values: Floats, real: float) -> Row:
    if not len(values):
        return Row(kind, level, 0, None)
    mean = float(values.mean())
    if len(values) == 1:
        return Row(kind, level, 1, mean)
    low, high = (float(one) for one in np.percentile(values, _TAILS))
    p = p_value(real, values) if kind in PLACEBOS else None
    return Row(kind, level, len(values), mean, low, high, 100 * float((values > 0).mean()), p)
