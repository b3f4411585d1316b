"""One replay: the programs trade its days, the simulator runs over the same days, the ledgers are compared."""

from __future__ import annotations

import gc
import json
import os
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
from live.parity.day_loop import RunCounts, run_days
from live.parity.folder import ReplayFolder, open_folder_of
from live.parity.inputs import ReplayInputs
from live.parity.ledgers import ProgramLedgers, read_ledgers, simulate
from live.parity.prepare import ReplayRequest, judge_as_listed, prepare_exchange, read_inputs
from live.parity.scanned import with_scanned
from live.parity.summary import ReplayResult, as_json, as_markdown
from live.parity.trading_day import Programs, RunProgram, as_processes, in_process
from live.run.runtime import Runtime
from live.sim.exchange import Exchange
from live.state_db.connection_cache import ConnectionCache
from live.state_db.db import StateDB

_MANY_OBJECTS = 100_000
"""So many objects more than before, and garbage is looked for; a session leaves some two thousand."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Called with the number of sessions at the start and with each session done."""

    begin: Callable[[int], None]
    done: Callable[[date], None]


def replay(request: ReplayRequest, out: Path | None, *, programs: Programs | None, progress: Progress) -> ReplayResult:
    """Replay and compare. With `out` the state stays there, so that an interrupted replay goes on.

    programs: run in this process; None starts every run as a process of its own, as cron does.
    Raises DriftError subclasses: 2 usage, 6, 7 input, 1 when a program ended in a way no market explains.
    """
    with open_folder_of(out) as folder:
        inputs = read_inputs(request, folder)
        progress.begin(len(inputs.days))
        exchange = prepare_exchange(inputs, folder)
        try:
            inputs = with_scanned(judge_as_listed(inputs, exchange), exchange)
            started, used = time.perf_counter(), _processor_seconds()
            counts = trade_sessions(inputs, folder, exchange, programs, progress.done)
        finally:
            exchange.close()
        spent = _Spent(time.perf_counter() - started, _processor_seconds() - used)
        return _compare(inputs, folder, counts, spent)


def write_results(out: Path, result: ReplayResult, command: str) -> None:
    """Write `parity.md` and `parity.json` into the replay's folder."""
    write_file(out / "parity.md", as_markdown(result, command).encode())
    write_file(out / "parity.json", (json.dumps(as_json(result), indent=1) + "\n").encode())


def compare_ledgers(inputs: ReplayInputs, ledgers: ProgramLedgers) -> tuple[Comparison, ...]:
    """Compare what the programs did with the simulator: the executed strategy, then every shadow that keeps a book."""
    executed = compare(inputs.params.primary.strategy_id, ledgers.executed, simulate(inputs).ledger)
    shadows = (
        compare(one.shadow.strategy_id, one.ledger, simulate(inputs, one.shadow, through=one.through).ledger)
        for one in ledgers.shadows
    )
    return (executed, *shadows)


def trade_sessions(
    inputs: ReplayInputs,
    folder: ReplayFolder,
    exchange: Exchange,
    programs: Programs | None,
    on_session: Callable[[date], None] = lambda day: None,
) -> RunCounts:
    """Run both programs over the sessions that are not done yet; programs: as in `replay`."""
    if programs is None:
        return run_days(inputs, folder, exchange, as_processes(folder.workspace, Path.cwd()), on_session=on_session)
    with runner_of(inputs, folder, exchange, programs) as run_program:
        return run_days(inputs, folder, exchange, run_program, on_session=on_session)


@contextmanager
def runner_of(
    inputs: ReplayInputs, folder: ReplayFolder, exchange: Exchange, programs: Programs
) -> Iterator[RunProgram]:
    """Give the runner of both programs in this process, on the exchange of the replay."""
    broker = open_exchange(exchange, per_minute=1_000_000, lock_folder=folder.workspace.state_db.resolve().parent)
    with ConnectionCache() as cache, _rare_garbage_collection():
        yield in_process(programs, folder.workspace, Runtime(broker, inputs.prices, inputs.sessions, cache))


@contextmanager
def _rare_garbage_collection() -> Iterator[None]:
    """Look for garbage in cycles seldom, and never among what is there already: modules, bars, candidates."""
    usual = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_MANY_OBJECTS, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()


@dataclass(frozen=True, slots=True)
class _Spent:
    """Seconds that the programs' days took: by the clock, and of the processor."""

    wall: float
    processor: float


def _processor_seconds() -> float:
    """Return what this process and the programs that it has started have used of the processor."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _compare(inputs: ReplayInputs, folder: ReplayFolder, counts: RunCounts, spent: _Spent) -> ReplayResult:
    started = time.perf_counter()
    with StateDB.open(folder.workspace.state_db, SystemClock()) as db:
        ledgers = read_ledgers(db, inputs)
    comparisons = compare_ledgers(inputs, ledgers)
    simulator_seconds = time.perf_counter() - started
    return ReplayResult(
        first=inputs.first,
        last=inputs.last,
        sessions=len(inputs.days),
        skipped_sessions=len(inputs.skipped_days),
        refused_sessions=len(inputs.refused_days),
        candidates=len(inputs.offered(inputs.params.primary.strategy_id)),
        tickers=len(inputs.data.series),
        counts=counts,
        comparisons=comparisons,
        trades=simulate(inputs).trades,
        params=inputs.params,
        fingerprint=inputs.data.fingerprint,
        live_seconds=spent.wall,
        processor_seconds=spent.processor,
        simulator_seconds=simulator_seconds,
    )
