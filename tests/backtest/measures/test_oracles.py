"""Our formulas against three public libraries, on returns made from a seed."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import pytest

from backtest.measures.account import account_metrics, sharpe, sortino
from backtest.measures.bootstrap import percentiles, resampled, row_counts, student_quantile, widened
from backtest.measures.drawdowns import drawdowns
from backtest.measures.intervals import SESSION_BLOCK, account_intervals
from backtest.portfolio_simulator import EquityPoint

CAPITAL = 4_000_000_000
SEEDS = (1, 2, 3)


def walk(seed: int, sessions: int = 750) -> tuple[np.ndarray, list[EquityPoint]]:
    """Return session returns and the equity curve they make, in whole 1/10,000 USD."""
    rng = np.random.default_rng(seed)
    equity = [CAPITAL, *(CAPITAL * np.cumprod(1 + rng.normal(0.0004, 0.01, sessions))).astype(int).tolist()]
    days = [date(2015, 1, 1) + timedelta(days=n) for n in range(sessions)]
    points = [EquityPoint(day, value, value // 2, 1) for day, value in zip(days, equity[1:], strict=True)]
    return np.diff(equity) / np.asarray(equity[:-1]), points


@pytest.mark.parametrize("seed", SEEDS)
def test_sharpe_sortino_calmar_cagr_and_drawdown_are_those_of_empyrical(seed: int) -> None:
    empyrical = pytest.importorskip("empyrical")
    returns, points = walk(seed)
    found = account_metrics(points, CAPITAL)
    assert found["sharpe"] == pytest.approx(empyrical.sharpe_ratio(returns), abs=1e-4)
    assert found["sortino"] == pytest.approx(empyrical.sortino_ratio(returns), abs=1e-4)
    assert found["cagr_pct"] == pytest.approx(100 * empyrical.cagr(returns), abs=1e-4)
    assert found["calmar"] == pytest.approx(empyrical.calmar_ratio(returns), abs=1e-4)
    assert found["volatility_pct"] == pytest.approx(100 * empyrical.annual_volatility(returns), abs=1e-4)
    assert found["max_drawdown_pct"] == pytest.approx(-100 * empyrical.max_drawdown(returns), abs=1e-4)


@pytest.mark.parametrize("seed", SEEDS)
def test_sharpe_sortino_and_drawdown_are_those_of_ffn(seed: int) -> None:
    pandas, ffn = pytest.importorskip("pandas"), pytest.importorskip("ffn")
    returns, points = walk(seed)
    index = pandas.to_datetime([point.day for point in points])
    series = pandas.Series(returns, index=index)
    assert sharpe(returns.tolist()) == pytest.approx(ffn.calc_sharpe(series, nperiods=252), abs=1e-3)
    prices = pandas.Series([CAPITAL, *(point.equity for point in points)])
    assert drawdowns(CAPITAL, [p.day for p in points], [p.equity for p in points])[0].depth == pytest.approx(
        -ffn.calc_max_drawdown(prices), abs=1e-9
    )
    assert sortino(returns.tolist()) == pytest.approx(
        math.sqrt(252) * returns.mean() / math.sqrt((np.minimum(returns, 0) ** 2).mean()), abs=1e-4
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_the_episodes_of_a_drawdown_are_those_of_ffn(seed: int) -> None:
    pandas, ffn = pytest.importorskip("pandas"), pytest.importorskip("ffn")
    _, points = walk(seed)
    index = pandas.to_datetime([date(2014, 12, 31), *(point.day for point in points)])
    prices = pandas.Series([CAPITAL, *(point.equity for point in points)], index=index, dtype=float)
    theirs = ffn.drawdown_details(ffn.to_drawdown_series(prices))
    ours = drawdowns(CAPITAL, [point.day for point in points], [point.equity for point in points])
    assert [round(one.depth, 9) for one in ours] == sorted((round(-x, 9) for x in theirs["drawdown"]), reverse=True)


def test_the_interval_of_the_sharpe_ratio_is_that_of_arch() -> None:
    bootstrap = pytest.importorskip("arch.bootstrap")
    returns, _ = walk(3)
    drawn = bootstrap.StationaryBootstrap(SESSION_BLOCK, returns, seed=5)
    theirs = drawn.conf_int(lambda x: x.mean() / x.std(ddof=1) * math.sqrt(252), reps=10_000, method="percentile")
    ours = account_intervals(returns.tolist(), resamples=10_000)["sharpe"]
    assert ours is not None
    assert np.abs(np.asarray(ours) - theirs.ravel()).max() < 0.07  # the noise of 10,000 resamples


def test_blocks_widen_the_interval_of_a_series_that_goes_on_as_it_went() -> None:
    rng = np.random.default_rng(1)
    shocks = rng.normal(0, 1, 2_000)
    series = np.zeros(2_000)
    for n in range(1, 2_000):
        series[n] = 0.8 * series[n - 1] + shocks[n]
    single, blocks = (percentiles(resampled(series[:, None], block=block)[:, 0]) for block in (1, 20))
    assert single is not None
    assert blocks is not None
    assert blocks[1] - blocks[0] > 2 * (single[1] - single[0])


def test_every_resample_has_as_many_rows_as_the_series() -> None:
    for block in (1, 4, 1_000):
        assert set(resampled(np.ones((50, 1)), block=block)[:, 0]) == {50.0}


def test_how_often_rows_are_drawn_gives_the_same_sums() -> None:
    rows = np.random.default_rng(4).normal(size=(90, 3))
    for block in (1, 7):
        counts = row_counts(len(rows), block=block, resamples=300)
        np.testing.assert_allclose(counts @ rows, resampled(rows, block=block, resamples=300), atol=1e-9)
        assert set(counts.sum(axis=1)) == {90.0}


@pytest.mark.parametrize("rows", [63, 150, 750])
def test_an_interval_of_few_blocks_is_widened_as_student_s_t_is(rows: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    low, high = widened((-1.0, 1.5), 0.5, rows=rows, block=10) or (0.0, 0.0)
    wider = stats.t.ppf(0.975, rows / 10 - 1) / stats.norm.ppf(0.975) / (1 - 10 / rows) ** 0.5
    assert ((0.5 - low) / 1.5, (high - 0.5) / 1.0) == pytest.approx((wider, wider), rel=0.02)


def test_with_hardly_more_than_one_block_there_is_no_interval() -> None:
    assert widened((-1.0, 1.0), 0.0, rows=8, block=8) is None
    assert widened(None, 0.0, rows=800, block=8) is None


def test_chance_lies_outside_a_widened_interval_in_few_cases() -> None:
    outside = []
    for number in range(120):
        values = np.random.default_rng(number).normal(0.0, 1.0, 63)
        drawn = resampled(values[:, None], block=SESSION_BLOCK, resamples=400)[:, 0]
        plain = percentiles(drawn)
        wide = widened(plain, float(values.sum()), rows=63, block=SESSION_BLOCK)
        assert plain is not None
        assert wide is not None
        outside.append([one[0] > 0 or one[1] < 0 for one in (plain, wide)])
    plain_share, wide_share = np.mean(outside, axis=0)
    assert wide_share <= 0.075 < plain_share


@pytest.mark.parametrize("freedom", [7, 10, 19, 20, 60])
def test_the_quantile_of_student_is_that_of_scipy(freedom: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    for share, tolerance in ((0.9, 0.01), (0.975, 0.01), (0.9972, 0.02), (0.9995, 0.1)):
        assert student_quantile(share, freedom) == pytest.approx(stats.t.ppf(share, freedom), abs=tolerance)
