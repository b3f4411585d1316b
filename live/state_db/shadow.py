"""`shadow_positions` and `shadow_signals`: the strategy that is only watched."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from fractions import Fraction

from backtest.model import Decisions, Entry, ExitReason, Price
from backtest.money import format_price, split_price, split_shares, split_stop
from live.state_db.amounts import return_pct
from live.state_db.connection import Connection
from live.state_db.events import Events
from live.state_db.reading import SELECT_SHADOW, shadow_of
from live.state_db.rows import ShadowRow, ShadowStatus


class Shadow:
    """pending → open → closed, or pending → skipped; every step with its event."""

    def __init__(self, connection: Connection, events: Events) -> None:
        self._c = connection
        self._events = events

    def active(self, strategy: str) -> tuple[ShadowRow, ...]:
        """Return the pending and open rows by ticker."""
        rows = self._c.all(
            f"{SELECT_SHADOW} WHERE strategy = ? AND status IN ('pending','open') ORDER BY ticker, position_id",
            (strategy,),
        )
        return tuple(shadow_of(row) for row in rows)

    def ledger(self, strategy: str) -> tuple[ShadowRow, ...]:
        """Return every row by id."""
        rows = self._c.all(f"{SELECT_SHADOW} WHERE strategy = ? ORDER BY position_id", (strategy,))
        return tuple(shadow_of(row) for row in rows)

    def get(self, position_id: int) -> ShadowRow | None:
        """Return one row."""
        row = self._c.one(f"{SELECT_SHADOW} WHERE position_id = ?", (position_id,))
        return None if row is None else shadow_of(row)

    def stepped_through(self, strategy: str) -> date | None:
        """Return the last session whose open and close the shadow has lived through."""
        row = self._c.one("SELECT value FROM system_config WHERE key = ?", (f"shadow.{strategy}",))
        return None if row is None else date.fromisoformat(json.loads(row["value"]))

    def set_stepped_through(self, strategy: str, day: date) -> None:
        """Remember it."""
        with self._c.transaction():
            self._c.write(
                "INSERT INTO system_config (key, value, updated_at, updated_by) VALUES (?,?,?,'shadow') "
                "ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at",
                (f"shadow.{strategy}", json.dumps(day.isoformat()), self._c.stamp()),
            )

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
                self._c.write(
                    "INSERT INTO shadow_signals (strategy, trade_date, line, kind, ticker, reason, content, run_id) "
                    "VALUES (?,?,?,?,?,?,?,?)",
                    (strategy, day, number, kind, ticker, reason, json.dumps(content), self._c.run_id),
                )

    def add_pending(self, strategy: str, entries: Sequence[Entry], trade_date: date, as_of: date) -> tuple[int, ...]:
        """Write decided entries as pending rows and return their ids."""
        with self._c.transaction():
            return tuple(self._add(strategy, entry, trade_date, as_of) for entry in entries)

    def drop_pending(self, strategy: str, trade_date: date) -> None:
        """Delete the pending rows of a trade date that is decided again."""
        with self._c.transaction():
            self._c.write(
                "DELETE FROM shadow_positions WHERE strategy = ? AND trade_date = ? AND status = 'pending'",
                (strategy, trade_date.isoformat()),
            )

    def fill(self, position_id: int, *, entry_date: date, shares: int, entry_price: Price, stop_price: Price) -> None:
        """pending → open."""
        values = {
            "status": "open",
            "entry_date": entry_date.isoformat(),
            "actual_shares": shares,
            "entry_price": entry_price,
            "invested": entry_price * shares,
            "stop_price": stop_price,
        }
        self._update(position_id, "opened", values, from_status=ShadowStatus.PENDING)

    def skip(self, position_id: int, reason: str) -> None:
        """pending → skipped."""
        values = {"status": "skipped", "skip_reason": str(reason)}
        self._update(position_id, "skipped", values, from_status=ShadowStatus.PENDING)

    def set_pending_exit(self, position_id: int, reason: ExitReason | None, since: date | None) -> None:
        """Set, or with None take back, a decided exit."""
        values = {
            "pending_exit_reason": None if reason is None else reason.value,
            "pending_exit_since": None if since is None else since.isoformat(),
        }
        self._update(position_id, "exit_decided", values, from_status=ShadowStatus.OPEN)

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
        values = {
            "actual_shares": shares,
            "target_shares": max(split_shares(row.target_shares, ratio), 1),
            "entry_price": entry_price,
            "invested": entry_price * shares,
            "stop_price": split_stop(row.stop_price, ratio),
        }
        self._update(position_id, "split", values, from_status=row.status)

    def close(self, position_id: int, *, day: date, price: Price, reason: ExitReason, pnl: Price) -> None:
        """open → closed. The shares stay in the row as those that were sold."""
        row = self._require(position_id)
        values = {
            "status": "closed",
            "exit_date": day.isoformat(),
            "exit_price": price,
            "exit_reason": reason.value,
            "pnl": pnl,
            "return_pct": str(return_pct(pnl, row.invested)),
        }
        self._update(position_id, "closed", values, from_status=ShadowStatus.OPEN)

    def _add(self, strategy: str, entry: Entry, trade_date: date, as_of: date) -> int:
        candidate = entry.candidate
        values = {
            "strategy": strategy,
            "ticker": candidate.ticker,
            "trade_date": trade_date.isoformat(),
            "entry_date": trade_date.isoformat(),
            "entry_price": entry.reference.price,
            "target_shares": entry.shares,
            "actual_shares": 0,
            "invested": 0,
            "stop_price": entry.stop_price,
            "rank": entry.rank,
            "replaces": entry.replaces,
            "report_date": candidate.report_date.isoformat(),
            "score": candidate.score,
            "grade": candidate.grade.value,
            "grade_source": candidate.grade_source.value,
            "company_name": candidate.company_name,
            "gap_size": candidate.gap_size,
            "decided_through": as_of.isoformat(),
            "status": "pending",
        }
        marks = ",".join("?" * len(values))
        cursor = self._c.write(
            f"INSERT INTO shadow_positions ({','.join(values)}) VALUES ({marks})", tuple(values.values())
        )
        position_id = int(cursor.lastrowid or 0)
        told = {"ticker": candidate.ticker, "shares": entry.shares, "rank": entry.rank}
        self._events.append("shadow", "decided", told, corr_id=f"shadow:{position_id}")
        return position_id

    def _require(self, position_id: int) -> ShadowRow:
        row = self.get(position_id)
        if row is None:
            raise ValueError(f"no shadow position {position_id} in the state DB")
        return row

    def _update(self, position_id: int, type_: str, values: Mapping[str, object], *, from_status: ShadowStatus) -> None:
        with self._c.transaction():
            names = ", ".join(f"{name} = ?" for name in values)
            cursor = self._c.write(
                f"UPDATE shadow_positions SET {names} WHERE position_id = ? AND status = ?",
                (*values.values(), position_id, from_status.value),
            )
            if cursor.rowcount != 1:
                raise ValueError(f"shadow position {position_id} is not {from_status}: cannot be {type_}")
            self._events.append("shadow", type_, values, corr_id=f"shadow:{position_id}")


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
