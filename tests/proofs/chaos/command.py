"""`python -m tests.proofs chaos`: many histories, each a seed; what fails is printed, played again and made small."""

from __future__ import annotations

import gc
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress

import click

from tests.proofs.chaos.history import Played, play
from tests.proofs.chaos.parts import CODES, SPEED, codes_text, joined, refuse_other_days, settles
from tests.proofs.chaos.schedule import draw
from tests.proofs.chaos.shrinking import shrink
from tests.proofs.results import Result, make_result, read_results, report

MOST_SHRUNK = 3
MOST_TOLD = 5
"""Violations of one history that are printed."""
_CHUNK = 4
_MANY_OBJECTS = 20_000
"""So many objects more than before, and garbage is looked for."""


@click.command()
@click.option("--histories", type=click.IntRange(min=1), default=100, show_default=True, help="How many are played.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of the first; each further one has the next.")
@click.option("--days", type=click.IntRange(1, 10), default=3, show_default=True, help="Sessions before the quiet one.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes; the machine's cores by default.")
@click.option("--shrink/--no-shrink", "shrinks", default=True, help="Make the first failing histories small.")
@click.option("--trace", is_flag=True, help="Print the history of the first seed in words, and every request of it.")
@click.option(
    "--keep", is_flag=True, help="Keep the result in tests/proofs/results and write docs/reliability.md anew."
)
@click.option("--add", "adds", is_flag=True, help="Keep the result too, joined to the kept one: it grows in parts.")
def command(
    histories: int, seed: int, days: int, workers: int | None, shrinks: bool, trace: bool, keep: bool, adds: bool
) -> None:
    """Histories of several days with faults of every kind, each followed by a quiet day that must end in order.

    One seed is one history and replays exactly. --add takes seeds that are not kept yet, or one that failed: when it
    holds now, it counts as mended. Exit codes: 0 all invariants held, 1 one did not.

    Example: python -m tests.proofs chaos --histories 2000
    """
    kept = read_results().get("chaos") if adds else None
    _refuse_kept(kept, range(seed, seed + histories), days)
    began = time.monotonic()
    found: list[Played] = []
    _leave_the_user_alone()
    if trace:
        _print_trace(seed, days)
    try:
        for played in _play_all(range(seed, seed + histories), days, workers or os.cpu_count() or 1):
            found.append(played)
            _show_progress(len(found), histories)
            if played.violations:
                click.echo(f"found: {words_of(played, days)}", err=True)  # before it is made small, which takes a while
    except KeyboardInterrupt:
        click.echo(f"stopped after {len(found)} histories", err=True)
    failed = [one for one in found if one.violations]
    if shrinks:
        with suppress(KeyboardInterrupt):
            for one in failed[:MOST_SHRUNK]:
                _print_small(one, days)
    words = f"python -m tests.proofs chaos --histories {len(found)} --seed {seed} --days {days}"
    lines = [words_of(one, days) for one in failed]
    result = make_result("chaos", words, _figures(found, time.monotonic() - began), lines, time.monotonic() - began)
    sys.exit(report(result if kept is None else joined(kept, result), keep=keep or adds))


def _refuse_kept(kept: Result | None, seeds: range, days: int) -> None:
    try:
        if kept is not None:
            refuse_other_days(kept, days)
            settles(kept, frozenset(seeds))
    except ValueError as error:
        raise click.ClickException(str(error)) from None


def words_of(played: Played, days: int) -> str:
    """Return what did not hold in a history, and the command that shows it."""
    more = len(played.violations) - MOST_TOLD
    told = " | ".join(played.violations[:MOST_TOLD]) + (f" | and {more} more" if more > 0 else "")
    return f"{told}; python -m tests.proofs chaos --histories 1 --seed {played.seed} --days {days}"


def _play_all(seeds: Sequence[int], days: int, workers: int) -> Iterator[Played]:
    """Yield every history played, in the order of the seeds."""
    if workers == 1 or len(seeds) == 1:
        yield from (_play_one(seed, days) for seed in seeds)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(seeds)), mp_context=context, initializer=_begin_work) as pool:
        try:
            yield from pool.map(_play_one, seeds, [days] * len(seeds), chunksize=_CHUNK)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _play_one(seed: int, days: int) -> Played:
    return play(draw(seed, days))


def _begin_work() -> None:
    """What is imported by now stays: garbage is not looked for in it, and seldom in what a history leaves."""
    _leave_the_user_alone()
    gc.freeze()
    gc.set_threshold(_MANY_OBJECTS)


def _leave_the_user_alone() -> None:
    """No key, no home and no cache of whoever starts this is seen by the programs."""
    for name in list(os.environ):
        if name.startswith(("APCA_", "ALPACA_", "FMP_", "EARNINGS_DRIFT_")):
            del os.environ[name]


def _print_small(played: Played, days: int) -> None:
    wanted = played.invariants

    def fails(schedule: object) -> bool:
        return bool(wanted & play(schedule).invariants)  # type: ignore[arg-type]

    small = shrink(draw(played.seed, days), fails)
    click.echo(f"seed {played.seed}, as small as it gets:")
    for line in small.lines():
        click.echo(f"  {line}")
    for line in play(small).violations[:MOST_TOLD]:
        click.echo(f"  -> {line}")


def _print_trace(seed: int, days: int) -> None:
    schedule = draw(seed, days)
    for line in (*schedule.lines(), *play(schedule, keeps_trace=True).trace):
        click.echo(line)


def _show_progress(done: int, of: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{done} of {of} histories", nl=done == of, err=True)


def _figures(found: Sequence[Played], seconds: float) -> dict[str, int | float | str]:
    codes: Counter[int] = Counter()
    for one in found:
        codes.update(dict(one.codes))
    days = sum(one.days for one in found)
    return {
        "histories": len(found),
        "days simulated": days,
        SPEED: round(days / seconds, 1) if seconds else 0,
        "runs": sum(one.runs for one in found),
        "runs killed": sum(one.killed for one in found),
        "events that went wrong or were done by hand": sum(one.events for one in found),
        "requests watched": sum(one.requests for one in found),
        "commits watched": sum(one.commits for one in found),
        CODES: codes_text(codes),
    }
