"""Dry run of the signal generator as a process: a report, a full book, warm caches."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import datetime, time
from pathlib import Path

from live.clock import NEW_YORK
from live.sim.exchange import Exchange
from tests.bench.figures import Figure, best_process, python, run_process, seconds, to_bare
from tests.bench.full_book import make_eve
from tests.bench.listed import COUNT


def measure() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as name:
        eve = make_eve(Path(name))
        assert eve.workspace.sim_file is not None
        exchange = Exchange.open(eve.workspace.sim_file)
        exchange.advance_to(datetime.combine(eve.day, time(9), NEW_YORK))
        exchange.close()
        arguments = eve.workspace.arguments("generator", [eve.report])
        command = python("-m", "live.signal_generator", *arguments, "--dry-run")
        cold = run_process(command)
        warm = best_process(command)
        libraries = best_process(python("-c", "import numpy, pandas, pyarrow, bs4, requests, yaml"))
        what = f"dry run, {eve.held} positions, a report of {eve.report.stat().st_size // 1024} KB, {COUNT:,} assets"
        yield Figure(f"{what} (ended {warm.code})", seconds(warm), to_bare(warm), "under 2 s")
        assert run_process(python("-m", "live.signal_generator", *arguments)).code in (0, 9)
        kept = best_process(command)
        yield Figure("the same, the asset list kept from an earlier run of the day", seconds(kept), to_bare(kept))
        yield Figure("the same, first time", seconds(cold), to_bare(cold))
        yield Figure("importing numpy, pandas, pyarrow, bs4, requests, yaml", seconds(libraries), to_bare(libraries))
