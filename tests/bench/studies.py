"""Sweep and walk-forward as a user starts them: from the command to the sentence, in one process."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from backtest.sessions import load_sessions
from demo.market import make_market
from tests.bench.figures import SHARED, Figure, Spent, python, run_process
from tests.parity.markets import write_candidates

FIRST, LAST = date(2011, 1, 3), date(2016, 12, 30)
GRID = ("--set", "stop_loss_pct=5..14:1", "--set", "primary.period=8..16:2")
WINDOWS = 20


def measure() -> Iterator[Figure]:
    """Try 50 configurations, once and over 20 windows; beside one run of the command `run` on the same data."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        market = make_market(load_sessions(LAST).between(date(2009, 11, 2), LAST), FIRST, tickers=260)
        prices = market.write(folder / "prices", parquet=True)
        candidates = write_candidates(market.candidates, folder / "candidates.csv")
        yield from _measured("generated", folder, candidates, prices, FIRST, LAST)
        if SHARED.exists():
            data = SHARED / "data"
            files = data / "candidates_dev.csv", data / "us_daily_2010_2017_dev.parquet"
            yield from _measured("real prices", folder, *files, date(2011, 3, 1), date(2017, 11, 10))


def _measured(what: str, folder: Path, candidates: Path, prices: Path, first: date, last: date) -> Iterator[Figure]:
    source = ("--candidates", candidates, "--prices", prices, "--from", str(first), "--to", str(last))
    trials = ("--trials", folder / "trials.jsonl")

    def backtest(command: str, *more: str | Path) -> Spent:
        spent = run_process(
            [str(one) for one in python("-m", "backtest", command, *map(str, (*source, *trials, *more)))]
        )
        assert spent.code == 0
        return spent

    one = backtest("run", "--out", folder / what, "--force")
    yield Figure(f"{what}: run", f"{one.cpu:.1f} s CPU", "1")
    for command, more in (("sweep", ()), ("walk-forward", ("--windows", str(WINDOWS)))):
        spent = backtest(command, *GRID, *more, "--workers", "1")
        cut = f" over {WINDOWS} windows" if more else ""
        wanted = "at most 30 s" if more else ""
        yield Figure(
            f"{what}: {command}, 50 configurations{cut}",
            f"{spent.cpu:.1f} s CPU",
            f"{spent.cpu / one.cpu:.1f} x run",
            wanted,
        )
