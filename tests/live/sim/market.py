"""A small market to trade on: a few sessions, a few tickers, bars written as rows."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from backtest.bars import BarSeries
from backtest.model import Split
from backtest.params import Params
from backtest.reports.directory import Listing
from backtest.sessions import Sessions
from live.sim.exchange import Exchange
from live.sim.faults import SimRequest
from live.sim.store import Store

NEW_YORK = ZoneInfo("America/New_York")
FIRST = date(2026, 1, 5)
"""A Monday; every weekday after it for half a year is a session."""

DAYS = tuple(FIRST + timedelta(days=n) for n in range(-7, 180) if (FIRST + timedelta(days=n)).weekday() < 5)
HALF_DAY = date(2026, 1, 9)
SESSIONS = Sessions(DAYS, {HALF_DAY: (datetime(2026, 1, 1, 9, 30).time(), datetime(2026, 1, 1, 13).time())})  # noqa: DTZ001
USD = 10_000
Row = tuple[float, float, float, float]
"""open, high, low, close in dollars."""

QUIET: Row = (100.0, 102.0, 98.0, 101.0)


def session(n: int) -> date:
    """Return the n-th session from FIRST on; -1 is the one before it."""
    return DAYS[DAYS.index(FIRST) + n]


def at(n: int, clock: str) -> datetime:
    """Return a New York moment of the n-th session: at(0, "09:20")."""
    return datetime.combine(session(n), datetime.strptime(clock, "%H:%M").time(), NEW_YORK)  # noqa: DTZ007


def bars(ticker: str, rows: Mapping[int, Row] | Sequence[Row | None], since: int = -1) -> BarSeries:
    """Return a ticker's bars; rows by session number, or one after another from `since` on (None: no bar)."""
    found = rows if isinstance(rows, Mapping) else {since + n: row for n, row in enumerate(rows) if row is not None}
    numbers = sorted(found)
    units = np.array([[round(price * USD) for price in found[n]] for n in numbers], dtype=np.int64).reshape(-1, 4)
    return BarSeries(
        ticker,
        np.array([session(n) for n in numbers], dtype="datetime64[D]"),
        units[:, 0],
        units[:, 1],
        units[:, 2],
        units[:, 3],
        np.full(len(numbers), 1_000, dtype=np.int64),
        np.ones(len(numbers)),
    )


def quiet_bars(ticker: str, count: int = 120) -> BarSeries:
    return bars(ticker, [QUIET] * count)


@dataclass
class RestTrader:
    """A trader at an exchange: asks by REST, gets (status, content)."""

    exchange: Exchange

    def ask(self, method: str, path: str, body: object = None, **query: str) -> tuple[int, Any]:
        raw = b"" if body is None else json.dumps(body).encode()
        answer = self.exchange.handle(SimRequest(method, path, query, raw))
        return answer.status, json.loads(answer.body) if answer.body else None

    def get(self, path: str, **query: str) -> Any:
        status, content = self.ask("GET", path, **query)
        assert status == 200, content
        return content

    def post(self, **fields: object) -> tuple[int, Any]:
        order = {"symbol": "AAA", "qty": "10", "side": "buy", "type": "market", "time_in_force": "day", **fields}
        return self.ask("POST", "/v2/orders", {name: value for name, value in order.items() if value is not None})

    def buy(self, **fields: object) -> dict[str, Any]:
        status, order = self.post(**fields)
        assert status == 200, order
        return dict(order)

    def sell(self, **fields: object) -> dict[str, Any]:
        return self.buy(**{"side": "sell", **fields})

    def stop(self, price: str, **fields: object) -> dict[str, Any]:
        return self.sell(**{"type": "stop", "stop_price": price, "time_in_force": "gtc", **fields})

    def oto(self, stop: str = "90.00", **fields: object) -> dict[str, Any]:
        """Buy at the market with a GTC stop leg; returns the parent as answered."""
        legs = {"order_class": "oto", "stop_loss": {"stop_price": stop}}
        return self.buy(**{"time_in_force": "gtc", **legs, **fields})

    def order(self, order: Mapping[str, Any] | str) -> dict[str, Any]:
        order_id = order if isinstance(order, str) else order["id"]
        return dict(self.get(f"/v2/orders/{order_id}", nested="true"))

    def cancel(self, order: Mapping[str, Any]) -> tuple[int, Any]:
        return self.ask("DELETE", f"/v2/orders/{order['id']}")

    def cash(self) -> str:
        return str(self.get("/v2/account")["cash"])

    def holdings(self) -> dict[str, str]:
        return {row["symbol"]: row["qty"] for row in self.get("/v2/positions")}

    def go(self, n: int, clock: str) -> None:
        self.exchange.advance_to(at(n, clock))


def copy_exchange(exchange: Exchange) -> Exchange:
    """Return an exchange in memory that is in the same state; nothing of the scripted faults comes along."""
    raw = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    exchange._store._db.backup(raw)
    return Exchange(Store(raw))


def open_rest_trader(
    *series: BarSeries,
    now: datetime | None = None,
    file: Path | None = None,
    cash: int = 100_000,
    splits: Sequence[Split] = (),
    multiplier: int = 1,
    listings: Sequence[Listing] = (),
    **params: Any,
) -> RestTrader:
    """Return a trader at a new exchange; by default a quiet AAA, session 0 at 09:00, no slippage."""
    from dataclasses import replace
    from decimal import Decimal

    given = series or (quiet_bars("AAA"),)
    exchange = Exchange.create(
        file,
        {one.ticker: one for one in given},
        splits=splits,
        sessions=SESSIONS,
        cash=cash * USD,
        now=now or at(0, "09:00"),
        params=replace(Params(), **{"slippage_pct": Decimal(0), **params}),
        multiplier=multiplier,
        listings=listings,
    )
    return RestTrader(exchange)
