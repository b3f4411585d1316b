"""`notifications`: the outbox of what a person is told; a child process of the run sends it (`live.notify`).

A row is written with the fact it tells of, claimed before it is tried and reported afterwards, so that a message is
sent at least once whatever dies in between. Its moments are the machine's, also where a market is simulated.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from backtest.text import how_many
from live.clock import NEW_YORK, SystemClock, iso_utc
from live.errors import StateDBError
from live.state_db.connection import Connection
from live.state_db.schema import SCHEMA_VERSION
from live.state_db.sqlite_file import as_state_db_error, connect, schema_version
from live.state_db.values import read_moment

KEPT_TRYING = timedelta(days=7)
"""How long a message that nobody took is tried; later it would tell of nothing that still matters."""
NO_REPORT = "the sender ended before it reported"
"""The error of a row that is claimed, until its sender reports."""
SLOW = timedelta(minutes=15)
"""A row that nobody has tried for so long means that the sender does not even start."""
_WORD = re.compile(r"\b[A-Z][A-Z0-9.]*\b")
_WAITING = "sent_at IS NULL AND created_at > ?"
_NAMED = """
    SELECT ticker FROM positions WHERE status = 'open' UNION SELECT ticker FROM orders WHERE trade_date = ?
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message to send now. delivered: the names of the ways it has gone already."""

    id: int
    title: str
    body: str
    delivered: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OutboxState:
    """How the notifier does. waiting: messages not sent, since `oldest`; error: why, as far as it is known."""

    waiting: int = 0
    oldest: datetime | None = None
    error: str | None = None
    last_sent: datetime | None = None
    has_failed: bool = False

    def sentence(self) -> str:
        """Return it in words, with the first cause known."""
        if not self.waiting:
            return "every notification is sent"
        count = f"{how_many(self.waiting, 'notification')} not sent"
        since = "" if self.oldest is None else f" since {self.oldest.astimezone(NEW_YORK):%Y-%m-%d %H:%M} New York"
        return f"{count}{since}: {self.error or 'not tried yet'}"


class Outbox:
    """The messages of one state DB."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    @property
    def path(self) -> str:
        """Return the file, for the child that opens it again."""
        return "" if self._c.path is None else str(self._c.path.absolute())

    def add(self, event_id: str, kind: str, topic: str, title: str, body: str, *, by_tickers: bool = False) -> bool:
        """Write a message, unless one of this topic was written today; return whether it is new.

        by_tickers: one about other tickers (held, or in today's plan) is another topic.
        """
        with self._c.transaction():
            day = self._c.now().astimezone(NEW_YORK).date()
            tickers = self._tickers(body, day.isoformat()) if by_tickers else ()
            once = " ".join((day.isoformat(), topic, *tickers))
            if self._c.one("SELECT 1 FROM notifications WHERE once = ?", (once,)) is not None:
                return False
            row = {"event_id": event_id, "once": once, "kind": kind, "title": title, "body": body}
            self._c.insert("notifications", {**row, "run_id": self._c.run_id, "created_at": _stamp()})
            return True

    def _tickers(self, text: str, day: str) -> list[str]:
        """Return which of the tickers that are held or in today's plan a text names."""
        words = {word.rstrip(".") for word in _WORD.findall(text)}
        return sorted(words & {row["ticker"] for row in self._c.all(_NAMED, (day,))})

    def has_waiting(self) -> bool:
        """Return whether there is something to send now."""
        found = self._c.one(
            f"SELECT 1 FROM notifications WHERE {_WAITING} AND (held_until IS NULL OR held_until <= ?) LIMIT 1",
            (_oldest(), _stamp()),
        )
        return found is not None

    def claim(self, *, not_since: datetime, hold: timedelta) -> Claimed | None:
        """Return the next message to try, the least tried first, and keep it from others for a while.

        not_since: leave out what was tried from this moment on. The attempt counts from now on.
        """
        with self._c.transaction():
            row = self._c.one(
                f"SELECT id, title, body, delivered FROM notifications WHERE {_WAITING} "
                "AND (held_until IS NULL OR held_until <= ?) AND (tried_at IS NULL OR tried_at < ?) "
                "ORDER BY attempts, id LIMIT 1",
                (_oldest(), _stamp(), iso_utc(not_since)),
            )
            if row is None:
                return None
            held_until = iso_utc(SystemClock().now() + hold)
            self._c.write(
                "UPDATE notifications SET attempts = attempts + 1, tried_at = ?, held_until = ?, last_error = ? "
                "WHERE id = ?",
                (_stamp(), held_until, NO_REPORT, row["id"]),
            )
            return Claimed(row["id"], row["title"], row["body"], tuple(json.loads(row["delivered"])))

    def report(self, message_id: int, delivered: Sequence[str], error: str | None) -> None:
        """Write what became of a claimed message. error: None when every way took it."""
        end = {"delivered": json.dumps(list(delivered)), "last_error": error, "held_until": None}
        with self._c.transaction():
            sent = {"sent_at": _stamp() if error is None else None}
            self._c.update("notifications", end | sent, "id = ?", message_id)

    def state(self) -> OutboxState:
        """Return how the notifier does."""
        rows = self._c.all(
            f"SELECT created_at, attempts, last_error FROM notifications WHERE {_WAITING} ORDER BY id", (_oldest(),)
        )
        sent = self._c.one("SELECT max(sent_at) AS moment FROM notifications")
        last_sent = read_moment(sent["moment"]) if sent and sent["moment"] else None
        if not rows:
            return OutboxState(last_sent=last_sent)
        oldest = read_moment(rows[0]["created_at"])
        is_slow = SystemClock().now() - oldest > SLOW
        error = next((row["last_error"] for row in rows if row["last_error"]), None)
        return OutboxState(len(rows), oldest, error, last_sent, is_slow or any(row["attempts"] for row in rows))


@contextmanager
def open_outbox(path: Path) -> Iterator[Outbox]:
    """Open the outbox of a state DB that is there and of this schema. Raises StateDBError (13)."""
    with as_state_db_error(path):
        raw = connect(path, must_exist=True)
    with closing(Connection(raw, path, SystemClock(), None)) as connection:
        with as_state_db_error(path):
            version = schema_version(raw)
        if version != SCHEMA_VERSION:
            raise StateDBError(f"state DB of schema {version} in {path} (expected {SCHEMA_VERSION})")
        yield Outbox(connection)


def _stamp() -> str:
    return iso_utc(SystemClock().now())


def _oldest() -> str:
    return iso_utc(SystemClock().now() - KEPT_TRYING)
