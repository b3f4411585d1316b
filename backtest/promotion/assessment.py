"""What a run's result is worth as a reason to trade it: how sure its Sharpe ratio is, among how many trials. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from backtest.model import ExitReason, Price
from backtest.runs.read import StoredRun
from backtest.selection.deflated_sharpe import deflated_sharpe, expected_best_sharpe, sharpe_spread
from backtest.selection.moments import SESSIONS_A_YEAR, Moments, moments_of, session_returns
from backtest.selection.track_record import minimum_track_record, sharpe_error
from backtest.selection.trials import Known

SURE = 0.95
"""The probability from which on a result is not called chance."""
FEWEST_SESSIONS = 4


@dataclass(frozen=True, slots=True)
class Assessment:
    """What cannot be said is None.

    sharpe: a year; low, high: its interval of 95 % (Mertens 2002), of this run alone. trials: configurations tried on
    these candidates in sessions that overlap, this one included. by_chance: the yearly Sharpe ratio that the best of
    so many reaches on average when none is any good. deflated: the probability that the true one is above 0 all the
    same. sessions_needed: how long a record like this has to be; None: none is long enough.
    """

    sessions: int
    closed: int
    still_open: int
    profit: Price
    sharpe: float | None
    low: float | None
    high: float | None
    trials: int
    by_chance: float
    deflated: float | None
    sessions_needed: int | None

    @property
    def is_sure(self) -> bool:
        return self.deflated is not None and self.deflated >= SURE


def assess(run: StoredRun, capital: Price, known: Known, *, is_counted: bool) -> Assessment:
    """Return what a run is worth. capital: at its start. is_counted: whether `known` has this run's configuration."""
    closed = [trade for trade in run.trades if trade.exit_reason is not ExitReason.END_OF_DATA]
    curve = np.array([point.equity for point in run.equity], dtype=np.int64)
    moments = moments_of(session_returns(curve, capital)) if len(curve) >= FEWEST_SESSIONS else None
    trials = len(known.trials) + (0 if is_counted else 1)
    spread = sharpe_spread(known.sharpes())
    low, high = _interval(moments)
    needed = None if moments is None else minimum_track_record(moments)
    return Assessment(
        sessions=len(run.equity),
        closed=len(closed),
        still_open=len(run.trades) - len(closed),
        profit=sum(trade.pnl for trade in run.trades),
        sharpe=None if moments is None else moments.yearly_sharpe,
        low=low,
        high=high,
        trials=trials,
        by_chance=expected_best_sharpe(trials, spread) * math.sqrt(SESSIONS_A_YEAR),
        deflated=None if moments is None else deflated_sharpe(moments, trials, spread),
        sessions_needed=None if needed is None else math.ceil(needed),
    )


def _interval(moments: Moments | None) -> tuple[float | None, float | None]:
    error = None if moments is None else sharpe_error(moments)
    if error is None or moments is None or moments.yearly_sharpe is None:
        return None, None
    half = NormalDist().inv_cdf(0.975) * error * math.sqrt(SESSIONS_A_YEAR)
    return moments.yearly_sharpe - half, moments.yearly_sharpe + half
