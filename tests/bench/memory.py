"""Peak memory of a day: each program as a process, on a full book with a report."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from live.clock import NEW_YORK
from live.sim.exchange import Exchange
from live.timetable import TIMETABLE
from tests.bench.figures import Figure, environment, python
from tests.bench.full_book import make_eve
from tests.paths import ROOT

WANTED = "under 350 MB"
_LAUNCHER = """
import json, resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(json.dumps([done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss]))
"""
"""A small process in between: a child's peak counts what its parent had when it was forked."""


def measure() -> Iterator[Figure]:
    """Run a day's four programs, and next to them a process that only has the libraries."""
    _, bare = peak_mb(python("-c", "import numpy, pandas, pyarrow.parquet"))
    yield Figure("importing numpy, pandas, pyarrow", f"{bare:.0f} MB", "1")
    with tempfile.TemporaryDirectory() as name:
        eve = make_eve(Path(name))
        assert eve.workspace.sim_file is not None
        for program, at in TIMETABLE:
            exchange = Exchange.open(eve.workspace.sim_file)
            exchange.advance_to(datetime.combine(eve.day, at, NEW_YORK))
            exchange.close()
            module = "live.signal_generator" if program == "generator" else "live.executor"
            code, peak = peak_mb(python("-m", module, *eve.workspace.arguments(program, [eve.report])))
            what = f"{program}, {eve.held} positions (ended {code})"
            yield Figure(what, f"{peak:.0f} MB", f"{peak / bare:.1f} x importing libraries", WANTED)


def peak_mb(command: Sequence[str]) -> tuple[int, float]:
    """Run a process; return its exit code and its peak memory."""
    launched = subprocess.run(
        python("-c", _LAUNCHER, *command), cwd=ROOT, env=environment(), capture_output=True, text=True, check=True
    )
    code, peak = json.loads(launched.stdout)
    return code, peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
