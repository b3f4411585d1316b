"""The start of a run: what may refuse a trading one before its first step, and the object that acts.

Apart from the phases, because a run that is refused must not wait for them.
"""

from __future__ import annotations

from functools import partial

from backtest.errors import UsageError
from live.execute.decide.schedule import Phase
from live.execute.executor import Executor
from live.execute.gather import first_facts, read_calendar
from live.execute.options import ExecutorOptions
from live.execute.plan import SignalSource, Today
from live.run.bound_strategy import check_bound_manifest, refuse_other_strategy
from live.run.program import Run
from live.run.runtime import Runtime
from live.run.startup import Connected, Opened, connect
from live.signals.file import account_ref, log_signal_file


def start(run: Run, opened: Opened, connected: Connected, phase: Phase, *, skip_time_check: bool = False) -> Executor:
    """Return the executor of a run, once the first facts are read."""
    facts = first_facts(opened, connected, skip_time_check=skip_time_check)
    return Executor(run, connected.broker, opened.db, phase, facts)


def start_unverified(run: Run, opened: Opened, options: ExecutorOptions, runtime: Runtime | None) -> Executor:
    """Connect and return the executor of a run that needs neither manifest nor signals. Raises 6, 8, 10."""
    connected = connect(run, opened, options, runtime, read_calendar=read_calendar)
    return start(run, opened, connected, options.phase, skip_time_check=options.skip_time_check)


def start_verified(
    run: Run, opened: Opened, options: ExecutorOptions, runtime: Runtime | None
) -> tuple[Executor, Today | None]:
    """Return the executor, and today's file when there is one to carry out.

    Checks manifest, signal file, keys and account. Raises what refuses the run: 5, 6, 7, 8, 10.
    """
    manifest_sha256 = check_bound_manifest(run, opened, options)
    refuse_other = partial(refuse_other_strategy, run, opened, options)
    source = SignalSource(options.signals_file, opened.db, opened.config, manifest_sha256, refuse_other)
    source.read()
    connected = connect(run, opened, options, runtime, read_calendar=read_calendar)
    if connected.broker.is_live and options.skip_time_check:
        raise UsageError("--skip-time-check is not for live trading")
    source.require_readable()
    executor = start(run, opened, connected, options.phase, skip_time_check=options.skip_time_check)
    account = account_ref(connected.broker.id, connected.account.id, connected.broker.is_live)
    today = source.verify(executor.facts.moment, account)
    if today is not None:
        log_signal_file("verified", today.signal, today.issued.file_sha256)
    return executor, today
