"""`make bench`: what the programs cost, as a table. `python -m tests.bench --only replay` for one of them."""

from __future__ import annotations

import importlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click

from tests.bench.figures import Figure

BENCHMARKS = {
    "start-up": "start_up",
    "generator": "generator_dry_run",
    "executor": "executor_day",
    "replay": "replay",
    "simulator": "simulator",
    "engine": "engine",
    "workers": "workers",
    "studies": "studies",
    "tear-sheet": "tear_sheet",
    "parser": "parser",
    "memory": "memory",
    "state-db": "state_db_age",
}
"""Name → module of this package; each has `measure()`, which yields figures."""


@click.command()
@click.option("--only", multiple=True, type=click.Choice(list(BENCHMARKS)), help="One of them; repeatable.")
def main(only: tuple[str, ...]) -> None:
    """Measure and print. Nothing is asserted: times depend on the machine, so each is also given as a ratio."""
    with _own_locks():
        for name in only or BENCHMARKS:
            started = time.perf_counter()
            figures = list(importlib.import_module(f"tests.bench.{BENCHMARKS[name]}").measure())
            click.echo(f"\n== {name} ({time.perf_counter() - started:.0f} s) ==")
            for line in _table(figures):
                click.echo(line)


@contextmanager
def _own_locks() -> Iterator[None]:
    """The accounts are made up: their locks are too."""
    before = os.environ.get("XDG_STATE_HOME")
    with tempfile.TemporaryDirectory(prefix="earnings-drift-bench-") as folder:
        os.environ["XDG_STATE_HOME"] = folder
        try:
            yield
        finally:
            del os.environ["XDG_STATE_HOME"]
            if before is not None:
                os.environ["XDG_STATE_HOME"] = before


def _table(figures: list[Figure]) -> list[str]:
    rows = [("", "measured", "ratio", "wanted"), *((f.what, f.value, f.ratio, f.wanted) for f in figures)]
    widths = [max(len(row[place]) for row in rows) for place in range(4)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


if __name__ == "__main__":
    main()
