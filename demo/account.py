"""An account on the embedded exchange, traded day by day by the two real programs, and the audit after each day."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path

from backtest.bars import BarSeries
from backtest.manifest import write_manifest
from backtest.model import Price, Split
from backtest.money import to_price
from backtest.params import Params
from backtest.prices.folder import FolderPrices
from backtest.reports.directory import Listing
from backtest.sessions import Sessions
from live.broker import Order
from live.brokers.sim import open_exchange
from live.clock import NEW_YORK
from live.config_file import load_config
from live.parity.trading_day import DayRun, Workspace, in_process, run_day
from live.replay import load_programs
from live.run.runtime import Runtime
from live.sim.exchange import Exchange
from live.state_db.connection_cache import ConnectionCache
from live.state_db.db import StateDB

CHECKOUT = Path(__file__).parents[1]
CONFIG = CHECKOUT / "configs" / "default.yaml"
START_OF_DAY = time(8, 0)


@dataclass(frozen=True, slots=True)
class SimulatedAccount:
    """One account on one embedded exchange: its files, the open exchange and the runtime both programs share."""

    workspace: Workspace
    exchange: Exchange
    runtime: Runtime
    params: Params

    def run_day(self, day: date, reports: Sequence[Path]) -> DayRun:
        """Run the usual cron day in this process."""
        run_program = in_process(load_programs(), self.workspace, self.runtime)
        return run_day(day, reports, self.exchange.advance_to, run_program)

    def open_state(self) -> StateDB:
        """Open the state DB to read it."""
        return StateDB.open(self.workspace.state_db, self.runtime.broker.clock)

    def close(self) -> None:
        if self.runtime.connection_cache is not None:
            self.runtime.connection_cache.close()
        self.exchange.close()

    def copy_to(self, folder: Path) -> Workspace:
        """Copy exchange, state DB, signal files and manifest as they are now; return the copy's workspace."""
        own = self.workspace
        assert own.sim_file is not None
        copy = workspace_in(folder)
        copy.signals.mkdir(parents=True, exist_ok=True)
        for source, target in ((own.sim_file, copy.sim_file), (own.state_db, copy.state_db)):
            assert target is not None
            if source.exists():
                with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
                    old.backup(new)
                target.chmod(0o600)
        for path in own.signals.glob("*.json"):
            (copy.signals / path.name).write_bytes(path.read_bytes())
        copy.manifest.write_bytes(own.manifest.read_bytes())
        return replace(copy, config=own.config, settings=own.settings, prices=own.prices)


def workspace_in(folder: Path) -> Workspace:
    """Return where an account in this folder keeps its files."""
    return Workspace(
        CONFIG, folder / "run_manifest.json", folder / "state.db", folder / "signals", folder / "exchange.db"
    )


def open_account(
    folder: Path,
    prices: Path,
    series: Mapping[str, BarSeries],
    splits: Sequence[Split],
    sessions: Sessions,
    first_day: date,
    settings: tuple[str, ...] = (),
    listings: Sequence[Listing] = (),
    config: Path = CONFIG,
) -> SimulatedAccount:
    """Make a new account with `initial_capital` on a market, in an empty folder, ready for `first_day`.

    prices: the files that the signal generator reads. series, splits: the same bars, for the exchange. listings: the
    names that it serves. config: of both programs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    workspace = replace(workspace_in(folder), config=config, settings=settings, prices=prices)
    params = load_config(config, settings).strategy
    write_manifest(workspace.manifest, params)
    exchange = Exchange.create(
        workspace.sim_file,
        series,
        splits=splits,
        sessions=sessions,
        cash=params.capital_units,
        now=datetime.combine(first_day, START_OF_DAY, NEW_YORK).astimezone(UTC),
        params=params,
        listings=listings,
    )
    broker = open_exchange(exchange, lock_folder=folder.resolve())
    runtime = Runtime(broker, FolderPrices(prices), sessions, ConnectionCache())
    return SimulatedAccount(workspace, exchange, runtime, params)


@dataclass(frozen=True, slots=True)
class BookLine:
    """An open position with what protects it, for people."""

    ticker: str
    shares: int
    entry_date: date
    entry_price: Price
    stop_price: Price
    last_price: Price | None


def book_of(account: SimulatedAccount) -> list[BookLine]:
    """Return the executed book as the state DB has it, with the exchange's current prices."""
    prices = {position.ticker: position.current_price for position in account.runtime.broker.get_positions()}
    with account.open_state() as db:
        rows = db.positions.open_positions()
    return [
        BookLine(
            row.ticker,
            row.actual_shares,
            row.entry_date,
            row.entry_price,
            row.stop_price,
            _units(prices.get(row.ticker)),
        )
        for row in sorted(rows, key=lambda row: row.ticker)
    ]


def audit(account: SimulatedAccount) -> list[str]:
    """Return every difference between state DB and exchange, and every share without protection; empty: all is well."""
    broker = account.runtime.broker
    held = {position.ticker: int(position.qty) for position in broker.get_positions()}
    working = [order for order in broker.list_orders(status="open", nested=False) if order.side == "sell"]
    with account.open_state() as db:
        rows = {row.ticker: row for row in db.positions.open_positions()}
    booked = {ticker: row.actual_shares for ticker, row in rows.items()}
    wrong = [
        f"{ticker}: state DB {booked.get(ticker, 0)} shares, exchange {held.get(ticker, 0)}"
        for ticker in sorted(held.keys() | booked.keys())
        if booked.get(ticker, 0) != held.get(ticker, 0)
    ]
    for ticker, shares in sorted(held.items()):
        orders = [order for order in working if order.ticker == ticker and order.status.is_open]
        covered = sum(_open_qty(order) for order in orders)
        if covered != shares:
            wrong.append(f"{ticker}: {shares} shares held, {covered} of them covered by stops and working sells")
        row = rows.get(ticker)
        stops = [order for order in orders if order.type == "stop"]
        if row is not None and stops and [_units(order.stop_price) for order in stops] != [row.stop_price]:
            wrong.append(f"{ticker}: stop {row.stop_price} in the state DB, {[str(o.stop_price) for o in stops]} live")
        if row is not None and stops and row.stop_order_id not in {order.id for order in stops}:
            wrong.append(f"{ticker}: the state DB knows another stop order than the exchange")
    return wrong


def _open_qty(order: Order) -> int:
    return int((order.qty or Decimal(0)) - order.filled_qty)


def _units(price: Decimal | None) -> Price | None:
    return None if price is None else to_price(price)
