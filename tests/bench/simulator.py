"""The portfolio simulator from process start: some 700 symbols over eight years, candidates to result files."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from backtest.sessions import load_sessions
from demo.market import SyntheticMarket, make_market
from tests.bench.figures import SHARED, Figure, best_process, python, seconds
from tests.bench.memory import peak_mb
from tests.parity.markets import write_candidates

WANTED = "at most 2 x the minimal loop"
MINIMAL_LOOP = SHARED / "bench" / "limit.py"
"""The developers' own: the same rules by hand in one numpy loop; not shipped."""
FIRST, LAST = date(2011, 3, 1), date(2017, 12, 1)
HISTORY_FROM = date(2010, 1, 4)
TICKERS = 700


def measure() -> Iterator[Figure]:
    """Time `python -m backtest run` as a process, on generated prices and on real ones when they are there."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        market = make_market(load_sessions(LAST).between(HISTORY_FROM, LAST), FIRST, seed=5, tickers=TICKERS)
        prices = market.write(folder / "prices", parquet=True) / "bars.parquet"
        candidates = _write_candidates(folder, market)
        spent = f"generated, {TICKERS} symbols, {len(market.candidates)} candidates"
        yield from _figures(spent, prices, candidates, folder)
        data = SHARED / "data"
        if data.exists():
            prices, candidates = data / "us_daily_2010_2017_dev.parquet", data / "candidates_dev.csv"
            yield from _figures("real prices, 2011 to 2016", prices, candidates, folder, ("2011-03-01", "2016-12-30"))


def _figures(
    what: str, prices: Path, candidates: Path, folder: Path, span: Sequence[str] = (str(FIRST), str(LAST))
) -> Iterator[Figure]:
    inputs = ("--candidates", candidates, "--prices", prices)
    command = python(
        "-m", "backtest", "run", *inputs, "--out", folder / "out", "--force", "--trials", folder / "trials"
    )
    command += ["--from", span[0], "--to", span[1]]
    spent = best_process(command, times=3)
    label = f"{what} (ended {spent.code})"
    if MINIMAL_LOOP.exists():
        loop = best_process(python(MINIMAL_LOOP, *inputs, "--start", span[0], "--end", span[1]), times=3)
        assert loop.code == 0, "the minimal loop reads one Parquet file with a dictionary of symbols"
        yield Figure(label, seconds(spent), f"{spent.cpu / loop.cpu:.1f} x the CPU of the minimal loop", WANTED)
    else:
        libraries = best_process(python("-c", "import numpy, pyarrow.parquet, yaml"), times=3)
        yield Figure(label, seconds(spent), f"{spent.wall / libraries.wall:.1f} x importing libraries", WANTED)
    yield Figure(f"{what}, peak memory", f"{peak_mb(command)[1]:.0f} MB", "", "under 300 MB")


def _write_candidates(folder: Path, market: SyntheticMarket) -> Path:
    return write_candidates(market.candidates, folder / "candidates.csv")
