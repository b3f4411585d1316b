"""How a day ended: what must not depend on how often its programs died, and what may, with the reason."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from live.sim.model import SimOrder
from live.sim.state import ExchangeState
from tests.proofs.crash.account import Account
from tests.proofs.crash.script import FILLS_IN_CANCEL
from tests.proofs.invariants import differences, naked_shares, read_book

End = Mapping[str, tuple[Any, ...]]
"""Part of the end → its rows, sorted."""

_BOOK = """SELECT ticker, entry_date, entry_price, actual_shares, sold_shares, invested, proceeds, stop_price, status,
    pending_exit_reason, decided_through, exit_date, exit_price, exit_reason, pnl FROM positions"""
_LINES = """SELECT client_order_id, ticker, qty, filled_qty, fill_price, status, reject_reason FROM orders
    WHERE intent <> 'stop'"""
_SHADOWS = """SELECT strategy, ticker, entry_date, entry_price, actual_shares, stop_price, rank, replaces,
    pending_exit_reason, decided_through, status, skip_reason, exit_date, exit_price, exit_reason, pnl
    FROM shadow_positions"""
_SHADOW_DECISIONS = "SELECT strategy, trade_date, line, kind, ticker, reason, content FROM shadow_signals"
_PLANS = "SELECT strategy, trade_date, as_of FROM plans"
_FILES = "SELECT strategy, trade_date, text FROM signal_files WHERE superseded_by IS NULL"
_SWITCH = "SELECT key, json_extract(value, '$.on') FROM system_config WHERE key = 'kill_switch'"


_LEFT_PARTS = (
    "book",
    "shares",
    "fills",
    "entries",
    "shadows",
    "shadow decisions",
    "naked",
    "different at the exchange",
)


def end_of(account: Account) -> End:
    """Return how things stand at the exchange, in the state DB and in the signal files."""
    with closing(sqlite3.connect(account.state_db)) as raw:
        parts = {
            "book": raw.execute(_BOOK).fetchall(),
            "lines": raw.execute(_LINES).fetchall(),
            "shadows": raw.execute(_SHADOWS).fetchall(),
            "shadow decisions": raw.execute(_SHADOW_DECISIONS).fetchall(),
            "plans": raw.execute(_PLANS).fetchall(),
            "issued": [(*rest, decided(text)) for *rest, text in raw.execute(_FILES)],
            "kill switch": raw.execute(_SWITCH).fetchall(),
        }
    parts |= account.exchange.inspect(_at_exchange)
    parts["signal files"] = [(path.name, decided(path.read_text(encoding="utf-8"))) for path in _signal_files(account)]
    book = read_book(account.state_db)
    parts["naked"] = list(account.exchange.inspect(lambda state: naked_shares(state, book)).items())
    parts["different at the exchange"] = list(account.exchange.inspect(lambda state: differences(state, book)).items())
    return {part: tuple(sorted(rows, key=repr)) for part, rows in parts.items()}


def _at_exchange(state: ExchangeState) -> dict[str, list[tuple[Any, ...]]]:
    return {
        "shares": [(one.symbol, one.qty, one.cost) for one in state.positions.values()],
        "cash": [(state.cash,)],
        "fills": [(one.symbol, one.side, one.qty, one.price) for one in state.activities if one.type == "FILL"],
        "open orders": [_terms(one) for one in state.open_orders.values()],
        "entries": [(one.client_order_id,) for one in state.history if "_entry_" in one.client_order_id],
    }


def _terms(order: SimOrder) -> tuple[Any, ...]:
    return order.symbol, order.side, order.type, order.time_in_force, order.remaining, order.stop_price, order.status


def decided(text: str) -> str:
    """Return what a signal file says, without who wrote it and when, and without the numbers of rows.

    Positions are numbered as their fills are booked, and shadows' rows as they are written: a run that died and the
    one after it may do that in another order.
    """
    return json.dumps(_without_numbers(json.loads(text)), sort_keys=True)


def _without_numbers(content: Any) -> Any:
    if isinstance(content, dict):
        left = ("run_id", "generated_at", "content_sha256", "position_id")
        return {key: _without_numbers(value) for key, value in content.items() if key not in left}
    return [_without_numbers(one) for one in content] if isinstance(content, list) else content


def _signal_files(account: Account) -> list[Path]:
    """Return the files that programs read; one that begins with a dot is what a killed run was about to write."""
    return sorted(account.signals.glob("[!.]*"))


def left_end(end: End) -> End:
    """Return what must be the same where nobody started the command again and the timetable went on.

    An order that goes out later may be another one (an unfilled buy stays until the next `place`), and the stock whose
    stop fills when it is canceled in the session is stopped out instead of sold.
    """
    return {part: tuple(row for row in end[part] if FILLS_IN_CANCEL not in str(row)) for part in _LEFT_PARTS}


def differing(end: End, undisturbed: End) -> dict[str, str]:
    """Return in words what is not as in the undisturbed run, by part."""
    return {part: _in_words(end.get(part, ()), rows) for part, rows in undisturbed.items() if end.get(part, ()) != rows}


def _in_words(rows: Iterable[Any], wanted: Iterable[Any]) -> str:
    more, less = [one for one in rows if one not in set(wanted)], [one for one in wanted if one not in set(rows)]
    return f"has {_first(more)}, undisturbed {_first(less)}"


def _first(rows: list[Any]) -> str:
    text = "; ".join(str(one)[:300] for one in rows[:2]) or "nothing else"
    return text + (f" and {len(rows) - 2} more" if len(rows) > 2 else "")


# -- the whole state, to know when what follows is known already


@dataclass(frozen=True, slots=True)
class _Left:
    """Columns that name a run, and tables in which only the way to a state stands."""

    tables: frozenset[str] = frozenset({"events", "run_log", "equity_snapshots", "sqlite_sequence", "notifications"})
    columns: frozenset[str] = frozenset({"run_id", "updated_at", "updated_by"})


_LEFT = _Left()
_VALUE = "CASE key WHEN 'kill_switch' THEN json_extract(value, '$.on') ELSE value END"
"""The moment at which the kill switch went on is the wall clock's."""


def state_key(account: Account, codes: tuple[int, ...]) -> str:
    """Return a hash of everything that what follows depends on: exchange, state DB, files of signals.

    Not in it: which run wrote a row, and the log of events and runs but for how the runs ended (`codes`).
    """
    digest = hashlib.sha256(repr(codes).encode())
    for path in (account.folder / "exchange.db", account.state_db):
        with closing(sqlite3.connect(path)) as raw:
            for table, columns in _kept(raw):
                for row in raw.execute(f"SELECT {columns} FROM {table} ORDER BY 1, 2"):
                    digest.update(repr(row).encode())
    for path in _signal_files(account):
        digest.update(f"{path.name} {decided(path.read_text(encoding='utf-8'))}".encode())
    return digest.hexdigest()


def _kept(raw: sqlite3.Connection) -> Iterable[tuple[str, str]]:
    tables = [row[0] for row in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    for table in tables:
        names = [row[1] for row in raw.execute(f"PRAGMA table_xinfo({table})") if row[1] not in _LEFT.columns]
        if table not in _LEFT.tables and table != "bars":
            columns = ", ".join(f'"{name}"' for name in names)
            yield table, columns.replace('"value"', _VALUE) if table == "system_config" else columns
