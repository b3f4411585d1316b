"""The tear sheet: written from a run's folder, and opened in a browser with more than 5,000 trades."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from backtest.sessions import load_sessions
from demo.market import make_market
from tests.bench.figures import SHARED, Figure, Spent, best_process, python, run_process, seconds
from tests.parity.markets import write_candidates

FIRST, LAST = date(2011, 3, 1), date(2015, 12, 30)
HISTORY_FROM = date(2010, 1, 4)
TICKERS = 800
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_DRAWN = re.compile(r'<html[^>]* data-drawn="(\d+)"')


def measure() -> Iterator[Figure]:
    """Time `backtest report` as a process, and how long a browser takes until every chart is drawn."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yield from _many_trades(folder)
        if (SHARED / "data").exists():
            source = (SHARED / "data" / "candidates_dev.csv", SHARED / "data" / "us_daily_2010_2017_dev.parquet")
            _run(folder / "real", *source, ("2011-03-01", "2016-12-30"))
            yield _written("real prices, 2011 to 2016", folder / "real")


def _many_trades(folder: Path) -> Iterator[Figure]:
    market = make_market(load_sessions(LAST).between(HISTORY_FROM, LAST), FIRST, seed=5, tickers=TICKERS)
    prices = market.write(folder / "prices", parquet=True)
    candidates = write_candidates(market.candidates, folder / "candidates.csv")
    _run(folder / "many", candidates, prices, (str(FIRST), str(LAST)), "--mode", "trade", "--set", "position_size=1000")
    trades = (folder / "many" / "trades.csv").read_text(encoding="ascii").count("\n") - 1
    yield _written(f"generated, {trades} trades", folder / "many")
    page = folder / "many.html"
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        yield Figure(f"opened, {page.stat().st_size / 1e6:.1f} MB", "no browser here", wanted="under 3 s")
        return
    drawn = min(_opened(browser, page, folder) for _ in range(2))
    yield Figure(f"opened, {page.stat().st_size / 1e6:.1f} MB", f"{drawn / 1000:.2f} s until drawn", wanted="under 3 s")


def _run(out: Path, candidates: Path, prices: Path, span: Sequence[str], *more: str) -> Spent:
    source = ("--candidates", candidates, "--prices", prices, "--from", span[0], "--to", span[1])
    return run_process(python("-m", "backtest", "run", *source, "--out", out, *more))


def _written(what: str, run: Path) -> Figure:
    spent = best_process(python("-m", "backtest", "report", run, "--out", run.with_suffix(".html")), times=3)
    libraries = best_process(python("-c", "import numpy, pyarrow.parquet, bokeh.plotting"), times=3)
    ratio = f"{spent.wall / libraries.wall:.1f} x importing libraries"
    return Figure(f"written, {what} (ended {spent.code})", seconds(spent), ratio, "under 10 s")


def _opened(browser: str, page: Path, folder: Path) -> float:
    """Return the milliseconds from the start of the navigation to the last chart, as the page itself counts them."""
    options = (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--timeout=20000",
        f"--user-data-dir={folder / 'browser'}",
    )
    dumped = subprocess.run(
        [browser, *options, "--dump-dom", page.as_uri()], capture_output=True, text=True, timeout=120, check=False
    ).stdout
    found = _DRAWN.search(dumped)
    return float(found[1]) if found else float("inf")
