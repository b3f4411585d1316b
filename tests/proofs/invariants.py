"""What must hold, asked of an embedded exchange and of a state DB (the I-rows of docs/faults.md).

Values in, violations out. `tests/proofs/watching.py` asks what has to hold at every request and commit, and
`tests/proofs/run_ends.py` what has to hold when a run has ended.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from live.clock import NEW_YORK
from live.orders import Intent, OrderStatus, parse_order_id
from live.sim.json_forms import average_text
from live.sim.model import SimOrder
from live.sim.state import ExchangeState
from live.sim.timeline import to_datetime

COVERING_TYPES = ("stop", "stop_limit", "trailing_stop")
_BY_HAND = ("split", "closed_without_fill", "repaired", "shares_set")
"""Events after which a position's sums are no longer those of its own orders' fills."""
_FINAL = frozenset(status.value for status in OrderStatus if status.is_final)


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that did not hold. invariant: its id. moment: of the exchange. ticker: "" when it is about none."""

    invariant: str
    moment: datetime
    ticker: str
    words: str

    def __str__(self) -> str:
        return (
            f"{self.invariant} {self.moment.astimezone(NEW_YORK):%Y-%m-%d %H:%M:%S} {self.ticker or '-'}: {self.words}"
        )


@dataclass(frozen=True, slots=True)
class Book:
    """The rows of a state DB, read at once: each a mapping from the column's name. positions: all, closed ones too."""

    positions: tuple[Mapping[str, Any], ...]
    orders: tuple[Mapping[str, Any], ...]
    hand_made: frozenset[int]
    """Positions in which something was booked by hand: executions that are not ours, repairs, splits."""
    ignored: frozenset[str]
    """Tickers that a person declared not ours."""

    @property
    def open(self) -> dict[str, Mapping[str, Any]]:
        return {row["ticker"]: row for row in self.positions if row["status"] == "open"}

    def orders_of(self, position_id: int) -> list[Mapping[str, Any]]:
        return [row for row in self.orders if row["position_id"] == position_id]


NO_BOOK = Book((), (), frozenset(), frozenset())


def read_book(state_db: Path) -> Book:
    """Return what a state DB says; an empty book where there is none."""
    if not state_db.exists():
        return NO_BOOK
    with reading(state_db) as raw:
        return book_in(raw)


def reading(state_db: Path) -> closing[sqlite3.Connection]:
    """Open a state DB only to read it. To open it costs as much as to read what is in it."""
    raw = sqlite3.connect(f"file:{state_db}?mode=ro", uri=True)
    raw.row_factory = sqlite3.Row
    return closing(raw)


def book_in(raw: sqlite3.Connection) -> Book:
    """Return what an open state DB says."""
    positions = tuple(dict(row) for row in raw.execute("SELECT * FROM positions"))
    orders = tuple(dict(row) for row in raw.execute("SELECT * FROM orders"))
    foreign = {int(row[0]) for row in raw.execute("SELECT DISTINCT position_id FROM foreign_fills")}
    changed = raw.execute(f"SELECT corr_id FROM events WHERE kind = 'position' AND type IN {_BY_HAND}").fetchall()
    ignored = raw.execute("SELECT payload FROM events WHERE type = 'ticker_ignored'").fetchall()
    hand = {int(row[0].partition(":")[2]) for row in changed}
    return Book(
        positions, orders, frozenset(foreign | hand), frozenset(json.loads(row[0])["ticker"] for row in ignored)
    )


def is_own(state: ExchangeState, order: SimOrder) -> bool:
    """Return whether an order is ours by the exchange alone: our form of id, a leg of such, or a successor of one."""
    seen: set[str] = set()
    current: SimOrder | None = order
    while current is not None and current.id not in seen:
        seen.add(current.id)
        if parse_order_id(current.client_order_id) is not None:
            return True
        if current.group is not None and current.group != current.id:
            parent = state.orders.get(current.group)
            if parent is not None and parent.id not in seen and is_own(state, parent):
                return True
        current = None if current.replaces is None else state.orders.get(current.replaces)
    return False


def open_sells(state: ExchangeState, ticker: str) -> Iterator[SimOrder]:
    """Yield the open sell orders that can take shares: legs of an entry that still works are none."""
    _, ids = state.reserved(ticker)
    yield from (state.orders[one] for one in ids)


