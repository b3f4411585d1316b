"""`python -m tests.proofs fuzz`: every input and every answer of the broker, changed at random."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path

import click

from tests.paths import ROOT
from tests.proofs.fuzz.engine import ENGINES, Fuzzed, default_engine, fuzz
from tests.proofs.fuzz.registry import find_target, targets
from tests.proofs.fuzz.target import Violation, judge
from tests.proofs.results import make_result, report


@click.command()
@click.option("--seconds", type=click.IntRange(min=1), default=10, show_default=True, help="For each target.")
@click.option("--only", multiple=True, metavar="TARGET", help="This target alone, or those that begin so; repeatable.")
@click.option(
    "--engine", type=click.Choice(ENGINES), help="atheris is guided by coverage, and the default if installed."
)
@click.option("--seed", type=click.IntRange(min=1), default=1, show_default=True, help="Of the random changes.")
@click.option("--workers", type=click.IntRange(min=1), help="Targets at a time; by default as many as there are cores.")
@click.option("--replay", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Judge this case alone.")
@click.option("--keep", is_flag=True, help="Keep the result and write docs/reliability.md anew.")
@click.pass_context
def command(
    ctx: click.Context, seconds: int, only: tuple[str, ...], engine: str | None, seed: int, workers: int | None,
    replay: Path | None, keep: bool,
) -> None:  # fmt: skip
    """Change every input and every answer of the broker at random.

    A case is read as a value that keeps its contract, or refused as documented,
    within 2 s of processor time. What is found stays in the corpus, which the
    tests replay.
    """
    names = [name for name in targets() if not only or any(name.startswith(one) for one in only)]
    if not names:
        raise click.UsageError(f"no target begins with {' or '.join(only)} (expected one of {', '.join(targets())})")
    if replay is not None:
        if len(names) != 1:
            raise click.UsageError("--replay needs --only with the target of the case")
        ctx.exit(_replayed(names[0], replay))
    chosen = engine or default_engine()
    began = time.monotonic()
    done = list(_fuzz_all(names, chosen, seconds, seed, workers))
    done.sort(key=lambda one: names.index(one.name))
    result = make_result("fuzz", _typed(seconds, only, chosen, seed), _figures(done, chosen, seconds), _found(done),
                         time.monotonic() - began)  # fmt: skip
    ctx.exit(report(result, keep=keep))


def _replayed(name: str, case: Path) -> int:
    """Judge one case and say what became of it; 1 for a violation."""
    try:
        click.echo(f"{name}: {judge(find_target(name), case.read_bytes())}")
    except Violation as violation:
        import traceback

        traceback.print_exception(violation)
        return 1
    return 0


def _fuzz_all(names: Sequence[str], engine: str, seconds: int, seed: int, workers: int | None) -> Iterator[Fuzzed]:
    """Yield what comes of each target; at Ctrl-C those that are done."""
    pool = ThreadPoolExecutor(workers or os.cpu_count() or 1)  # each thread waits for a process
    waiting: list[Future[Fuzzed]] = [pool.submit(fuzz, name, engine, seconds, seed) for name in names]
    try:
        for number, one in enumerate(as_completed(waiting), start=1):
            if sys.stderr.isatty():
                click.echo(f"\r{number} of {len(names)} targets", nl=number == len(names), err=True)
            yield one.result()
    except KeyboardInterrupt:
        click.echo("interrupted; what is done follows", err=True)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _figures(done: Sequence[Fuzzed], engine: str, seconds: int) -> dict[str, int | float | str]:
    figures: dict[str, int | float | str] = {
        "inputs fuzzed": len(done),
        "engine": engine,
        "seconds an input": seconds,
        "cases judged": sum(one.executions for one in done),
        "violations found": sum(len(one.found) for one in done),
    }
    return figures | {one.name: _words(one) for one in done}


def _words(one: Fuzzed) -> str:
    edges = f", {one.covered[0]:,} -> {one.covered[1]:,} edges" if one.covered is not None else ""
    return f"{one.executions:,} cases{edges}" + (f", {len(one.found)} found" if one.found else "")


def _found(done: Sequence[Fuzzed]) -> list[str]:
    """Return one line a violation, with the command that shows it again."""
    again = "python -m tests.proofs fuzz --only"
    lines = []
    for one in done:
        lines += [f"{path.stem}; {again} {one.name} --replay {path.relative_to(ROOT)}" for path in one.found]
        if one.died and not one.found:
            lines.append(f"{one.name} ended early ({one.died}); {again} {one.name}")
    return lines


def _typed(seconds: int, only: Sequence[str], engine: str, seed: int) -> str:
    chosen = "".join(f" --only {one}" for one in only)
    return f"python -m tests.proofs fuzz --seconds {seconds}{chosen} --engine {engine} --seed {seed}"
