"""`run_log`: every run and how it ended."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from live.clock import iso_utc
from live.state_db.columns import Columns
from live.state_db.connection import Connection
from live.state_db.event_types.runs import RunAbandoned, RunFinished, RunStarted
from live.state_db.events import Events
from live.state_db.records import RunRow

Settings = Mapping[str, Mapping[str, Any]]
"""Section → key → plain value, as a run records them."""
_COLUMNS = Columns("run_log", RunRow)
ABANDONED = "abandoned"
"""The last line of a run that was killed; its exit code stays unknown."""
COPIED = "at work when this backup was made"
"""The last line of a run that had no end yet when a backup was made, once that is restored."""
_FIRST_ANSWERS = """
    SELECT answer.corr_id, answer.type FROM events AS answer JOIN events AS sent ON sent.seq = answer.causation_id
    WHERE answer.seq > ? AND sent.kind = 'order' AND sent.type = 'sent' AND sent.run_id = ? ORDER BY answer.seq
"""
"""What became, after an event, of the orders that a run had sent without learning their outcome."""
_STOPS_PLACED = """
    SELECT DISTINCT orders.ticker FROM events AS sent JOIN orders ON orders.client_order_id = sent.corr_id
    JOIN events AS opened ON opened.corr_id = 'position:' || orders.position_id AND opened.type = 'opened'
    WHERE sent.seq > ? AND sent.kind = 'order' AND sent.type = 'sent' AND opened.seq < ?
      AND orders.intent = 'stop' AND orders.via = 'post' AND orders.alpaca_order_id IS NOT NULL ORDER BY orders.ticker
