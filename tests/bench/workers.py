"""Many configurations shared among workers: what a second process brings, what handing out costs, memory a worker."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

from backtest.engine.prepared import Prepared, prepare
from backtest.params import Params
from backtest.runs.inputs import Source, load_inputs
from backtest.sessions import load_sessions
from backtest.settings import apply_settings
from backtest.workers.choice import Choice
from backtest.workers.groups import LEAST_S
from backtest.workers.mapping import map_tasks, open_pool
from backtest.workers.parts import to_bytes
from backtest.workers.pool import Pool
from demo.market import make_market
from tests.backtest.workers.dask import dask_cluster
from tests.bench.figures import SHARED, Figure, once
from tests.parity.markets import write_candidates

FIRST, LAST = date(2011, 1, 3), date(2016, 12, 30)
STOPS, PERIODS = (4, 5, 6, 7, 8, 9, 10, 11, 12, 14), (4, 6, 8, 10, 12, 15, 18, 22, 26, 30)
GROUPS = 300


def measure() -> Iterator[Figure]:
    """Run 100 configurations alone, by two processes and by a Dask cluster of two workers."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        prepared = prepare(load_inputs(_source(Path(name)), Params()))
        grid = [(f"stop_loss_pct={stop}", f"primary.period={period}") for stop in STOPS for period in PERIODS]
        address = stack.enter_context(dask_cluster(Path(name), workers=2))
        alone: float | None = None
        results = set()
        for what, choice in (
            ("this process", Choice(1)),
            ("2 processes", Choice(2)),
            ("Dask, 2 workers", Choice(1, address)),
        ):
            found: list[Any] = []
            spent = once(lambda choice=choice, found=found: found.extend(map_tasks(choice, equity, prepared, grid)))  # type: ignore[misc]
            results.add(hashlib.sha256(to_bytes(found)).hexdigest())
            alone = alone or spent.wall
            rate = f"{len(grid) / spent.wall:.1f} configurations/s"
            yield Figure(f"{len(grid)} configurations, {what}", rate, f"{alone / spent.wall:.2f} x this process")
        yield Figure("their results", "the same bytes" if len(results) == 1 else "DIFFERENT")
        for what, choice in (("2 processes", Choice(2)), ("Dask, 2 workers", Choice(1, address))):
            yield _handing_out(what, choice)
        memory = map_tasks(Choice(2), memory_mb, prepared, range(2))
        yield Figure("memory of one of two processes", f"{max(own for own, _ in memory):.0f} MB of its own")
        yield Figure("with what it shares with its parent", f"{max(all_ for _, all_ in memory):.0f} MB")


def equity(prepared: Prepared, settings: Sequence[str]) -> dict[str, Any]:
    """What a sweep asks of a configuration, at least: its account."""
    return {"equity": prepared.result(apply_settings(Params(), settings)).equity}


def nothing(_: object, task: int) -> int:
    """A task that costs nothing."""
    return task


def memory_mb(prepared: Prepared, _: int) -> tuple[float, float]:
    """Return what a worker has of its own and altogether after some configurations, in MB (Linux)."""
    for stop in STOPS:
        prepared.result(apply_settings(Params(), (f"stop_loss_pct={stop}.5", f"primary.period={stop}")))
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in lines}
    return (kilobytes["Private_Clean"] + kilobytes["Private_Dirty"]) / 1000, kilobytes["Rss"] / 1000


def _handing_out(what: str, choice: Choice) -> Figure:
    pool = open_pool(choice, None, GROUPS, lambda words: None)
    try:
        _groups(pool, 2)  # the workers are there
        spent = once(lambda: _groups(pool, GROUPS))
    finally:
        pool.stop(at_once=False)
    each = spent.wall / GROUPS
    return Figure(f"one group handed out, {what}", f"{1000 * each:.1f} ms", f"{each / LEAST_S:.2%} of the smallest")


def _groups(pool: Pool, count: int) -> None:
    for one in [pool.submit(nothing, (1,)) for _ in range(count)]:
        one.result()


def _source(folder: Path) -> Source:
    data = SHARED / "data"
    if data.exists():
        return Source(str(data / "us_daily_2010_2017_dev.parquet"), FIRST, LAST, candidates=data / "candidates_dev.csv")
    sessions = load_sessions(LAST).between(date(2010, 1, 4), LAST)
    market = make_market(sessions, FIRST, seed=5, tickers=300)
    candidates = write_candidates(market.candidates, folder / "candidates.csv")
    return Source(str(market.write(folder / "prices", parquet=True)), FIRST, LAST, candidates=candidates)
