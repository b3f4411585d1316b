"""`shadow_positions` and `shadow_signals`: the strategy that is only watched."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from fractions import Fraction

from backtest.ledger import return_pct
from backtest.model import Decisions, Entry, ExitReason, Price
from backtest.money import format_price, split_price, split_shares, split_stop
from live.state_db.cached_query import CachedQuery
from live.state_db.columns import SHADOW_POSITIONS
from live.state_db.connection import Connection
from live.state_db.event_types.registry import Payload
from live.state_db.event_types.shadow import (
    ShadowClosed,
    ShadowDecided,
    ShadowExitDecided,
    ShadowOpened,
    ShadowSkipped,
    ShadowSplit,
)
from live.state_db.events import Events
from live.state_db.rows import ShadowRow, ShadowStatus
from live.state_db.system_config import SystemConfig


class Shadow:
    """pending → open → closed, or pending → skipped; every step with its event."""

    def __init__(self, connection: Connection, events: Events, system_config: SystemConfig) -> None:
        self._c = connection
        self._events = events
        self._system_config = system_config
        self._active = CachedQuery(connection, "active shadow positions", ("shadow_positions",), self._read_active)

    def active(self, strategy: str) -> tuple[ShadowRow, ...]:
        """Return the pending and open rows by ticker."""
        return self._active.get(strategy)

    def _read_active(self, strategy: str) -> tuple[ShadowRow, ...]:
        where = "strategy = ? AND status IN ('pending','open')"
        rows = self._c.tuples(f"{SHADOW_POSITIONS.select} WHERE {where} ORDER BY ticker, position_id", (strategy,))
        return SHADOW_POSITIONS.read_all(rows)

    def ledger(self, strategy: str) -> tuple[ShadowRow, ...]:
        """Return every row by id."""
        rows = self._c.all(f"{SHADOW_POSITIONS.select} WHERE strategy = ? ORDER BY position_id", (strategy,))
        return SHADOW_POSITIONS.read_all(rows)

    def first_trade_date(self, strategy: str) -> date | None:
        """Return the first trade date for which it decided anything."""
        found = self._c.one("SELECT min(trade_date) AS day FROM shadow_signals WHERE strategy = ?", (strategy,))
        return None if found is None or found["day"] is None else date.fromisoformat(found["day"])

    def realized(self, strategy: str) -> int:
        """Return the P&L of every closed position, 1/10,000 USD."""
        where = "strategy = ? AND status = 'closed'"
        found = self._c.one(f"SELECT sum(pnl) AS pnl FROM shadow_positions WHERE {where}", (strategy,))
        return (found["pnl"] if found else None) or 0

    def get(self, position_id: int) -> ShadowRow | None:
        """Return one row."""
        found = self._c.one(f"{SHADOW_POSITIONS.select} WHERE position_id = ?", (position_id,))
        return SHADOW_POSITIONS.read_one(found)

    def stepped_through(self, strategy: str) -> date | None:
        """Return the last session whose open and close the shadow has been through."""
        value = self._system_config.value(f"shadow.{strategy}")
        return None if value is None else date.fromisoformat(value)

    def set_stepped_through(self, strategy: str, day: date) -> None:
        """Write it."""
        with self._c.transaction():
            self._system_config.put(f"shadow.{strategy}", day.isoformat(), "shadow")

    def record_decisions(self, strategy: str, decisions: Decisions) -> None:
        """Write a trade date's exits, entries and skips to `shadow_signals`, replacing an earlier run's."""
        lines: list[tuple[str, str, str | None, dict[str, object]]] = [
            ("exit", e.ticker, e.reason.value, {"shares": e.shares, "position_id": e.position_id, "why": dict(e.why)})
            for e in decisions.exits
        ]
        lines += [("entry", e.ticker, None, _entry_content(e)) for e in decisions.entries]
        lines += [
            ("skip", s.ticker, s.reason.value, {"score": s.candidate.score, "why": dict(s.why)})
            for s in decisions.skipped
        ]
        day = decisions.trade_date.isoformat()
        with self._c.transaction():
            self._c.write("DELETE FROM shadow_signals WHERE strategy = ? AND trade_date = ?", (strategy, day))
            for number, (kind, ticker, reason, content) in enumerate(lines, start=1):
                self._c.insert(
                    "shadow_signals",
                    {
                        "strategy": strategy,
                        "trade_date": day,
                        "line": number,
                        "kind": kind,
                        "ticker": ticker,
                        "reason": reason,
                        "content": content,
                        "run_id": self._c.run_id,
                    },
                )

    def skips(self, strategy: str, trade_date: date) -> tuple[tuple[str, str], ...]:
        """Return ticker and reason of every candidate that a trade date's decisions skipped, in their order."""
        where = "strategy = ? AND trade_date = ? AND kind = 'skip'"
        rows = self._c.all(
            f"SELECT ticker, reason FROM shadow_signals WHERE {where} ORDER BY line", (strategy, trade_date.isoformat())
        )
        return tuple((row["ticker"], row["reason"]) for row in rows)

    def next_id(self) -> int:
        """Return the id of the next new row."""
        found = self._c.one("SELECT seq FROM sqlite_sequence WHERE name = 'shadow_positions'")
        return 1 if found is None else int(found["seq"]) + 1

    def reserve(self, last: int) -> None:
        """Leave the ids up to `last` to rows that are written with an id of their own."""
        with self._c.transaction():
            if self.next_id() == 1:
                self._c.write("INSERT INTO sqlite_sequence (name, seq) VALUES ('shadow_positions', 0)")
            self._c.write("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'shadow_positions'", (last,))

    def replace_pending(
        self,
        strategy: str,
        entries: Sequence[Entry],
        trade_date: date,
        as_of: date,
        ids: Mapping[str, int] | None = None,
    ) -> tuple[int, ...]:
        """Write decided entries as the trade date's only pending rows, and return their ids.

        ids: by ticker, of those that have one already; the others get a new one.
        """
        known = ids or {}
        with self._c.transaction():
            self._c.write(
                "DELETE FROM shadow_positions WHERE strategy = ? AND trade_date = ? AND status = 'pending'",
                (strategy, trade_date.isoformat()),
            )
            return tuple(
                self._add(strategy, entry, trade_date, as_of, known.get(entry.candidate.ticker)) for entry in entries
            )

    def fill(self, position_id: int, *, entry_date: date, shares: int, entry_price: Price, stop_price: Price) -> None:
        """pending → open."""
        values: dict[str, object] = {
            "status": ShadowStatus.OPEN,
            "entry_date": entry_date,
            "actual_shares": shares,
            "entry_price": entry_price,
            "invested": entry_price * shares,
            "stop_price": stop_price,
        }
        event = ShadowOpened(self._require(position_id).ticker, entry_date, shares, entry_price, stop_price)
        self._update(position_id, values, event, from_status=ShadowStatus.PENDING)

    def skip(self, position_id: int, reason: str) -> None:
        """pending → skipped."""
        values = {"status": ShadowStatus.SKIPPED, "skip_reason": str(reason)}
        event = ShadowSkipped(self._require(position_id).ticker, str(reason))
        self._update(position_id, values, event, from_status=ShadowStatus.PENDING)

    def set_pending_exit(self, position_id: int, reason: ExitReason | None, since: date | None) -> None:
        """Set, or with None take back, a decided exit."""
        values = {"pending_exit_reason": reason, "pending_exit_since": since}
        event = ShadowExitDecided(self._require(position_id).ticker, reason, since)
        self._update(position_id, values, event, from_status=ShadowStatus.OPEN)

    def set_decided_through(self, position_ids: Collection[int], day: date) -> None:
        """The closes of these positions up to `day` have been judged."""
        with self._c.transaction():
            self._c.write(
                "UPDATE shadow_positions SET decided_through = ? "
                "WHERE position_id IN (SELECT value FROM json_each(?)) AND decided_through < ?",
                (day.isoformat(), json.dumps(sorted(position_ids)), day.isoformat()),
            )

    def scale_for_split(self, position_id: int, ratio: Fraction) -> None:
        """Bring a row into units after a split; the fraction leaves the P&L on both sides."""
        row = self._require(position_id)
        shares, entry_price = split_shares(row.actual_shares, ratio), split_price(row.entry_price, ratio)
        stop = split_stop(row.stop_price, ratio)
        values = {
            "actual_shares": shares,
            "target_shares": max(split_shares(row.target_shares, ratio), 1),
            "entry_price": entry_price,
            "invested": entry_price * shares,
            "stop_price": stop,
        }
        event = ShadowSplit(row.ticker, str(ratio), shares, entry_price, stop)
        self._update(position_id, values, event, from_status=row.status)

    def close(self, position_id: int, *, day: date, price: Price, reason: ExitReason, pnl: Price) -> None:
        """open → closed. The shares stay in the row as those that were sold."""
        row = self._require(position_id)
        values = {
            "status": ShadowStatus.CLOSED,
            "exit_date": day,
            "exit_price": price,
            "exit_reason": reason,
            "pnl": pnl,
            "return_pct": return_pct(pnl, row.invested),
        }
        event = ShadowClosed(row.ticker, day, price, reason, pnl)
        self._update(position_id, values, event, from_status=ShadowStatus.OPEN)

    def _add(self, strategy: str, entry: Entry, trade_date: date, as_of: date, known_id: int | None) -> int:
        candidate = entry.candidate
        values: dict[str, object] = {} if known_id is None else {"position_id": known_id}
        values |= {
            "strategy": strategy,
            "ticker": candidate.ticker,
            "trade_date": trade_date,
            "entry_date": trade_date,
            "entry_price": entry.reference.price,
            "target_shares": entry.shares,
            "actual_shares": 0,
            "invested": 0,
            "stop_price": entry.stop_price,
            "rank": entry.rank,
            "replaces": entry.replaces,
            "report_date": candidate.report_date,
            "score": candidate.score,
            "grade": candidate.grade,
            "grade_source": candidate.grade_source,
            "company_name": candidate.company_name,
            "gap_size": candidate.gap_size,
            "decided_through": as_of,
            "status": ShadowStatus.PENDING,
        }
        position_id = self._c.insert("shadow_positions", values)
        event = ShadowDecided(candidate.ticker, trade_date, entry.shares, entry.rank)
        self._events.append(event, corr_id=f"shadow:{position_id}")
        return position_id

    def _require(self, position_id: int) -> ShadowRow:
        row = self.get(position_id)
        if row is None:
            raise ValueError(f"no shadow position {position_id} in the state DB")
        return row

    def _update(
        self, position_id: int, values: Mapping[str, object], event: Payload, *, from_status: ShadowStatus
    ) -> None:
        with self._c.transaction():
            where = "position_id = ? AND status = ?"
            if self._c.update("shadow_positions", values, where, position_id, from_status.value) != 1:
                raise ValueError(f"shadow position {position_id} is not {from_status}: no {type(event).__name__}")
            self._events.append(event, corr_id=f"shadow:{position_id}")


def _entry_content(entry: Entry) -> dict[str, object]:
    return {
        "rank": entry.rank,
        "shares": entry.shares,
        "reference_price": format_price(entry.reference.price),
        "stop_price": format_price(entry.stop_price),
        "replaces": entry.replaces,
        "score": entry.candidate.score,
        "why": dict(entry.why),
    }
