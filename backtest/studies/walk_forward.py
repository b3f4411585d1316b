"""A walk-forward: in each window the best configuration is chosen from the past and judged in the sessions after it.

Every configuration is run once over the whole stretch; a window reads its part of each account. Whoever changes the
configuration between two windows is thus taken to hold what the new one would hold by then; the orders of the change
are not paid for. Beside it stands the same with every test begun in cash. What an account gains in a session is a
share of its capital at the start, so that every session weighs the same.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from backtest.measures.bootstrap import SEED, Interval, percentiles, resampled, widened
from backtest.measures.intervals import LEAST_SESSIONS, SESSION_BLOCK, account_intervals
from backtest.measures.yearly import SESSIONS_A_YEAR, yearly_sharpe
from backtest.selection.neighbourhood import Neighbourhood, best_of, neighbourhoods
from backtest.studies.configurations import Outcome
from backtest.studies.grid import Axis, Grid, Point
from backtest.studies.tried import Tried
from backtest.studies.windows import Window

Gains: TypeAlias = "NDArray[np.float64]"
FromCash: TypeAlias = "Callable[[int, Window], Outcome]"
"""Runs a configuration, by its number, in the test of a window, begun in cash."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """One window: the number of the configuration chosen, and how it did before and after; Sharpe ratios a year.

    around: its neighbourhood in the training. gain_pct: in the test, of capital; unchanged_pct, mean_pct: of the
    configuration without a choice, and of the mean of all. rank: share of the other configurations that did worse in
    the test, ties half; 0.5 is what a choice by lot gives.
    """

    window: Window
    number: int
    around: Neighbourhood
    in_sample: float | None
    out_of_sample: float | None
    gain_pct: float
    unchanged_pct: float
    mean_pct: float
    rank: float


@dataclass(frozen=True, slots=True)
class Stitched:
    """The tests one after the other. sharpe: a year; yearly_pct: mean gain a year, of capital; None of too few."""

    sharpe: float | None
    sharpe_interval: Interval | None
    yearly_pct: float
    yearly_interval: Interval | None


@dataclass(frozen=True, slots=True, eq=False)
class WalkForward:
    """A finished walk-forward.

    gains: of each session of the tests, as a share of capital: of the chosen ones; unchanged: of the configuration
    without a choice; mean: of all; cash: of the chosen ones when each test begins in cash. over_unchanged: the first
    less the second. in_sample: mean of the chosen ones' Sharpe ratios in their trainings. left_over: sessions at the
    end that are too few for a test. read: notes on what was read.
    """

    grid: Grid
    points: Sequence[Point]
    windows: Sequence[Chosen]
    gains: Gains
    unchanged: Gains
    mean: Gains
    cash: Gains
    stitched: Stitched
    from_cash: Stitched
    over_unchanged: Stitched
    in_sample: float | None
    tried: Tried
    strategy: str
    left_over: int
    read: tuple[str, ...] = ()

    @property
    def axes(self) -> tuple[Axis, ...]:
        return self.grid.axes

    @property
    def changes(self) -> int:
        """How often a window chose another configuration than the one before."""
        numbers = [one.number for one in self.windows]
        return sum(a != b for a, b in itertools.pairwise(numbers))

    @property
    def rank(self) -> float:
        """The mean rank of the chosen ones in their tests."""
        return sum(one.rank for one in self.windows) / len(self.windows)

    def text(self, axis: int, window: Chosen) -> str:
        """Return the value that a window chose of a parameter."""
        return self.axes[axis].text(self.points[window.number].places[axis])


def walk(
    grid: Grid,
    points: Sequence[Point],
    outcomes: Sequence[Outcome],
    unchanged: Outcome,
    windows: Sequence[Window],
    tried: Tried,
    strategy: str,
    from_cash: FromCash,
    read: tuple[str, ...] = (),
) -> WalkForward:
    """Return the walk-forward over these accounts. unchanged: of the configuration without a choice."""
    gains = np.stack([gains_of(one) for one in outcomes], axis=1)
    kept = gains_of(unchanged)
    chosen = [_choose(grid, points, gains, kept, window) for window in windows]
    walked = np.concatenate([gains[one.window.test, one.number] for one in chosen])
    cash = np.concatenate([gains_of(from_cash(one.number, one.window)) for one in chosen])
    same = np.concatenate([kept[window.test] for window in windows])
    ratios = [one.in_sample for one in chosen if one.in_sample is not None]
    return WalkForward(
        grid=grid,
        points=points,
        windows=chosen,
        gains=walked,
        unchanged=same,
        mean=np.concatenate([gains[window.test].mean(axis=1) for window in windows]),
        cash=cash,
        stitched=_stitched(walked),
        from_cash=_stitched(cash),
        over_unchanged=_stitched(walked - same),
        in_sample=sum(ratios) / len(ratios) if ratios else None,
        tried=tried,
        strategy=strategy,
        read=read,
        left_over=len(gains) - windows[-1].test_end,
    )


def gains_of(outcome: Outcome) -> Gains:
    """Return what each session brought, as a share of the capital at the start."""
    gains: Gains = np.diff(outcome.equity, prepend=outcome.capital) / outcome.capital
    return gains


def _sharpe(gains: Gains) -> float | None:
    """Return the Sharpe ratio a year of the gains; None without spread."""
    spread = float(gains.std(ddof=1)) if len(gains) > 1 else 0.0
    return yearly_sharpe(float(gains.mean()) / spread) if spread > 0 else None


def _choose(grid: Grid, points: Sequence[Point], gains: Gains, unchanged: Gains, window: Window) -> Chosen:
    before, after = gains[window.train], gains[window.test]
    sharpes = [_sharpe(column) for column in before.T]
    sizes, ordered = [len(axis.values) for axis in grid.axes], [axis.is_ordered for axis in grid.axes]
    around = neighbourhoods([point.places for point in points], sharpes, sizes, ordered)
    number = best_of(around, sharpes)
    later = [_sharpe(column) or 0.0 for column in after.T]
    others = [one for place, one in enumerate(later) if place != number]
    worse = sum((one < later[number]) + (one == later[number]) / 2 for one in others)
    return Chosen(
        window=window,
        number=number,
        around=around.found[number],
        in_sample=sharpes[number],
        out_of_sample=_sharpe(after[:, number]),
        gain_pct=100 * float(after[:, number].sum()),
        unchanged_pct=100 * float(unchanged[window.test].sum()),
        mean_pct=100 * float(after.mean(axis=1).sum()),
        rank=worse / len(others) if others else 0.5,
    )


def _stitched(gains: Gains) -> Stitched:
    count, yearly = len(gains), 100 * SESSIONS_A_YEAR
    mean, interval = float(gains.mean()) * yearly, None
    if count >= LEAST_SESSIONS:
        drawn = resampled(gains[:, None], block=SESSION_BLOCK, seed=SEED)[:, 0] / count * yearly
        interval = widened(percentiles(drawn), mean, rows=count, block=SESSION_BLOCK)
    return Stitched(
        sharpe=_sharpe(gains),
        sharpe_interval=account_intervals(gains.tolist())["sharpe"],
        yearly_pct=mean,
        yearly_interval=interval,
    )
