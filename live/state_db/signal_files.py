"""`signal_files`: every file issued, word for word."""

from __future__ import annotations

from datetime import date

from live.state_db.connection import Connection
from live.state_db.events import Events
from live.state_db.rows import SignalFileRow


class SignalFiles:
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
        """Record a file before it is written; it supersedes the one issued before for the same strategy and date."""
        raise NotImplementedError

    def latest(self, strategy: str, trade_date: date) -> SignalFileRow | None:
        """Return the file that is not superseded."""
        raise NotImplementedError

    def by_file_sha256(self, file_sha256: str) -> SignalFileRow | None:
        """Return the newest row with these bytes."""
        raise NotImplementedError

    def by_content_sha256(self, content_sha256: str) -> SignalFileRow | None:
        """Return the newest row with this content."""
        raise NotImplementedError

    def get(self, id_: int) -> SignalFileRow | None:
        raise NotImplementedError
