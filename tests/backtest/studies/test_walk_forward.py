"""A walk-forward over accounts of which the truth is known: what it chooses, and what it says of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from backtest.measures.bootstrap import SEED, percentiles, resampled
from backtest.measures.intervals import SESSION_BLOCK
from backtest.params import Params
from backtest.studies.configurations import Outcome
from backtest.studies.grid import draw, read_grid
from backtest.studies.tried import Tried
from backtest.studies.walk_forward import WalkForward, gains_of, walk
from backtest.studies.walk_forward_text import sentence
from backtest.studies.windows import Window

GRID = read_grid(Params(), ["stop_loss_pct=1..9"])
POINTS = draw(GRID).points
WINDOWS = [Window(start, start + 250, start + 375) for start in range(0, 1000, 125)]
SESSIONS = WINDOWS[-1].test_end
TRIED = Tried(Path("trials.jsonl"), 10, 0, (), 0)


def account(gains: NDArray[np.float64]) -> Outcome:
    """Return an account with these gains of its capital a session."""
    capital = 4_000_000_000
    return Outcome(Params(), capital, capital + np.rint(np.cumsum(gains) * capital).astype(np.int64), None, {})


def walked(edges: Sequence[NDArray[np.float64] | float], kept: float = 0.0, seed: int = 1) -> WalkForward:
    """Return the walk-forward over one account a stop, each the same noise and its own edge, noise a tenth apart."""
    rng = np.random.default_rng(seed)
    shared = rng.normal(0, 0.005, SESSIONS)
    accounts = [account(shared + rng.normal(0, 0.001, SESSIONS) + edge) for edge in edges]

    def from_cash(number: int, window: Window) -> Outcome:
        return account(gains_of(accounts[number])[window.test] / 2)

    return walk(GRID, POINTS, accounts, account(shared + kept), WINDOWS, TRIED, "primary", from_cash)


def test_gains_are_shares_of_the_capital_at_the_start() -> None:
    assert gains_of(account(np.array([0.1, -0.05, 0.02]))) == pytest.approx([0.1, -0.05, 0.02])


def test_what_stays_good_is_chosen_and_called_better() -> None:
    found = walked([0.0, 0.0, 0.0, 0.0, 0.0005, 0.001, 0.0005, 0.0, 0.0])
    assert {found.text(0, one) for one in found.windows} == {"6"}
    assert (found.changes, found.rank) == (0, 1.0)
    assert "more than nothing, and better than the configuration left as it is" in sentence(found)


def test_what_was_good_before_and_is_not_after_shows_in_the_tests() -> None:
    turning = np.where(np.arange(SESSIONS) < WINDOWS[0].test_first, 0.002, -0.002)
    found = walked([0.0] * 4 + [turning / 2, turning, turning / 2] + [0.0] * 2)
    first = found.windows[0]
    assert found.text(0, first) == "6"
    assert (first.in_sample or 0) > 0 > (first.out_of_sample or 0)
    assert first.rank == 0.0


def test_equal_configurations_are_not_shown_to_be_better() -> None:
    found = walked([0.0] * 9, seed=3)
    assert "not shown to be more than nothing, and not shown to be better than" in sentence(found)
    assert 0.2 < found.rank < 0.8


def test_a_choice_that_costs_is_called_worse() -> None:
    found = walked([-0.001] * 9, kept=0.0)
    assert "worse than the configuration left as it is" in sentence(found)


def test_the_curve_is_made_of_the_tests_alone() -> None:
    found = walked([0.0] * 9)
    assert (
        len(found.gains) == len(found.unchanged) == len(found.mean) == sum(w.test_end - w.test_first for w in WINDOWS)
    )
    assert found.left_over == 0
    assert found.cash == pytest.approx(found.gains / 2, abs=1e-8)


def test_the_interval_of_the_curve_is_wider_than_its_resamples_spread() -> None:
    found = walked([0.0] * 9)
    drawn = resampled(found.gains[:, None], block=SESSION_BLOCK, seed=SEED)[:, 0]
    spread, told = percentiles(drawn / len(found.gains) * 25_200), found.stitched.yearly_interval
    assert spread is not None
    assert told is not None
    assert told[0] < spread[0] < found.stitched.yearly_pct < spread[1] < told[1]
