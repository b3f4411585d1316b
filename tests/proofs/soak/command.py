"""`python -m tests.proofs soak`: years of trading days with faults every day, a year a process."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

import click

from backtest.progress import progress_bar
from tests.proofs.results import make_result, report
from tests.proofs.soak.evening import growth
from tests.proofs.soak.play import Year, play_year
from tests.proofs.soak.year import draw_year


@click.command()
@click.option("--days", type=click.IntRange(min=1, max=260), default=250, show_default=True, help="Trading days.")
@click.option("--seed", type=int, default=1, show_default=True, help="The first year's.")
@click.option("--years", type=click.IntRange(min=1), default=1, show_default=True, help="So many seeds from it on.")
@click.option("--workers", type=click.IntRange(min=1), default=os.cpu_count(), help="Processes; the cores by default.")
@click.option("--keep", is_flag=True, help="Keep the result and write docs/reliability.md.")
def command(days: int, seed: int, years: int, workers: int, keep: bool) -> None:
    """Trade a year with random faults every day; each evening the books must agree and every share have its stop."""
    started = time.perf_counter()
    played = _play_all(range(seed, seed + years), days, min(workers, years))
    found = [
        f"{line} (python -m tests.proofs soak --days {days} --seed {number})"
        for number, year in zip(range(seed, seed + years), played, strict=True)
        for line in year.violations
    ]
    line = f"python -m tests.proofs soak --days {days} --seed {seed} --years {years}"
    result = make_result("soak", line, _figures(played), found, time.perf_counter() - started)
    sys.exit(report(result, keep=keep))


def _play_all(seeds: Sequence[int], days: int, workers: int) -> list[Year]:
    if workers == 1:
        return [_one(seed, days, shows_progress=True) for seed in seeds]
    with ProcessPoolExecutor(workers) as pool:
        return list(pool.map(_one, seeds, [days] * len(seeds)))


def _one(seed: int, days: int, *, shows_progress: bool = False) -> Year:
    schedule = draw_year(seed, days)
    if not shows_progress:
        return play_year(schedule, lambda number: None)
    with progress_bar("days") as progress:
        return play_year(schedule, lambda number: progress(number + 1, days))


def _figures(years: Sequence[Year]) -> dict[str, int | float | str]:
    codes = sum((year.codes for year in years), Counter[int]())
    last = [year.evenings[-1] for year in years]
    return {
        "trading days": sum(len(year.evenings) for year in years),
        "things that went wrong": sum(year.broken for year in years),
        "runs": sum(year.runs for year in years),
        "runs killed": sum(year.killed for year in years),
        "runs by exit code": ", ".join(f"{code}: {codes[code]:,}" for code in sorted(codes)),
        "requests": sum(year.requests for year in years),
        "positions opened": sum(one.closed + one.held for one in last),
        **growth(years[0].evenings),
    }
