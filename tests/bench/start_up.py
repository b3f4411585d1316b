"""Start-up: how soon a command that has nothing to do is back."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.figures import Figure, Spent, bare_interpreter, best_process, python, seconds, to_bare
from tests.paths import ROOT

WANTED = "under 0.3 s"
PROGRAMS = {"live.signal_generator": ("--no-report",), "live.executor": ()}
HELPS = ("live.signal_generator", "live.executor", "live.admin", "live.replay", "backtest", "live.sim")


def measure() -> Iterator[Figure]:
    """Time `--help` of every command, exit 3 and 6, and the first run of all, which makes the state DB."""
    yield Figure("python -c pass", seconds(bare_interpreter()), "1")
    for module in HELPS:
        yield _figure(f"{module} --help", best_process(python("-m", module, "--help")), 0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / "configs", folder / "configs")
        kill, manifest = folder / "KILL", folder / "configs" / "run_manifest.json"
        best_process(python("-m", "backtest", "manifest", "--out", manifest), times=1, cwd=folder)
        kill.touch()
        for program, arguments in PROGRAMS.items():
            command = python("-m", program, *arguments, "--state-db")
            firsts = [best_process([*command, f"{program}-{n}.db"], times=1, cwd=folder) for n in range(3)]
            first = min(firsts, key=lambda spent: spent.wall)
            again = best_process([*command, f"{program}-0.db"], cwd=folder)
            yield _figure(f"{program}, kill switch on, no state DB yet", first, 3)
            yield _figure(f"{program}, kill switch on, no positions", again, 3)
        kill.unlink()
        for program, arguments in PROGRAMS.items():
            command = python("-m", program, *arguments, "--state-db", f"{program}-0.db")
            yield _figure(f"{program}, no keys", best_process(command, cwd=folder), 6)
            missing = best_process([*command, "--config", "missing.yaml"], cwd=folder)
            yield _figure(f"{program}, no configuration", missing, 6)


def _figure(what: str, spent: Spent, expected_code: int) -> Figure:
    label = what if spent.code == expected_code else f"{what} (ended {spent.code}, not {expected_code})"
    return Figure(label, seconds(spent), to_bare(spent), WANTED)
