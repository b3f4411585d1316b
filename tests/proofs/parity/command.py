"""`python -m tests.proofs parity`: random worlds whose runs are killed, late, started twice and left out."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from functools import cache, partial
from multiprocessing import get_context

import click

from backtest.sessions import Sessions, load_sessions
from tests.proofs.parity.trouble import Counts
from tests.proofs.parity.worlds import Found, try_world
from tests.proofs.results import make_result, report

LAST_SESSION = date(2026, 1, 1)


@click.command("parity")
@click.option("--seed", type=int, default=1, show_default=True, help="Of the first market; each next one is one more.")
@click.option("--markets", type=click.IntRange(min=1), default=100, show_default=True, help="How many random markets.")
@click.option(
    "--trouble",
    type=click.FloatRange(0, 1),
    default=0.25,
    show_default=True,
    help="Probability of each kind of trouble, a run.",
)
@click.option("--workers", type=click.IntRange(min=1), help="Processes; by default the machine's cores.")
@click.option("--keep", is_flag=True, help="Keep the result for docs/reliability.md.")
@click.pass_context
def command(ctx: click.Context, seed: int, markets: int, trouble: float, workers: int | None, keep: bool) -> None:
    """The programs in trouble against the simulator, in random markets.

    In every session runs are killed at a request or a commit and started
    again, start late, twice or not at all; some sessions have no run, in
    others the kill switch is on. Trades and skips of every strategy must be
    the simulator's.
    """
    started = time.perf_counter()
    found: list[Found] = []
    try:
        for one in _tried(range(seed, seed + markets), trouble, workers or os.cpu_count() or 1):
            found.append(one)
            if sys.stderr.isatty():
                click.echo(f"\r{len(found)} of {markets} markets", nl=False, err=True)
    except KeyboardInterrupt:
        click.echo(f"interrupted after {len(found)} of {markets} markets", err=True)
    replays = f"python -m tests.proofs parity --trouble {trouble:g}"
    lines = [f"{words}; {replays} --seed {one.seed} --markets 1" for one in found for words in one.violations]
    name = f"{replays} --seed {seed} --markets {markets}"
    ctx.exit(report(make_result("parity", name, _figures(found), lines, time.perf_counter() - started), keep=keep))


def _tried(seeds: range, trouble: float, workers: int) -> Iterator[Found]:
    """Yield what each world brought, in the order of the seeds."""
    if workers == 1:
        yield from (_try(trouble, seed) for seed in seeds)
        return
    with ProcessPoolExecutor(workers, get_context("spawn"), _ignore_interrupts) as pool:
        try:
            yield from pool.map(partial(_try, trouble), seeds)
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _ignore_interrupts() -> None:
    """Ctrl-C reaches every process of the terminal; the command ends its workers, each with its market."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _try(trouble: float, seed: int) -> Found:
    return try_world(seed, trouble, _sessions())


@cache
def _sessions() -> Sessions:
    return load_sessions(LAST_SESSION)


def _figures(found: list[Found]) -> dict[str, int | float | str]:
    counts = Counts()
    for one in found:
        counts.add(one.counts)
    return {
        "markets": len(found),
        "sessions": sum(one.sessions for one in found),
        "sessions without a run": sum(one.skipped for one in found),
        "sessions refused": sum(one.refused for one in found),
        "runs started": counts.runs,
        "killed at a request": counts.killed_at_requests,
        "killed at a commit": counts.killed_at_commits,
        "killed again when started again": counts.killed_again,
        "late": counts.late,
        "started twice": counts.started_twice,
        "left out": counts.left_out,
        "trades compared": sum(one.trades for one in found),
        "skips compared": sum(one.skips for one in found),
    }
