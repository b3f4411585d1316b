"""One replay from start to verdict: the programs' days, both simulations, the comparison."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from backtest.files import write_file
from live.brokers.sim import open_exchange
from live.clock import SystemClock
from live.parity.compare import Comparison, compare
from live.parity.days import DayLog, Folder, run_days
from live.parity.ledgers import Programs, read_programs, simulate
from live.parity.prepare import Asked, gather, lay_out
from live.parity.stretch import Stretch
from live.parity.summary import Found, as_json, as_markdown
from live.parity.trading_day import as_processes, in_process
from live.run.runtime import Runtime
from live.sim.exchange import Exchange
from live.state_db.connection_cache import ConnectionCache
from live.state_db.db import StateDB

_IN_MEMORY = Path("/dev/shm")
_ROOM = 1 << 30
"""More than an exchange file of 700 symbols over eight years and a state DB need."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Called with the number of sessions at the start and with each session done."""

    begin: Callable[[int], None]
    done: Callable[[date], None]


def replay(asked: Asked, out: Path | None, *, subprocesses: bool, progress: Progress) -> Found:
    """Replay and compare. With `out` the state stays there, so that an interrupted replay goes on.

    Raises DriftError subclasses: 2 usage, 6, 7 input, 1 when a program ended in a way no market explains.
    """
    with _folder(out) as folder:
        stretch = gather(asked, folder)
        progress.begin(len(stretch.days))
        exchange = lay_out(stretch, folder)
        started = time.perf_counter()
        try:
            log = _trade(stretch, folder, exchange, subprocesses, progress.done)
        finally:
            exchange.close()
        live_seconds = time.perf_counter() - started
        return _judge(stretch, folder, log, live_seconds)


def write_results(out: Path, found: Found, command: str) -> None:
    """Write `parity.md` and `parity.json` into the replay's folder."""
    write_file(out / "parity.md", as_markdown(found, command).encode())
    write_file(out / "parity.json", (json.dumps(as_json(found), indent=1) + "\n").encode())


def compare_ledgers(stretch: Stretch, programs: Programs) -> tuple[Comparison, Comparison]:
    """Compare what the programs did with the simulator, for the executed and for the shadow strategy."""
    shadow = simulate(stretch, shadow=True, through=programs.shadow_through)
    return (
        compare(stretch.params.primary.strategy_id, programs.executed, simulate(stretch).ledger),
        compare(stretch.params.shadow.strategy_id, programs.shadow, shadow.ledger),
    )


def _trade(
    stretch: Stretch, folder: Folder, exchange: Exchange, subprocesses: bool, on_session: Callable[[date], None]
) -> DayLog:
    if subprocesses:
        start = as_processes(folder.workspace, Path.cwd())
        return run_days(stretch, folder, exchange, start, on_session=on_session)
    broker = open_exchange(exchange, per_minute=1_000_000)
    with ConnectionCache() as cache:
        start = in_process(folder.workspace, Runtime(broker, stretch.prices, stretch.sessions, cache))
        return run_days(stretch, folder, exchange, start, on_session=on_session)


def _judge(stretch: Stretch, folder: Folder, log: DayLog, live_seconds: float) -> Found:
    started = time.perf_counter()
    with StateDB.open(folder.workspace.state_db, SystemClock()) as db:
        programs = read_programs(db, stretch)
    comparisons = compare_ledgers(stretch, programs)
    simulator_seconds = time.perf_counter() - started
    return Found(
        first=stretch.first,
        last=stretch.last,
        sessions=len(stretch.days),
        skipped_sessions=len(stretch.skipped_days),
        candidates=len(stretch.candidates),
        tickers=len(stretch.data.series),
        runs=log.runs,
        codes=dict(log.codes),
        requests=log.requests,
        comparisons=comparisons,
        trades=simulate(stretch).trades,
        params=stretch.params,
        fingerprint=stretch.data.fingerprint,
        live_seconds=live_seconds,
        simulator_seconds=simulator_seconds,
        nines=tuple(log.nines),
    )


@contextmanager
def _folder(out: Path | None) -> Iterator[Folder]:
    if out is not None:
        yield Folder(out / "state")
        return
    with tempfile.TemporaryDirectory(prefix="earnings-drift-replay-", dir=scratch_folder()) as root:
        yield Folder(Path(root))


def scratch_folder() -> Path | None:
    """Return where state that is thrown away lies: in memory, where syncing it to a disk costs nothing.

    None, the system's own choice, when there is no such folder with room, or TMPDIR names another.
    """
    if "TMPDIR" in os.environ or not os.access(_IN_MEMORY, os.W_OK | os.X_OK):
        return None
    return _IN_MEMORY if shutil.disk_usage(_IN_MEMORY).free >= _ROOM else None
