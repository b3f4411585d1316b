"""A sweep on scores that mean nothing calls its best noise; on scores that mean something it does not."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from backtest.__main__ import cli
from backtest.model import Candidate
from backtest.sessions import load_sessions
from demo.market import SyntheticMarket, make_market
from tests.parity.markets import Roughness, rough_market, write_market

FIRST, LAST = date(2016, 1, 4), date(2017, 3, 31)
HUNDRED = [
    "--set",
    "max_positions=6",
    "--set",
    "min_score=40..67.5:2.5,none",
    "--set",
    "max_score=70..97.5:2.5",
    "--random",
    "100",
]
KNOWN = ["--set", "max_positions=30", "--set", "min_score=none,30..70:5", "--set", "stop_loss_pct=8,10"]


def drifting(seed: int) -> SyntheticMarket:
    """Return a market whose gaps are followed by a drift, whatever the score says."""
    days = load_sessions(LAST).between(date(2014, 11, 3), LAST)
    return make_market(days, FIRST, seed=seed, tickers=60)


def wandering(seed: int) -> SyntheticMarket:
    """Return a market in which nothing follows from a report."""
    sessions = load_sessions(LAST)
    before, traded = sessions.between(date(2014, 11, 3), date(2015, 12, 31)), sessions.between(FIRST, LAST)
    calm = Roughness(delisted_tickers=0, split=0, crash=0.001)
    return rough_market(sessions, before, traded, seed=seed, tickers=30, roughness=calm)


def scored(one: SyntheticMarket, scores: Sequence[float]) -> SyntheticMarket:
    pairs = zip(one.candidates, scores, strict=True)
    return replace(one, candidates=tuple(replace(candidate, score=float(score)) for candidate, score in pairs))


def shuffled(one: SyntheticMarket, seed: int) -> SyntheticMarket:
    scores = [50.0 if candidate.score is None else candidate.score for candidate in one.candidates]
    return scored(one, np.random.default_rng(seed).permutation(scores).tolist())


def knowing(one: SyntheticMarket) -> SyntheticMarket:
    """Return the market with scores that know, but for some noise, what the next twenty sessions bring."""
    noise = np.random.default_rng(1).normal(0, 4, len(one.candidates)).tolist()
    known = (50 + 250 * _later(one, candidate) for candidate in one.candidates)
    return scored(one, [round(min(99, max(1, what + blur)), 1) for what, blur in zip(known, noise, strict=True)])


def _later(one: SyntheticMarket, candidate: Candidate) -> float:
    series = one.series[candidate.ticker]
    at = int(np.searchsorted(series.days, np.datetime64(candidate.report_date)))
    if at + 1 >= len(series.days):
        return 0.0
    return float(series.close[min(at + 20, len(series.days) - 1)] / series.open[at] - 1)


def swept(one: SyntheticMarket, folder: Path, *settings: str) -> Mapping[str, Any]:
    prices, candidates = write_market(one, folder)
    given = ["--candidates", str(candidates), "--prices", str(prices), "--from", str(FIRST), "--to", str(LAST)]
    given += ["--trials", str(folder / "trials.jsonl"), "--workers", "1", "--json"]
    result = CliRunner().invoke(cli, ["sweep", *given, *settings])
    assert result.exit_code == 0, result.output
    found: Mapping[str, Any] = json.loads(result.stdout)
    return found


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 9))])
def test_the_best_of_a_hundred_on_shuffled_scores_is_called_noise(seed: int, tmp_path: Path) -> None:
    found = swept(shuffled(drifting(seed), seed), tmp_path, *HUNDRED)
    assert (len(found["results"]), found["assessment"]["trials"]) == (100, 100)
    assert found["assessment"]["verdict"] in ("not_better_than_chance", "choice_not_better_than_chance")
    assert "is not better than chance among 100 trials" in found["sentence"]


def test_scores_that_know_what_comes_are_called_better_than_chance(tmp_path: Path) -> None:
    found = swept(knowing(wandering(1)), tmp_path, *KNOWN)
    assert found["assessment"]["verdict"] == "better_than_chance", found["sentence"]
    assert float(found["chosen"]["min_score"]) >= 50
    assert "is better than chance among 20 trials" in found["sentence"]
