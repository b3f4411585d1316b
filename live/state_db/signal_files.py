"""`signal_files`: every file issued, word for word."""

from __future__ import annotations

from datetime import date

from live.state_db.columns import Columns
from live.state_db.connection import Connection
from live.state_db.event_types.runs import SignalIssued
from live.state_db.events import Events
from live.state_db.records import SignalFileRow

_COLUMNS = Columns("signal_files", SignalFileRow)


class SignalFiles:
    """At most one file of a strategy and trade date is not superseded (unique index)."""

    def __init__(self, connection: Connection, events: Events) -> None:
        self._c = connection
        self._events = events

    def issue(
        self,
        *,
        strategy: str,
        trade_date: date,
        path: str,
        text: str,
        content_sha256: str,
        file_sha256: str,
        run_id: str,
    ) -> SignalFileRow:
        """Record a file before it is written; it supersedes the one issued before for its strategy and date."""
        with self._c.transaction():
            last = self._c.one("SELECT max(id) AS id FROM signal_files")
            number = ((last["id"] if last else None) or 0) + 1
            self._c.write(
                "UPDATE signal_files SET superseded_by = ? "
                "WHERE strategy = ? AND trade_date = ? AND superseded_by IS NULL",
                (number, strategy, trade_date.isoformat()),
            )
            self._c.insert(
                "signal_files",
                {
                    "id": number,
                    "strategy": strategy,
                    "trade_date": trade_date,
                    "path": path,
                    "text": text,
                    "content_sha256": content_sha256,
                    "file_sha256": file_sha256,
                    "run_id": run_id,
                    "issued_at": self._c.stamp(),
                },
            )
            issued = SignalIssued(strategy, trade_date, number, content_sha256, path)
            self._events.append(issued, corr_id=f"signals:{trade_date}:{strategy}")
            row = self.get(number)
        assert row is not None
        return row

    def latest(self, strategy: str, trade_date: date) -> SignalFileRow | None:
        """Return the file that is not superseded."""
        return self._find("strategy = ? AND trade_date = ? AND superseded_by IS NULL", strategy, trade_date.isoformat())

    def latest_of_all(self, trade_date: date) -> tuple[SignalFileRow, ...]:
        """Return the file of each strategy that is not superseded, the first strategy first."""
        strategies = self._c.all("SELECT strategy FROM signal_files GROUP BY strategy ORDER BY min(id)")
        found = (self.latest(row["strategy"], trade_date) for row in strategies)
        return tuple(row for row in found if row is not None)

    def newest(self, strategy: str) -> SignalFileRow | None:
        """Return the file of the latest trade date that is not superseded."""
        where = "strategy = ? AND superseded_by IS NULL ORDER BY trade_date DESC LIMIT 1"
        return _COLUMNS.read_one(self._c.one(f"{_COLUMNS.select} WHERE {where}", (strategy,)))

    def issued_since(self, strategy: str, trade_date: date) -> tuple[SignalFileRow, ...]:
        """Return every file of a strategy for trade dates from this one on, superseded ones too, oldest first."""
        where = "strategy = ? AND trade_date >= ? ORDER BY id"
        return _COLUMNS.read_all(self._c.all(f"{_COLUMNS.select} WHERE {where}", (strategy, trade_date.isoformat())))

    def by_file_sha256(self, file_sha256: str) -> SignalFileRow | None:
        """Return the newest row with these bytes."""
        return self._find("file_sha256 = ?", file_sha256)

    def is_empty(self) -> bool:
        """Return whether this DB never issued a file."""
        return self._c.one("SELECT 1 FROM signal_files LIMIT 1") is None

    def get(self, id_: int) -> SignalFileRow | None:
        """Return a row by its id."""
        return self._find("id = ?", id_)

    def _find(self, condition: str, *params: object) -> SignalFileRow | None:
        found = self._c.one(f"{_COLUMNS.select} WHERE {condition} ORDER BY id DESC LIMIT 1", params)
        return _COLUMNS.read_one(found)