# -- asked at every event ----------------------------------------------------------------------------------------


def exchange_violations(state: ExchangeState) -> list[Violation]:
    """I1, I3: what must never be seen at the exchange."""
    now = to_datetime(state.now)
    found = [
        Violation("I3", now, ticker, f"a short position of {position.qty}")
        for ticker, position in state.positions.items()
        if position.qty < 0
    ]
    for order in state.open_orders.values():
        parsed = parse_order_id(order.client_order_id)
        if parsed is not None and parsed.intent is Intent.ENTRY and parsed.generation != 1:
            found.append(Violation("I1", now, order.symbol, f"an entry with a second generation: {parsed}"))
    return found


def oversell_violations(state: ExchangeState, ticker: str) -> list[Violation]:
    """I3: more shares of a ticker offered than held. Not asked between a reverse split and the next run."""
    offered, ids = state.reserved(ticker)
    held = state.held(ticker)
    if offered <= held:
        return []
    words = ", ".join(state.orders[one].client_order_id for one in ids)
    return [Violation("I3", to_datetime(state.now), ticker, f"{offered} shares offered, {held} held: {words}")]


# -- asked when a run has ended ----------------------------------------------------------------------------------


def naked_shares(state: ExchangeState, book: Book) -> dict[str, int]:
    """Return how many of our shares no live order covers (I2), by ticker; those we alone believe in are left out.

    A stop, a market sell of ours or a foreign stop covers; so does one that is being canceled, which may yet fill.
    """
    found = {}
    for ticker, row in book.open.items():
        ours = min(row["actual_shares"], state.held(ticker))
        covered = sum(
            order.remaining
            for order in one_a_group(open_sells(state, ticker))
            if order.type in COVERING_TYPES or is_own(state, order)
            if order.status != "held"
        )
        if ours > covered:
            found[ticker] = ours - covered
    return found


def differences(state: ExchangeState, book: Book, *, with_stops: bool = True) -> dict[str, str]:
    """Return where state DB and exchange differ (I4), in words by ticker: shares, and the stop of each position.

    with_stops: False asks for shares only.
    """
    found = {}
    ours = book.open
    for ticker in sorted(ours.keys() | state.positions.keys()):
        in_db, held = (ours[ticker]["actual_shares"] if ticker in ours else 0), state.held(ticker)
        if in_db != held and not (ticker not in ours and ticker in book.ignored):
            found[ticker] = f"state DB has {in_db} shares, the exchange {held}"
        elif with_stops and ticker in ours and (words := _stop_difference(state, ours[ticker])) is not None:
            found[ticker] = words
    return found


def _stop_difference(state: ExchangeState, position: Mapping[str, Any]) -> str | None:
    """Return how a position's protection is not what its row says; a working sell of ours counts for its shares."""
    ticker = position["ticker"]
    sells = [order for order in one_a_group(open_sells(state, ticker)) if order.status != "held"]
    own_stops = [order for order in sells if order.type == "stop" and is_own(state, order)]
    others = sum(order.remaining for order in sells if order not in own_stops and _takes_or_covers(state, order))
    rest = position["actual_shares"] - others
    shown = [(order.remaining, order.stop_price) for order in own_stops]
    if rest <= 0:
        return f"stops {shown} beside shares that others cover" if shown else None
    if any(order.filled_qty for order in own_stops):
        return None  # it is selling
    if shown != [(rest, position["stop_price"])]:
        return f"stops {shown} at the exchange, wanted one of {rest} at {position['stop_price']}"
    if position["stop_order_id"] != own_stops[0].id:
        return f"its stop is {own_stops[0].id}, the state DB has {position['stop_order_id']}"
    return None


def _takes_or_covers(state: ExchangeState, order: SimOrder) -> bool:
    return order.type in COVERING_TYPES or (order.type == "market" and is_own(state, order))


def one_a_group(orders: Iterable[SimOrder]) -> list[SimOrder]:
    """Leave out all but one member of each group: they reserve the same shares."""
    seen: set[str] = set()
    kept = []
    for order in orders:
        if order.group is not None and order.group in seen:
            continue
        seen.add(order.group or order.id)
        kept.append(order)
    return kept


