"""The exchange's SQLite file: every statement, one transaction per request that changes something.

The state in use lives in memory (`live.sim.state`); this writes what changed. WAL with
synchronous=NORMAL: a killed process loses nothing that was answered; only a power cut may take back
the last moments, which a simulator can afford.
"""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import date
from fractions import Fraction
from operator import attrgetter
from pathlib import Path
from typing import Any

from backtest.errors import ConfigError
from backtest.reports.directory import Listing
from live.sim.market import Bars, SplitEvent
from live.sim.model import Activity, SimOrder, SimPosition
from live.sim.timeline import Timeline

FORMAT = "earnings-drift-exchange-1"
_BUSY_MS = 10_000


def how_to_make(file: Path | str) -> str:
    """Return the command that makes an exchange file, with words in capitals for what a person chooses."""
    return f"Make one with: python -m live.sim init --file {file} --prices BARS --cash USD --now MOMENT"


_TRANSIENT = {"trigger", "at_once", "cancel_due", "json"}
ORDER_COLUMNS = tuple(field.name for field in fields(SimOrder) if field.name not in _TRANSIENT)
ACTIVITY_COLUMNS = tuple(field.name for field in fields(Activity))
_order_row = attrgetter(*ORDER_COLUMNS)
_activity_row = attrgetter(*ACTIVITY_COLUMNS)


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _upsert(table: str, names: tuple[str, ...]) -> str:
    return f"INSERT OR REPLACE INTO {table} ({_quoted(names)}) VALUES ({', '.join('?' * len(names))})"


_SCHEMA = f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE state (one INTEGER PRIMARY KEY CHECK (one = 1), now INTEGER NOT NULL, cash INTEGER NOT NULL,
    orders_made INTEGER NOT NULL);
