"""The statistics of a selection against those of ffn and arch, and on returns of which the truth is known.

The two take longer to import than all the rest, so only the tests that ask them wait for them.
"""

from __future__ import annotations

import math
import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from backtest.measures.yearly import session_returns
from backtest.selection.deflated_sharpe import deflated_sharpe, expected_best_sharpe, sharpe_spread
from backtest.selection.moments import moments_of
from backtest.selection.overfitting import overfitting_probability
from backtest.selection.reality_check import chance_of_choice
from backtest.selection.track_record import minimum_track_record, probabilistic_sharpe, sharpe_error

warnings.filterwarnings("ignore", category=DeprecationWarning, module="ffn")


def drawn(seed: int, sessions: int = 500, trials: int = 1, edge: float = 0.0) -> NDArray[np.float64]:
    """Return heavy-tailed returns, a column a trial. edge: the true Sharpe ratio of a session."""
    rng = np.random.default_rng(seed)
    return 0.01 * (rng.standard_t(5, (sessions, trials)) / math.sqrt(5 / 3) + edge)


@pytest.mark.parametrize("seed", range(5))
def test_the_moments_are_those_of_pandas(seed: int) -> None:
    returns = drawn(seed)[:, 0]
    series, found = pd.Series(returns), moments_of(returns)
    assert (found.mean, found.std) == pytest.approx((series.mean(), series.std()))
    assert (found.skew, found.kurtosis - 3) == pytest.approx((series.skew(), series.kurt()))


@pytest.mark.parametrize("trials", [2, 10, 250])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_deflated_sharpe_ratio_is_that_of_ffn(seed: int, trials: int) -> None:
    import ffn

    returns = drawn(seed, trials=trials, edge=0.05)
    sharpes = [one.sharpe or 0.0 for one in map(moments_of, returns.T)]
    best = int(np.argmax(sharpes))
    series = pd.Series(returns[:, best], pd.bdate_range("2016-01-04", periods=len(returns)))
    expected = ffn.core.calc_deflated_sharpe_ratio(series, sharpes, nperiods=252, annualized_trials=False)
    found = deflated_sharpe(moments_of(returns[:, best]), trials, sharpe_spread(sharpes))
    assert found == pytest.approx(expected, abs=1e-9)
    hurdle = ffn.core.calc_expected_max_sharpe(trials, float(np.std(sharpes, ddof=1)))
    assert expected_best_sharpe(trials, sharpe_spread(sharpes)) == pytest.approx(hurdle)


@pytest.mark.parametrize(("seed", "trials", "sessions", "edge"), [(1, 2, 160, 0.0), (2, 7, 203, 0.0), (3, 5, 400, 0.2)])
def test_the_probability_of_overfitting_is_that_of_ffn(seed: int, trials: int, sessions: int, edge: float) -> None:
    import ffn

    returns = drawn(seed, sessions, trials)
    returns[:, 0] += 0.01 * edge
    expected = ffn.core.calc_prob_backtest_overfitting(pd.DataFrame(returns), n_blocks=8)
    assert overfitting_probability(returns, blocks=8) == pytest.approx(expected, abs=1e-12)


@pytest.mark.slow
def test_the_probability_of_overfitting_over_sixteen_blocks_is_that_of_ffn() -> None:
    import ffn

    returns = drawn(4, 500, 6)
    expected = ffn.core.calc_prob_backtest_overfitting(pd.DataFrame(returns))
    assert overfitting_probability(returns) == pytest.approx(expected, abs=1e-12)


def test_it_does_not_depend_on_how_many_choices_are_held_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    returns = drawn(5, 200, 9)
    whole = overfitting_probability(returns, blocks=8)
    monkeypatch.setattr("backtest.selection.overfitting._AT_ONCE", 50)
    assert overfitting_probability(returns, blocks=8) == whole


def test_a_trial_with_an_edge_is_chosen_rightly_and_equal_trials_are_not_a_choice() -> None:
    returns = drawn(6, 800, 20)
    returns[:, 3] += 0.003
    assert overfitting_probability(returns) == 0.0
    same = np.repeat(drawn(6, 800), 20, axis=1)
    assert overfitting_probability(same) == 1.0


def test_trials_that_never_held_anything_have_a_sharpe_ratio_of_nothing() -> None:
    returns = np.concatenate([np.zeros((400, 3)), drawn(7, 400, 2, edge=-0.3)], axis=1)
    assert overfitting_probability(returns) == 0.0  # the best is one of those at rest, and stays it
    assert moments_of(returns[:, 0]).sharpe is None


@pytest.mark.parametrize("shape", [(500, 1), (31, 4), (0, 3)])
def test_too_little_gives_no_probability_of_overfitting(shape: tuple[int, int]) -> None:
    assert overfitting_probability(np.zeros(shape)) is None