"""
"""The tickers held before an event for which a stop was placed after it."""
DAILY_PROGRAMS = ("executor", "signal_generator")
FAILED = frozenset({1, 2, 4, 5, 6, 7, 8, 13})
"""The codes of a run that did not do its work; a switch, a limit and an open line are none."""
GOOD = (0, 9)
"""The codes of a run that did its work as far as it could be done then: 9 has left a line open, and says so."""


@dataclass(frozen=True, slots=True)
class RunList:
    """The newest runs that were asked for, oldest first, and how many there are in all."""

    rows: tuple[RunRow, ...]
    total: int


class Runs:
    """The programs' own log of ends."""

    def __init__(self, connection: Connection, events: Events) -> None:
        self._c = connection
        self._events = events

    def start(self, program: str, *, phase: str | None = None, settings: Settings | None = None) -> str:
        """Write a run's row and return its run_id, unique in this DB; events and orders from now on carry it."""
        with self._c.transaction():
            last = self._c.one("SELECT max(id) AS id FROM run_log")
            number = ((last["id"] if last else None) or 0) + 1
            run_id = f"{self._c.now():%Y%m%dT%H%M%SZ}-{program}-{number}"
            self._c.insert(
                "run_log",
                {
                    "id": number,
                    "run_id": run_id,
                    "program": program,
                    "phase": phase,
                    "started_at": self._c.stamp(),
                    "settings": None if settings is None else dict(settings),
                },
            )
            self._c.run_id = run_id
            self._events.append(RunStarted(program, phase), corr_id=run_id)
        return run_id

    def finish(self, run_id: str, exit_code: int, last_line: str, summary: Mapping[str, Any] | None = None) -> None:
        """Write how the run ended, with an event."""
        with self._c.transaction():
            end = {"exit_code": exit_code, "last_line": last_line}
            written = end | {"finished_at": self._c.stamp(), "summary": dict(summary or {})}
            self._c.update("run_log", written, "run_id = ?", run_id)
            event = RunFinished(exit_code, last_line)
            self._events.append(event, corr_id=run_id, causation_id=self._events.last_about(run_id))

    def end_copied(self) -> None:
        """End the rows of runs that were at work when this file was copied; as a restored backup it knows no end."""
        with self._c.transaction():
            end = (self._c.stamp(), COPIED)
            self._c.write("UPDATE run_log SET finished_at = ?, last_line = ? WHERE finished_at IS NULL", end)

    def end_killed(self) -> tuple[RunAbandoned, ...]:
        """End the rows of runs that were killed as abandoned, oldest first, and return what became of each.

        Called by a run that holds the DB's lock, at its end: whatever else has no end is at work no more.
        """
        running = self._c.run_id
        killed = _COLUMNS.read_all(
            self._c.all(f"{_COLUMNS.select} WHERE finished_at IS NULL AND run_id IS NOT ? ORDER BY id", (running,))
        )
        started = None if running is None else self._events.last_about(running)
        if not killed or started is None:
            return ()
        with self._c.transaction():
            return tuple(self._end_killed(row, started) for row in killed)

    def _end_killed(self, row: RunRow, started: int) -> RunAbandoned:
        answers = self._c.all(_FIRST_ANSWERS, (started, row.run_id))
        abandoned = RunAbandoned(
            program=row.program,
            phase=row.phase,
            started_at=row.started_at,
            adopted=tuple(one["corr_id"] for one in answers if one["type"] in ("updated", "fill")),
            never_arrived=tuple(one["corr_id"] for one in answers if one["type"] in ("not_sent", "abandoned")),
            stops_placed=tuple(one["ticker"] for one in self._c.all(_STOPS_PLACED, (started, started))),
        )
        self._c.update("run_log", {"finished_at": self._c.stamp(), "last_line": ABANDONED}, "run_id = ?", row.run_id)
        cause = self._events.last_about(row.run_id)
        self._events.append(abandoned, corr_id=row.run_id, causation_id=cause)
        return abandoned

    def oldest_killed(self) -> datetime | None:
        """Return when the oldest run began that was killed and that no run has ended yet; None: there is none."""
        where = "WHERE finished_at IS NULL AND run_id IS NOT ? ORDER BY id LIMIT 1"
        row = _COLUMNS.read_one(self._c.one(f"{_COLUMNS.select} {where}", (self._c.run_id,)))
        return None if row is None else row.started_at

    def killed_since(self, moment: datetime) -> frozenset[str]:
        """Return the programs of which a run that began then or later was killed: it is ended so, or has no end yet."""
        is_killed = "(last_line = ? OR (finished_at IS NULL AND run_id IS NOT ?)) AND started_at >= ?"
        given = (ABANDONED, self._c.run_id, iso_utc(moment))
        rows = self._c.all(f"SELECT DISTINCT program FROM run_log WHERE {is_killed}", given)
        return frozenset(row["program"] for row in rows)

    def set_trade_date(self, run_id: str, trade_date: date) -> None:
        """Write the trade date once it is known."""
        with self._c.transaction():
            self._c.update("run_log", {"trade_date": trade_date}, "run_id = ?", run_id)

    def settings_of(self, run_id: str | None) -> Settings | None:
        """Return the settings a run was made with; None where it is unknown or recorded none."""
        row = None if run_id is None else self.get(run_id)
        return None if row is None else row.settings

    def get(self, run_id: str) -> RunRow | None:
        """Return the row of a run."""
        return _COLUMNS.read_one(self._c.one(f"{_COLUMNS.select} WHERE run_id = ?", (run_id,)))

    def listed(self, *, program: str | None = None, code: int | None = None, limit: int | None = None) -> RunList:
        """Return the newest runs, oldest first. program, code: only those; limit None: all."""
        given = {name: value for name, value in (("program", program), ("exit_code", code)) if value is not None}
        where = f" WHERE {' AND '.join(f'{name} = ?' for name in given)}" if given else ""
        counted = self._c.one(f"SELECT count(*) AS total FROM run_log{where}", [*given.values()])
        found = self._c.all(
            f"{_COLUMNS.select}{where} ORDER BY id DESC LIMIT ?", [*given.values(), -1 if limit is None else limit]
        )
        return RunList(_COLUMNS.read_all(reversed(found)), 0 if counted is None else counted["total"])

    def programs(self) -> tuple[str, ...]:
        """Return the programs that have a row, in order."""
        return tuple(row["program"] for row in self._c.all("SELECT DISTINCT program FROM run_log ORDER BY program"))

    def by_ids(self, run_ids: Collection[str]) -> Mapping[str, RunRow]:
        """Return the rows of these runs by their run_id; one that is unknown is left out."""
        condition = "WHERE run_id IN (SELECT value FROM json_each(?))"
        rows = self._c.all(f"{_COLUMNS.select} {condition}", (json.dumps(sorted(run_ids)),))
        return {row.run_id: row for row in _COLUMNS.read_all(rows)}

    def failed_in_a_row(self) -> int:
        """Return how many of the newest finished runs of the daily programs did not do their work."""
        ended = "FROM run_log WHERE program IN (?, ?) AND exit_code IS NOT NULL"
        other = f"SELECT id {ended} AND exit_code NOT IN ({', '.join('?' * len(FAILED))}) ORDER BY id DESC LIMIT 1"
        last = self._c.one(other, (*DAILY_PROGRAMS, *FAILED))
        since = 0 if last is None else last["id"]
        row = self._c.one(f"SELECT count(*) AS failed {ended} AND id > ?", (*DAILY_PROGRAMS, since))
        return 0 if row is None else row["failed"]

    def last_good(self, program: str) -> RunRow | None:
        """Return the newest run of a program that did its work."""
        condition = f"WHERE program = ? AND exit_code IN ({', '.join('?' * len(GOOD))}) ORDER BY id DESC LIMIT 1"
        return _COLUMNS.read_one(self._c.one(f"{_COLUMNS.select} {condition}", (program, *GOOD)))

    def newest_daily(self) -> RunRow | None:
        """Return the newest run of the two daily programs."""
        condition = "WHERE program IN (?, ?) ORDER BY id DESC LIMIT 1"
        return _COLUMNS.read_one(self._c.one(f"{_COLUMNS.select} {condition}", DAILY_PROGRAMS))

    def daily_between(self, start: datetime, end: datetime, trade_date: date) -> tuple[RunRow, ...]:
        """Return the runs of the daily programs that began in [start, end), and the generator's for a trade date."""
        rows = self._c.all(
            f"{_COLUMNS.select} WHERE program IN (?, ?) AND ((started_at >= ? AND started_at < ?) "
            "OR (program = 'signal_generator' AND trade_date = ?)) ORDER BY id",
            (*DAILY_PROGRAMS, iso_utc(start), iso_utc(end), trade_date.isoformat()),
        )
        return _COLUMNS.read_all(rows)

    def last(self, count: int = 1) -> tuple[RunRow, ...]:
        """Return the newest runs first."""
        return _COLUMNS.read_all(self._c.all(f"{_COLUMNS.select} ORDER BY id DESC LIMIT ?", (count,)))
