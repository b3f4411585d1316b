"""Everything that may refuse a trading run before its first step: manifest, signal file, keys, account.

Apart from the phases, because a run that is refused must not wait for them.
"""

from __future__ import annotations

from backtest.errors import UsageError
from live.execute.desk import Desk
from live.execute.opening import open_desk, read_calendar
from live.execute.options import ExecutorOptions
from live.execute.plan import SignalSource, Today
from live.run.program import Run
from live.run.runtime import Runtime
from live.run.startup import Opened, check_manifest, connect
from live.signals.file import account_ref


def open_verified(
    run: Run, opened: Opened, options: ExecutorOptions, runtime: Runtime | None
) -> tuple[Desk, Today | None]:
    """Return the desk, and today's file when there is one to carry out. Raises what refuses the run: 5, 6, 7, 8, 10."""
    manifest_sha256 = check_manifest(opened.config, options.manifest)
    source = SignalSource(options.signals_file, opened.db, opened.config, manifest_sha256)
    source.read()
    connected = connect(run, opened, options, runtime, read_calendar=read_calendar)
    if connected.broker.is_live and options.skip_time_check:
        raise UsageError("--skip-time-check is not for live trading")
    source.require_readable()
    desk = open_desk(run, opened, connected, options)
    account = account_ref(connected.broker.id, connected.account.id, connected.broker.is_live)
    return desk, source.verify(desk.moment, account)