CREATE TABLE bars (symbol TEXT PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE splits (symbol TEXT NOT NULL, session INTEGER NOT NULL, ex_date TEXT NOT NULL,
    numerator INTEGER NOT NULL, denominator INTEGER NOT NULL);
CREATE TABLE orders ({_quoted(ORDER_COLUMNS)}, PRIMARY KEY (id)) WITHOUT ROWID;
CREATE UNIQUE INDEX orders_by_client_id ON orders (client_order_id);
CREATE TABLE positions (symbol TEXT PRIMARY KEY, qty INTEGER NOT NULL CHECK (qty > 0), cost INTEGER NOT NULL)
    WITHOUT ROWID;
CREATE TABLE activities ({_quoted(ACTIVITY_COLUMNS)}, PRIMARY KEY (id)) WITHOUT ROWID;
CREATE TABLE equity (session INTEGER PRIMARY KEY, equity INTEGER NOT NULL);
CREATE TABLE assets (symbol TEXT PRIMARY KEY, changes TEXT NOT NULL) WITHOUT ROWID;
"""
_PUT_ORDER = _upsert("orders", ORDER_COLUMNS)
_PUT_ACTIVITY = _upsert("activities", ACTIVITY_COLUMNS)


@dataclass(frozen=True, slots=True)
class Settings:
    """What an exchange was made with. slippage in basis points; see `backtest.params` for the meanings."""

    seed: str
    slippage_bp: int
    entry_slippage_bp: int
    stop_fill: str
    delisted_after_sessions: int
    multiplier: int
    initial_cash: int
    created: int


@dataclass(slots=True)
class Changes:
    """What one request or one advance changed: orders by id, the rest as the rows that are written.

    positions: None for one that is sold. account: None when nothing was set on it.
    """

    orders: dict[str, SimOrder] = field(default_factory=dict)
    positions: dict[str, SimPosition | None] = field(default_factory=dict)
    activities: list[Activity] = field(default_factory=list)
    equity: list[tuple[int, int]] = field(default_factory=list)
    assets: dict[str, dict[str, Any]] = field(default_factory=dict)
    account: dict[str, Any] | None = None


class Store:
    """One connection to an exchange file. Not thread-safe by itself: `Exchange` holds the lock."""

    def __init__(self, connection: sqlite3.Connection, *, read_only: bool = False) -> None:
        self._db = connection
        self._read_only = read_only

    @classmethod
    def create(cls, file: Path | None) -> Store:
        """Make a new file (None: in memory). Raises ConfigError when it exists or cannot be written."""
        if file is not None:
            if str(file) == ":memory:":
                raise ConfigError(
                    "exchange file not possible: :memory: is gone with its program (expected a file)",
                    next_step="Name a file.",
                )
            try:
                file.touch(mode=0o600, exist_ok=False)
            except FileExistsError:
                raise ConfigError(f"there is already a file {file}", next_step="Delete it or name another.") from None
            except OSError as error:
                raise ConfigError(
                    f"cannot make the exchange file {file}: {error.strerror}", next_step="Name another."
                ) from None
        store = cls(_connect(":memory:" if file is None else str(file)))
        store._db.execute("PRAGMA journal_mode = WAL")
        store._db.executescript(_SCHEMA)
        return store

    @classmethod
    def open(cls, file: Path, *, read_only: bool = False) -> Store:
        """Open an existing file; read_only: `write` does nothing. Raises ConfigError when it is no exchange file."""
        make = how_to_make(file)
        if not file.is_file():
            raise ConfigError(f"no exchange file at {file}", next_step=make)
        try:
            store = cls(_connect(str(file), read_only=read_only), read_only=read_only)
            if store.meta("format").decode() != FORMAT:
                raise ConfigError(f"the exchange file {file} is of another version", next_step=make)
        except sqlite3.Error as error:
            if "readonly" in str(error) or "locked" in str(error):
                step = "Make the file and its folder writable, or end the program that holds it."
                raise ConfigError(f"the exchange file {file} cannot be used: {error}", next_step=step) from None
            raise ConfigError(f"{file} is no exchange file: {error}", next_step=make) from None
        return store

    def fill(
        self,
        settings: Settings,
        timeline: Timeline,
        bars: Iterable[tuple[str, bytes]],
        splits: Iterable[SplitEvent],
        listings: Iterable[Listing],
        now: int,
    ) -> None:
        """Write everything a new exchange starts with, in one transaction."""
        with self.transaction():
            self._db.executemany(
                "INSERT INTO meta VALUES (?, ?)",
                [
                    ("format", FORMAT.encode()),
                    ("settings", json.dumps({f.name: getattr(settings, f.name) for f in fields(Settings)}).encode()),
                    ("timeline", timeline.to_blob()),
                    ("account", b"{}"),
                    ("names", json.dumps([(one.ticker, one.name, one.exchange) for one in listings]).encode()),
                ],
            )
            self._db.execute("INSERT INTO state VALUES (1, ?, ?, 0)", (now, settings.initial_cash))
            self._db.executemany("INSERT INTO bars VALUES (?, ?)", bars)
            self._db.executemany(
                "INSERT INTO splits VALUES (?, ?, ?, ?, ?)",
                [(s.symbol, s.session, s.ex_date.isoformat(), s.ratio.numerator, s.ratio.denominator) for s in splits],
            )

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run one write transaction; an exception rolls it back."""
        if self._read_only:
            yield
            return
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def version(self) -> int:
        """Return a number that changes when another process has written to the file.

        A read-only store stays with what it has seen first: its own time may have moved on.
        """
        if self._read_only:
            return 0
        return int(self._db.execute("PRAGMA data_version").fetchone()[0])

    def write(self, now: int, cash: int, orders_made: int, changes: Changes) -> None:
        """Write what changed; to be called inside `transaction`."""
        if self._read_only:
            return
        db = self._db
        db.execute("UPDATE state SET now = ?, cash = ?, orders_made = ?", (now, cash, orders_made))
        db.executemany(_PUT_ORDER, map(_order_row, changes.orders.values()))
        db.executemany(_PUT_ACTIVITY, map(_activity_row, changes.activities))
        for symbol, position in changes.positions.items():
            if position is None:
                db.execute("DELETE FROM positions WHERE symbol = ?", (symbol,))
            else:
                row = (symbol, position.qty, position.cost)
                db.execute("INSERT OR REPLACE INTO positions VALUES (?, ?, ?)", row)
        db.executemany("INSERT OR REPLACE INTO equity VALUES (?, ?)", changes.equity)
        assets = [(symbol, json.dumps(content)) for symbol, content in changes.assets.items()]
        db.executemany("INSERT OR REPLACE INTO assets VALUES (?, ?)", assets)
        if changes.account is not None:
            db.execute("UPDATE meta SET value = ? WHERE key = 'account'", (json.dumps(changes.account).encode(),))

    def meta(self, key: str) -> bytes:
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        if row is None:
            raise ConfigError(f"the exchange file has no {key}")
        return bytes(row[0])

    def listings(self) -> dict[str, Listing]:
        """Return the names copied in, by ticker; none in a file that was made without or before there were any."""
        row = self._db.execute("SELECT value FROM meta WHERE key = 'names'").fetchone()
        return {} if row is None else {cells[0]: Listing(*cells) for cells in json.loads(row[0])}

    def settings(self) -> Settings:
        return Settings(**json.loads(self.meta("settings")))

    def timeline(self) -> Timeline:
        return Timeline.from_blob(self.meta("timeline"))

    def account(self) -> dict[str, Any]:
        """Return what was set on the account by hand: flags, status, configuration."""
        content: dict[str, Any] = json.loads(self.meta("account"))
        return content

    def assets(self) -> dict[str, dict[str, Any]]:
        """Return what was set by hand on single assets."""
        return {symbol: json.loads(text) for symbol, text in self._db.execute("SELECT symbol, changes FROM assets")}

    def state(self) -> tuple[int, int, int]:
        """Return (now, cash, orders made)."""
        now, cash, made = self._db.execute("SELECT now, cash, orders_made FROM state").fetchone()
        return now, cash, made

    def orders(self) -> list[SimOrder]:
        return [SimOrder(*row) for row in self._db.execute(f"SELECT {_quoted(ORDER_COLUMNS)} FROM orders")]

    def positions(self) -> dict[str, SimPosition]:
        rows = self._db.execute("SELECT symbol, qty, cost FROM positions")
        return {row[0]: SimPosition(*row) for row in rows}

    def activities(self) -> list[Activity]:
        return [Activity(*row) for row in self._db.execute(f"SELECT {_quoted(ACTIVITY_COLUMNS)} FROM activities")]

    def equity(self) -> list[tuple[int, int]]:
        return list(self._db.execute("SELECT session, equity FROM equity ORDER BY session"))

    def symbols(self) -> list[str]:
        return [row[0] for row in self._db.execute("SELECT symbol FROM bars ORDER BY symbol")]

    def splits(self) -> tuple[SplitEvent, ...]:
        rows = self._db.execute("SELECT symbol, session, ex_date, numerator, denominator FROM splits ORDER BY rowid")
        return tuple(SplitEvent(s, i, date.fromisoformat(d), Fraction(n, m)) for s, i, d, n, m in rows)

    def bars(self, symbol: str) -> Bars | None:
        row = self._db.execute("SELECT data FROM bars WHERE symbol = ?", (symbol,)).fetchone()
        if row is None:
            return None
        numbers = array("q")
        numbers.frombytes(row[0])
        count = numbers[0]
        opens, highs, lows, closes, volumes = (
            numbers[1 + part * count : 1 + (part + 1) * count] for part in range(1, 6)
        )
        factor = array("d")
        factor.frombytes(row[0][8 * (1 + 6 * count) :])
        return Bars(numbers[1 : 1 + count], opens, highs, lows, closes, volumes, factor)


def _connect(target: str, *, read_only: bool = False) -> sqlite3.Connection:
    """Open a connection; a read-only one cannot change a byte of the file, not even by a checkpoint."""
    where = f"{Path(target).absolute().as_uri()}?mode=ro" if read_only else target
    connection = sqlite3.connect(
        where, isolation_level=None, check_same_thread=False, timeout=_BUSY_MS / 1000, uri=read_only
    )
    if not read_only:
        connection.execute("PRAGMA synchronous = NORMAL")
    return connection
