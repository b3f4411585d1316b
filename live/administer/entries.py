"""`entries off | on`: no entry goes out, everything else goes on; a row in the state DB that the runs read."""

from __future__ import annotations

from live.administer.book_file import open_book_file
from live.administer.kill_switch import who_is_asking
from live.orders import Intent, OrderStatus
from live.run.closing_lines import first_of
from live.run.entry_control_text import entries_json, entries_off_text
from live.run.options import RunOptions
from live.run.program import Run
from live.run.runtime import Runtime
from live.state_db.db import StateDB

ON = "entries are on"


def turn_entries_off(run: Run, options: RunOptions, runtime: Runtime | None, reason: str) -> None:
    """Turn them off, and name the entries that are at the broker already. Raises 6 and 13."""
    _, db = open_book_file(run, options, runtime)
    said = db.entry_controls.turn_off(reason, who_is_asking())
    run.console.say(entries_off_text(said), "red")
    sent = sent_entries(db)
    if sent:
        run.note(
            f"at the broker already, and may still be bought: {first_of(sent)}; "
            "python -m live.admin close TICKER takes one back"
        )
    run.report["entries"] = entries_json(said) | {"at_broker": list(sent)}


def turn_entries_on(run: Run, options: RunOptions, runtime: Runtime | None, reason: str) -> None:
    """Turn them on again. Raises 6 and 13."""
    _, db = open_book_file(run, options, runtime)
    before = db.entry_controls.off()
    if before is not None:
        run.console.say(f"was: {entries_off_text(before)}")
    db.entry_controls.turn_on(reason, who_is_asking())
    run.console.say(ON, "green")
    run.report["entries"] = entries_json(None)


def sent_entries(db: StateDB) -> tuple[str, ...]:
    """Return the tickers of entries that left and are not over."""
    entries = (row for row in db.orders.unfinished() if row.intent is Intent.ENTRY)
    return tuple(row.ticker for row in entries if row.status is not OrderStatus.PLANNED)
