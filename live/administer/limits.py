"""`limits reset-peak`: the drawdown limit counts from the account's present equity on."""

from __future__ import annotations

from backtest.timezone import NEW_YORK
from live.administer.kill_switch import who_is_asking
from live.run.options import RunOptions
from live.run.program import Run
from live.run.runtime import Runtime
from live.run.startup import connect, open_run

SWITCH_IS_ON = "The kill switch is still on. To trade again also: python -m live.admin kill-switch off"


def reset_peak(run: Run, options: RunOptions, runtime: Runtime | None, reason: str) -> None:
    """Forget the highest equity recorded. Raises 6, 8, 10, 13; the kill switch stays as it is."""
    opened = open_run(run, options, runtime)
    account = connect(run, opened, options, runtime).account
    run.begin()
    db = opened.db
    before = db.equity.latest()
    day = opened.clock.now().astimezone(NEW_YORK).date()
    held = len(db.positions.open_positions())
    row = db.equity.reset_peak(account, day, held, reason=reason, who=who_is_asking())
    was = "none was recorded" if before is None else f"it was {before.peak:,.2f}"
    run.note(f"highest equity: {row.peak:,.2f} USD from now on ({was})")
    run.report["limits"] = {"peak": str(row.peak), "was": None if before is None else str(before.peak)}
    if opened.kill_switch.on:
        run.console.say(SWITCH_IS_ON)