def test_the_best_of_a_hundred_without_an_edge_is_hardly_ever_called_better_than_chance() -> None:
    naive = deflated = 0
    for seed in range(100):
        returns = drawn(seed, 300, 100)
        found = [moments_of(column) for column in returns.T]
        sharpes = [one.sharpe or 0.0 for one in found]
        best = found[int(np.argmax(sharpes))]
        naive += (probabilistic_sharpe(best) or 0) > 0.95
        deflated += (deflated_sharpe(best, 100, sharpe_spread(sharpes)) or 0) > 0.95
    assert naive > 95  # a single test calls nearly every best of a hundred good
    assert deflated < 5


@pytest.mark.parametrize(("seed", "edge"), [(1, 0.0), (2, 0.0), (3, 0.12), (4, 0.2)])
def test_the_chance_of_a_choice_is_that_of_arch(seed: int, edge: float) -> None:
    from arch.bootstrap import SPA

    returns = drawn(seed, 400, 12)
    returns[:, 5] += 0.01 * edge
    equal = returns / returns.std(axis=0, ddof=1)
    beyond = equal - equal.mean(axis=1, keepdims=True)
    best = int((beyond.mean(axis=0) / beyond.std(axis=0)).argmax())
    oracle = SPA(np.zeros(400), -beyond, block_size=10, reps=1000, bootstrap="stationary", seed=1)
    oracle.compute()
    assert chance_of_choice(returns, best) == pytest.approx(float(oracle.pvalues["upper"]), abs=0.06)


def test_the_best_of_equally_good_ones_seldom_stands_out() -> None:
    shared = drawn(99, 300, edge=0.2)  # an edge of the rules themselves is no reason for a choice
    found = []
    for seed in range(60):
        returns = shared + drawn(seed, 300, 40)
        best = int((returns.mean(axis=0) / returns.std(axis=0)).argmax())
        found.append(chance_of_choice(returns, best) or 0.0)
    assert sum(one <= 0.05 for one in found) <= 8
    assert sum(one <= 0.5 for one in found) > 15


def test_a_choice_among_equal_ones_or_of_one_alone_is_none() -> None:
    same = np.repeat(drawn(1, 300), 5, axis=1)
    assert chance_of_choice(same, 2) == 1.0
    assert chance_of_choice(drawn(1, 300), 0) is None
    assert chance_of_choice(np.zeros((300, 3)), 1) is None


def test_the_chance_of_a_choice_does_not_depend_on_how_many_are_held_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    returns = drawn(5, 200, 9)
    whole = chance_of_choice(returns, 3)
    monkeypatch.setattr("backtest.selection.reality_check._AT_ONCE", 2)
    assert chance_of_choice(returns, 3) == whole


def test_a_record_of_the_minimum_length_reaches_the_confidence_asked_for() -> None:
    found = moments_of(drawn(8, 750, edge=0.08)[:, 0])
    sessions = minimum_track_record(found, confidence=0.95)
    assert sessions is not None
    long_enough = type(found)(round(sessions), found.mean, found.std, found.skew, found.kurtosis)
    assert probabilistic_sharpe(long_enough) == pytest.approx(0.95, abs=0.001)


def test_no_record_is_long_enough_for_a_sharpe_ratio_below_the_benchmark() -> None:
    found = moments_of(drawn(9, 300, edge=-0.1)[:, 0])
    assert minimum_track_record(found) is None
    assert (probabilistic_sharpe(found) or 1) < 0.5


def test_the_error_of_a_normal_sharpe_ratio_is_the_textbook_one() -> None:
    found = moments_of(np.random.default_rng(1).normal(0.001, 0.01, 2_000))
    assert sharpe_error(found) == pytest.approx(math.sqrt((1 + (found.sharpe or 0) ** 2 / 2) / 2_000), rel=0.01)


def test_returns_that_do_not_differ_have_no_statistics() -> None:
    flat = moments_of(np.full(50, 0.0001))
    assert (flat.std, flat.sharpe, flat.yearly_sharpe) == (0.0, None, None)
    assert (probabilistic_sharpe(flat), minimum_track_record(flat), deflated_sharpe(flat, 10, 0.1)) == (None,) * 3
    assert (expected_best_sharpe(1, 0.5), sharpe_spread([0.1])) == (0.0, 0.0)
    with pytest.raises(ValueError, match="need 4"):
        moments_of(np.zeros(3))


def test_the_returns_of_a_curve_start_at_the_capital() -> None:
    assert session_returns([100, 110, 99, 0, 5]) == pytest.approx([0.1, -0.1, -1.0, 0.0])
