"""One run of the executor: a level-triggered reconciler, not a script that must survive to its end.

Each run compares plan, state DB and broker and does the next missing step; one that died anywhere is
finished by the same command (I11).
"""

from __future__ import annotations

from live.execute.decide.schedule import Phase
from live.execute.options import ExecutorOptions
from live.orders import OrderStatus
from live.run.kill_switch_text import kill_switch_text
from live.run.program import Run
from live.run.runtime import Runtime
from live.run.startup import SWITCH_OFF, Opened, open_run, require_kill_switch_off
from live.state_db.db import StateDB


def execute(run: Run, options: ExecutorOptions, runtime: Runtime | None) -> None:
    """Carry out one phase; how it ends is in `run.outcome`. Raises DriftError for a start-up refusal."""
    opened = open_run(run, options, runtime)
    is_stopped = opened.kill_switch.on and options.phase is not Phase.PROTECT
    if is_stopped and (options.dry_run or not _has_work(opened.db)):
        require_kill_switch_off(opened.kill_switch)
    if options.phase is not Phase.PROTECT and not is_stopped:
        _trade(run, opened, options, runtime)
        return
    from live.execute import trade  # late: a run that the kill switch ends at once must not wait for it

    if options.phase is Phase.PROTECT:
        trade.protect_only(run, opened, options, runtime)
        if opened.kill_switch.on and run.closing_lines.needs_hand == "nothing":  # protected, but nothing is traded
            run.closing_lines.needs_hand = kill_switch_text(opened.kill_switch)
            run.closing_lines.next_step = SWITCH_OFF
    else:
        trade.under_kill_switch(run, opened, options, runtime)
        require_kill_switch_off(opened.kill_switch)


def _trade(run: Run, opened: Opened, options: ExecutorOptions, runtime: Runtime | None) -> None:
    from live.execute.start import start_verified

    executor, today = start_verified(run, opened, options, runtime)
    from live.execute.trade import trade  # late: a run that is refused must not wait for it

    trade(executor, today, options)


def _has_work(db: StateDB) -> bool:
    """Return whether something is held, working or of unknown outcome that a stopped run still has to look after."""
    return bool(db.positions.open_positions()) or any(
        row.status is not OrderStatus.PLANNED for row in db.orders.unfinished()
    )
