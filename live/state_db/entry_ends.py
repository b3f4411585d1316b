"""How the decided entries of the executed strategy ended, by trade date and ticker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from live.state_db.connection import Connection


@dataclass(frozen=True, slots=True)
class EntryEnd:
    """What became of one decided entry. reason: the short word why nothing was bought, else the order's status."""

    is_bought: bool
    reason: str


def entry_ends(connection: Connection, first: date, last: date) -> Mapping[tuple[date, str], EntryEnd]:
    """Return the end of every entry that was planned for a trade date from `first` to `last`."""
    rows = connection.all(
        "SELECT trade_date, ticker, filled_qty, status, reject_reason FROM orders "
        "WHERE intent = 'entry' AND trade_date BETWEEN ? AND ?",
        (first.isoformat(), last.isoformat()),
    )
    return {
        (date.fromisoformat(row["trade_date"]), row["ticker"]): EntryEnd(
            row["filled_qty"] > 0, (row["reject_reason"] or row["status"]).split(":")[0]
        )
        for row in rows
    }