def booked_wrongly(state: ExchangeState, book: Book, *, seen_before: int) -> list[Violation]:
    """I9, I15: what is booked is what the exchange says, to the last share and unit.

    seen_before: only orders that were there at this moment of the exchange are asked about, so that a complete sync
    since then has had to see them.
    """
    now = to_datetime(state.now)
    found = []
    for row in book.orders:
        order = state.orders.get(row["alpaca_order_id"] or "") or state.by_client_id.get(row["client_order_id"])
        if order is None or order.submitted > seen_before:
            continue
        name, ticker = row["client_order_id"], row["ticker"]
        if row["status"] == "abandoned":
            found.append(Violation("I15", now, ticker, f"{name} is abandoned, the exchange has it as {order.status}"))
        elif row["status"] in _FINAL and order.is_open:
            found.append(Violation("I15", now, ticker, f"{name} is {row['status']}, the exchange has it open"))
        if row["filled_qty"] != order.filled_qty:
            words = f"{name}: {row['filled_qty']} shares booked, {order.filled_qty} filled"
            found.append(Violation("I9", now, ticker, words))
        elif order.filled_qty and Decimal(row["fill_price"]) != Decimal(
            average_text(order.fill_cost, order.filled_qty)
        ):
            found.append(Violation("I9", now, ticker, f"{name}: booked at {row['fill_price']}"))
    return found + _sums(state, book, now)


def _sums(state: ExchangeState, book: Book, now: datetime) -> list[Violation]:
    """I9: what a position cost and brought is the sum of its fills, to the unit."""
    found = []
    for position in book.positions:
        if position["position_id"] in book.hand_made:
            continue
        orders = book.orders_of(position["position_id"])
        at_exchange = [state.orders.get(row["alpaca_order_id"] or "") for row in orders]
        bought, sold = _cost(at_exchange, "buy"), _cost(at_exchange, "sell")
        shares = sum(one.filled_qty for one in at_exchange if one is not None and one.side == "buy")
        left = shares - sum(one.filled_qty for one in at_exchange if one is not None and one.side == "sell")
        for what, booked, filled in (
            ("invested", position["invested"], bought),
            ("proceeds", position["proceeds"], sold),
            ("actual_shares", position["actual_shares"], left),
        ):
            if booked != filled:
                words = f"position {position['position_id']}: {what} {booked}, its fills say {filled}"
                found.append(Violation("I9", now, position["ticker"], words))
        if position["status"] == "closed" and position["pnl"] != position["proceeds"] - position["invested"]:
            found.append(Violation("I9", now, position["ticker"], f"P&L {position['pnl']} is not what was made"))
    return found


def _cost(orders: Collection[SimOrder | None], side: str) -> int:
    return sum(one.fill_cost for one in orders if one is not None and one.side == side)


# -- asked of files and texts ------------------------------------------------------------------------------------


def secret_violations(folder: Path, texts: Iterable[str], secrets: Collection[str], now: datetime) -> list[Violation]:
    """I8: no secret in any file below a folder, nor in what was printed."""
    found = []
    pattern = re.compile("|".join(re.escape(one) for one in secrets).encode())
    for path in sorted(folder.rglob("*")):
        if path.is_file() and pattern.search(path.read_bytes()):
            found.append(Violation("I8", now, "", f"a secret in {path.relative_to(folder)}"))
    if any(pattern.search(text.encode()) for text in texts):
        found.append(Violation("I8", now, "", "a secret was printed"))
    return found


def file_violations(folder: Path, now: datetime) -> list[Violation]:
    """I21: every file is its user's alone, and none is half written."""
    found = []
    for name, mode in sorted(_files_in(folder, "")):
        if mode & 0o077:
            found.append(Violation("I21", now, "", f"{name} may be read by others ({mode:o})"))
        last = name.rpartition("/")[2]
        if last.startswith(".") or last.endswith(".tmp"):
            found.append(Violation("I21", now, "", f"{name} was left behind"))
    return found


def _files_in(folder: Path, within: str) -> Iterator[tuple[str, int]]:
    """Yield each file below a folder, by its path from there, with its mode; links are none."""
    with os.scandir(folder / within) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _files_in(folder, f"{within}{entry.name}/")
            elif entry.is_file(follow_symlinks=False):
                yield f"{within}{entry.name}", entry.stat(follow_symlinks=False).st_mode & 0o777
