"""Resampling in blocks: against the arch library's, and what it does at its edges."""

from __future__ import annotations

import numpy as np
import pytest
from arch.bootstrap import CircularBlockBootstrap

from backtest.studies.resample import (
    RESAMPLES,
    Floats,
    block_length,
    interval,
    mean_by_cluster,
    resampled,
)


def autocorrelated(count: int) -> Floats:
    shocks = np.random.default_rng(5).normal(0.1, 1.0, count)
    values: Floats = np.zeros(count)
    for i in range(1, count):
        values[i] = 0.6 * values[i - 1] + shocks[i]
    return values


def test_the_interval_of_a_mean_is_that_of_the_arch_library() -> None:
    values = autocorrelated(600)
    drawn = resampled(lambda places: values[places].mean(axis=1)[:, None], len(values), 1)[:, 0]
    ours = interval(drawn)
    oracle = CircularBlockBootstrap(block_length(600), values, seed=2)
    theirs = oracle.conf_int(lambda some: np.array([some.mean()]), reps=RESAMPLES, method="percentile").ravel()
    assert ours == pytest.approx(tuple(theirs), abs=0.05)


def test_blocks_widen_the_interval_of_what_hangs_together() -> None:
    values = autocorrelated(600)

    def width(length: int) -> float:
        drawn = resampled(lambda places: values[places].mean(axis=1)[:, None], 600, 1, length=length)
        low, high = interval(drawn[:, 0]) or (0.0, 0.0)
        return high - low

    assert width(20) > 1.4 * width(1)


def test_places_follow_each_other_within_a_block_and_wrap_around() -> None:
    seen: list[np.ndarray[tuple[int, ...], np.dtype[np.int64]]] = []

    def keep(places: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> Floats:
        seen.append(places)
        return np.zeros((len(places), 1))

    resampled(keep, 7, 1)
    places = np.concatenate(seen)
    assert places.shape == (RESAMPLES, 7)
    assert ((places[:, 1:5] - places[:, :4]) % 7 == 1).all()
    assert set(places.ravel().tolist()) == set(range(7))


def test_the_same_seed_gives_the_same_figures() -> None:
    values = autocorrelated(100)
    one, again, other = (
        resampled(lambda places: values[places].mean(axis=1)[:, None], 100, seed) for seed in (1, 1, 2)
    )
    assert (one == again).all()
    assert not (one == other).all()


def test_a_block_is_a_week_at_least_and_grows_with_the_cube_root() -> None:
    assert [block_length(count) for count in (10, 125, 1_000, 8_000)] == [5, 5, 10, 20]


def test_where_hardly_half_of_the_resamples_have_a_value_there_is_no_interval() -> None:
    values = np.array([1.0] * 40 + [np.nan] * 60)
    assert interval(values) is None
    assert interval(np.array([])) is None
    assert interval(np.array([1.0] * 60 + [np.nan] * 40)) == (1.0, 1.0)


def test_a_mean_over_clusters_needs_two_of_them() -> None:
    assert mean_by_cluster([3.0], [2], 1) is None
    low, high = mean_by_cluster([3.0, -1.0, 2.0, 0.5], [2, 1, 3, 1], 1) or (0.0, 0.0)
    assert -1.0 <= low < 4.5 / 7 < high <= 1.5
