"""The engine: a first simulation, sweeps of one core, and how the cost grows with symbols and years."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import product

import numpy as np

from backtest.bars import BarSeries
from backtest.engine.prepared import Prepared, prepare
from backtest.market import PriceHistory
from backtest.model import Candidate, Grade
from backtest.params import Params, Variant
from backtest.runs.inputs import Source, load_inputs
from backtest.sessions import load_sessions
from tests.backtest.engine.cases import World
from tests.bench.figures import SHARED, Figure, Spent, best_of, once, python

FIRST, LAST = date(2010, 1, 4), date(2017, 12, 29)
SYMBOLS = 688
CONFIGURATIONS = 60
MINIMAL_LOOP = SHARED / "bench" / "limit.py"


def measure() -> Iterator[Figure]:
    """Time the engine on generated prices, and on real ones beside the developers' minimal loop when it is there."""
    whole = wide_market(SYMBOLS, FIRST, LAST)
    yield from _against_steps(whole)
    yield from _growth(whole)
    if MINIMAL_LOOP.exists():
        yield from _against_minimal_loop()


def wide_market(symbols: int, first: date, last: date, seed: int = 1) -> World:
    """Return random walks with a candidate about every second year and symbol; quick to make at any size."""
    sessions = load_sessions(last)
    days = np.array(sessions.between(first, last), dtype="datetime64[D]")
    rng = np.random.default_rng(seed)
    series, candidates = {}, []
    for number in range(symbols):
        ticker = "".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ"[number // 26**place % 26] for place in (2, 1, 0))
        close = 400_000 * np.exp(np.cumsum(rng.normal(0.0003, 0.02, len(days))))
        open_ = close * np.exp(rng.normal(0, 0.005, len(days)))
        low = np.minimum(open_, close) * np.exp(-np.abs(rng.normal(0, 0.01, len(days))))
        high = np.maximum(open_, close) * np.exp(np.abs(rng.normal(0, 0.01, len(days))))
        prices = [np.maximum(column, 10_000).astype(np.int64) // 100 * 100 for column in (open_, high, low, close)]
        ones = np.ones(len(days))
        series[ticker] = BarSeries(ticker, days, *prices, ones.astype(np.int64), ones)
        for place in np.flatnonzero(rng.random(len(days)) < 0.0023).tolist():
            candidates.append(Candidate(ticker, days[place].item(), Grade.B, score=float(rng.integers(80, 200)) / 2))
    traded = sessions.between(date(first.year + 1, 3, 1), last)
    candidates = [one for one in candidates if one.report_date >= traded[0]]
    return World(candidates, PriceHistory(series, sessions), traded[0], traded[-1])


def configurations(count: int) -> Sequence[Params]:
    """Return different configurations that change the trailing exit, the transition, the stop and the slots."""
    grid = list(product((4, 6, 8, 10, 12, 16, 20), (0, 1, 2, 3, 4), ("5", "7.5", "10", "15", "20"), (5, 10, 20, 30)))
    kinds = ("weekly_ema", "weekly_nweek_low")
    chosen = np.random.default_rng(1).permutation(len(grid))[:count].tolist()
    return [
        Params(
            primary=Variant(kinds[number % 2], grid[number][0]),
            trailing_transition_weeks=grid[number][1],
            stop_loss_pct=Decimal(grid[number][2]),
            max_positions=grid[number][3],
        )
        for number in chosen
    ]


def _against_steps(world: World) -> Iterator[Figure]:
    steps = best_of(lambda: world.ledger(Params(), "portfolio"))
    first = best_of(lambda: prepare(world).ledger(Params()))
    what = f"{SYMBOLS} symbols, {len(world.candidates)} candidates"
    yield Figure(f"step by step, {what}", f"{steps.cpu:.3f} s CPU", "1")
    yield Figure("prepare and a first ledger", f"{first.cpu:.3f} s CPU", f"{first.cpu / steps.cpu:.2f} x step by step")
    spent = _sweep(prepare(world))
    rate = CONFIGURATIONS / spent.cpu
    yield Figure(
        f"sweep of {CONFIGURATIONS}",
        f"{rate:.0f} configurations/s",
        f"{rate * steps.cpu:.0f} x step by step",
        "50 a second and core",
    )


def _growth(whole: World) -> Iterator[Figure]:
    """Half the symbols, half the years: what the whole costs in units of them."""
    all_of_it = best_of(lambda: prepare(whole).ledger(Params()))
    middle = date(2014, 7, 31)  # the stretch traded begins in the second year
    for what, part in (
        ("symbols", wide_market(SYMBOLS // 2, FIRST, LAST)),
        ("years", wide_market(SYMBOLS, FIRST, middle)),
    ):
        half = best_of(lambda part=part: prepare(part).ledger(Params()))  # type: ignore[misc]
        yield Figure(
            f"twice the {what}", f"{all_of_it.cpu:.3f} s CPU", f"{all_of_it.cpu / half.cpu:.2f} x", "at most 2.3 x"
        )


def _against_minimal_loop() -> Iterator[Figure]:
    data = SHARED / "data"
    prices, candidates = data / "us_daily_2010_2017_dev.parquet", data / "candidates_dev.csv"
    done = subprocess.run(
        [*python(MINIMAL_LOOP), "--prices", prices, "--candidates", candidates, "--repeat", "3", "--sweep", "20"],
        capture_output=True,
        check=True,
    )
    loop = json.loads(done.stdout)
    inputs = load_inputs(Source(str(prices), date(2011, 3, 1), date(2017, 11, 10), candidates=candidates), Params())
    first = best_of(lambda: prepare(inputs).ledger(Params()))
    yield Figure(
        "real prices: prepare and a first ledger",
        f"{first.cpu:.3f} s CPU",
        f"{first.cpu / (loop['prepare'] + loop['sim_cpu_median']):.1f} x the minimal loop",
        "under 0.35 s",
    )
    rate = CONFIGURATIONS / _sweep(prepare(inputs)).cpu
    yield Figure(
        f"real prices: sweep of {CONFIGURATIONS}",
        f"{rate:.0f} configurations/s",
        f"{rate / loop['sweep_per_s']:.1f} x the minimal loop",
        "50 a second and core",
    )


def _sweep(prepared: Prepared) -> Spent:
    prepared.result(Params())
    return once(lambda: [prepared.result(params) for params in configurations(CONFIGURATIONS)])
