"""What a run is worth: its interval, and the trials it was chosen among."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from backtest.money import to_price
from backtest.portfolio_simulator import EquityPoint
from backtest.promotion.worth import Figure, Worth, worth_of
from backtest.runs.read import StoredRun
from backtest.selection.assessment import Verdict
from backtest.selection.moments import Moments
from backtest.selection.trials import Known, Trial, TrialData

CAPITAL = to_price("200000")
DATA = TrialData("c", "candidates.csv", "p", date(2016, 1, 4), date(2018, 12, 31))


def run(drift: float, sessions: int = 750) -> StoredRun:
    """An account that moves 1 % a session around a drift, always the same way."""
    returns = drift + 0.01 * np.random.default_rng(3).choice([-1, 1], sessions)
    curve = CAPITAL * np.cumprod(1 + returns)
    days = [date(2016, 1, 4) + timedelta(days=n) for n in range(sessions)]
    points = [EquityPoint(day, int(equity), int(equity), 0) for day, equity in zip(days, curve, strict=True)]
    return StoredRun(Path("run"), {"metrics": {}}, (), (), tuple(points))


def trials(count: int, spread: float = 0.04) -> Known:
    """Trials whose Sharpe ratios a session lie evenly around 0."""
    sharpes = np.linspace(-2 * spread, 2 * spread, count)
    return Known(
        tuple(
            Trial({"stop_loss_pct": str(n)}, DATA, "portfolio", Moments(750, 0.01 * one, 0.01, 0.0, 3.0), "", "sweep")
            for n, one in enumerate(sharpes)
        )
    )


def worth(drift: float, known: Known = Known(()), *, is_counted: bool = False, sessions: int = 750) -> Worth:
    return worth_of(run(drift, sessions), CAPITAL, known, is_counted=is_counted)


def verdict(found: Worth) -> Verdict:
    assert found.among is not None
    return found.among.verdict


def test_a_strong_run_alone_is_better_than_chance() -> None:
    assert verdict(worth(0.001)) is Verdict.BETTER


def test_the_same_run_as_the_best_of_many_trials_is_not() -> None:
    assert verdict(worth(0.001, trials(200))) is Verdict.NOISE


def test_a_configuration_that_the_ledger_has_is_counted_once() -> None:
    assert worth(0.001, trials(50), is_counted=True).trials == 50
    assert worth(0.001, trials(50)).trials == 51


def test_the_figures_and_their_intervals_are_those_of_the_runs_metrics() -> None:
    metrics = {"account": {"sharpe": 0.5}, "intervals": {"sharpe": [-0.25, 1.25], "cagr_pct": None}}
    found = worth_of(replace(run(0.001), manifest={"metrics": metrics}), CAPITAL, Known(()), is_counted=False)
    figures = {one.name: one for one in found.figures}
    assert figures["sharpe"] == Figure("sharpe", 0.5, -0.25, 1.25)
    assert figures["cagr_pct"] == Figure("cagr_pct", None, None, None)


def test_a_losing_run_needs_a_record_of_no_length() -> None:
    found = worth(-0.001)
    assert found.among is not None
    assert found.among.sessions_needed is None
    assert verdict(found) is Verdict.NOISE


@pytest.mark.parametrize("sessions", [0, 1, 3])
def test_of_a_run_too_short_nothing_is_said(sessions: int) -> None:
    assert worth(0.001, sessions=sessions).among is None
