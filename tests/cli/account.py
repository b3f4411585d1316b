"""An account on an embedded exchange, traded by both programs, with reports rendered for each day.

The market is calm unless a test says otherwise: every ticker trades at a steady price from June 2025 on, so
that indicators exist; `levels` lets a ticker step to another price from a day on. Session prices: open at the
level, high 1 % above, low 1 % below, close at the level.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Self

import numpy as np

from backtest.bars import BarSeries
from backtest.model import Candidate, Grade, GradeSource, Split
from backtest.money import floor_to_tick, to_price
from backtest.prices.provider import PriceData, price_data
from backtest.reports.directory import Listing
from backtest.sessions import NEW_YORK
from demo.reports import write_reports
from live.admin import main as admin
from live.brokers.sim import open_exchange
from live.config_file import load_config
from live.executor import main as executor
from live.run.runtime import Runtime
from live.signal_generator import main as generator
from live.sim.exchange import Exchange
from live.state_db.db import StateDB
from tests.builders import put_manifest, weekdays
from tests.cli.done import Done, run_command
from tests.live.sim.market import copy_exchange
from tests.paths import DEFAULT_CONFIG

CONFIG = DEFAULT_CONFIG
SESSIONS = weekdays(date(2025, 1, 1), date(2027, 12, 31), [date(2026, 1, 1), date(2026, 2, 16), date(2026, 4, 3)])
MONDAY = date(2026, 2, 2)
"""The first day traded; its as-of session is Friday 2026-01-30."""
HISTORY = date(2025, 6, 2)
LAST = date(2026, 6, 30)
Levels = Mapping[date, str] | str


def day(n: int) -> date:
    """Return the n-th session from MONDAY on; -1 is the Friday before it."""
    return SESSIONS.days[SESSIONS.index(MONDAY) + n]


def at(session: date, clock: str) -> datetime:
    """Return a New York moment of a session."""
    return datetime.combine(session, time.fromisoformat(clock), NEW_YORK).astimezone(UTC)


def bars(ticker: str, levels: Levels = "100", *, without: Sequence[date] = ()) -> BarSeries:
    """Return a ticker's bars. levels: one price, or the price from each day on."""
    steps = {HISTORY: levels} if isinstance(levels, str) else dict(levels)
    days = [one for one in SESSIONS.between(HISTORY, LAST) if one not in without]
    level = [to_price(steps[max(start for start in steps if start <= one)]) for one in days]
    close = np.array(level, dtype=np.int64)
    high = np.array([floor_to_tick(price * 101 // 100) for price in level], dtype=np.int64)
    low = np.array([floor_to_tick(price * 99 // 100) for price in level], dtype=np.int64)
    size = len(days)
    return BarSeries(
        ticker,
        np.array(days, dtype="datetime64[D]"),
        close,
        high,
        low,
        close.copy(),
        np.full(size, 1000),
        np.ones(size),
    )


@dataclass
class Prices:
    """A price source over bars in memory: closed sessions only, and what a test breaks."""

    series: Mapping[str, BarSeries]
    splits: tuple[Split, ...] = ()
    failed: dict[str, str] = field(default_factory=dict)
    missing: set[date] = field(default_factory=set)
    asked: list[tuple[str, ...]] = field(default_factory=list)
    source: str = "sim"
    feed: str | None = None
    has_all_splits: bool = True

    def fetch(self, tickers: Sequence[str], start: date, end: date) -> PriceData:
        self.asked.append(tuple(tickers))
        found = {one: self._cut(one, start, end) for one in tickers if one in self.series and one not in self.failed}
        found = {ticker: one for ticker, one in found.items() if len(one)}
        failed = {ticker: why for ticker, why in self.failed.items() if ticker in tickers}
        splits = tuple(split for split in self.splits if split.ticker in tickers and split.ex_date >= start)
        return price_data(found, splits, (), failed)

    def _cut(self, ticker: str, start: date, end: date) -> BarSeries:
        one = self.series[ticker]
        keep = (one.days >= np.datetime64(start)) & (one.days <= np.datetime64(end))
        keep &= ~np.isin(one.days, np.array(sorted(self.missing), dtype="datetime64[D]"))
        return BarSeries(
            ticker,
            one.days[keep],
            one.open[keep],
            one.high[keep],
            one.low[keep],
            one.close[keep],
            one.volume[keep],
            one.adj_factor[keep],
        )


class TradingAccount:
    """One account, one state DB, one folder with reports and signal files."""

    def __init__(
        self,
        folder: Path,
        *series: BarSeries,
        settings: Sequence[str] = (),
        splits: Sequence[Split] = (),
        cash: str = "500000",
        listed: Sequence[str] = (),
        named: bool = True,
        in_file: bool = False,
        config_path: Path = CONFIG,
    ) -> None:
        """listed: tickers that the exchange lists though they have no bars. named: it has companies' names.

        in_file: the exchange lies in a file of the folder, opened where it is there already. config_path: the
        configuration, the shipped one by default.
        """
        self.folder = folder
        self.config_path = config_path
        self.settings = ("broker.id=sim", *settings)
        self.config = load_config(config_path, self.settings)
        known = {one.ticker: one for one in series}
        file = folder / "exchange.db" if in_file else None
        self.exchange = (
            Exchange.open(file)
            if file is not None and file.exists()
            else Exchange.create(
                file,
                known,
                splits=splits,
                sessions=SESSIONS,
                cash=to_price(cash),
                now=at(day(0), "08:00"),
                params=self.config.strategy,
                listings=[Listing(one, company_of(one), "NYSE") for one in (*known, *listed)] if named else (),
            )
        )
        self.broker = open_exchange(self.exchange, per_minute=1_000_000)
        self.prices = Prices(known, tuple(splits))
        self.runtime = Runtime(self.broker, self.prices, SESSIONS)
        put_manifest(self.manifest, self.config.strategy)

    @property
    def state_db(self) -> Path:
        return self.folder / "state.db"

    @property
    def manifest(self) -> Path:
        return self.folder / "run_manifest.json"

    @property
    def signals(self) -> Path:
        return self.folder / "signals"

    @property
    def reports(self) -> Path:
        return self.folder / "reports"

    def copy_to(self, folder: Path) -> Self:
        """Return another account in the same state and on the same prices; only for one whose exchange is in memory."""
        copy_files(self.folder, folder)
        copied = copy(self)
        copied.folder = folder
        copied.settings = tuple(one.replace(str(self.folder), str(folder)) for one in self.settings)
        copied.config = load_config(CONFIG, copied.settings)
        copied.exchange = copy_exchange(self.exchange)
        copied.broker = open_exchange(copied.exchange, per_minute=1_000_000)
        copied.prices = replace(self.prices, failed={}, missing=set(), asked=[])
        copied.runtime = replace(self.runtime, broker=copied.broker, prices=copied.prices)
        return copied

    def db(self) -> StateDB:
        """Open the state DB as a run does."""
        return StateDB.open(self.state_db, self.broker.clock)

    def look(self) -> StateDB:
        """Open the state DB only to read it, which takes a fraction of the time."""
        return StateDB.open_reading(self.state_db, self.broker.clock)

    # the day
    def go(self, session: date, clock: str) -> TradingAccount:
        self.exchange.advance_to(at(session, clock))
        return self

    def report(self, session: date, *offered: Candidate) -> Path:
        """Render the report of a day and return its path."""
        from demo.reports import FILE_NAME, render_report

        if offered:
            return write_reports(self.reports, offered)[session]
        self.reports.mkdir(exist_ok=True)
        path = self.reports / FILE_NAME.format(day=session)
        path.write_text(render_report(session, (), "cards"), encoding="utf-8")
        return path

    def generate(self, *args: str | Path, json: bool = False, given: Sequence[str] | None = None) -> Done:
        """Start the generator as the shell would."""
        common = ["--output-dir", str(self.signals), *self._common(), *(["--json"] if json else [])]
        return run_command(generator, [*(given or common), *args], self.runtime)

    def execute(self, phase: str, *args: str) -> Done:
        """Start the executor."""
        return run_command(executor, ["--phase", phase, *self._common(), *args], self.runtime)

    def admin(self, *args: str | Path, typed: str = "") -> Done:
        """Start an admin command. typed: what a person answers."""
        return run_command(admin, [*args, *self.admin_flags()], self.runtime, typed)

    def trade(self, session: date, *offered: Candidate) -> Done:
        """Trade one session with the usual runs up to its close; ends after it. Every run must end 0."""
        self.go(session, "09:00")
        given = ["--report-file", self.report(session, *offered)] if offered else ["--no-report"]
        done = self.generate(*given)
        assert done.code == 0, done.stderr
        for phase, clock in (("place", "09:20"), ("poll", "09:31"), ("protect", "15:45")):
            self.go(session, clock)
            ended = self.execute(phase)
            assert ended.code == 0, (phase, session, ended.stderr)
        self.go(session, "16:05")
        return done

    def admin_flags(self) -> list[str]:
        """Return the flags that every line of the administrator has."""
        common = ["--config", str(self.config_path), "--state-db", str(self.state_db)]
        for setting in self.settings:
            common += ["--set", setting]
        return common

    def _common(self) -> list[str]:
        """Return the flags that every line of the two programs has."""
        common = ["--config", str(self.config_path), "--state-db", str(self.state_db), "--manifest", str(self.manifest)]
        common += ["--broker", "sim"]
        for setting in self.settings:
            common += ["--set", setting]
        return common

    # what is true now
    def signal(self, session: date, strategy: str = "ema_p10") -> dict[str, Any]:
        path = self.signals / f"trade_signals_{session}_{strategy}.json"
        return dict(json.loads(path.read_text(encoding="utf-8")))

    def held(self) -> dict[str, int]:
        with self.look() as db:
            return {row.ticker: row.actual_shares for row in db.positions.open_positions()}

    def tree(self) -> dict[str, str]:
        """Return a hash of every file below the folder, SQLite's own -shm and -wal files apart."""
        return {
            str(path.relative_to(self.folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and not path.name.endswith(("-shm", "-wal"))
        }


def copy_files(source: Path, target: Path) -> None:
    """Copy an account's folder; its state DB knows the signal files in their new place."""
    shutil.copytree(
        source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("home", "cache", "*-wal", "*-shm")
    )
    if (target / "state.db").exists():
        with closing(sqlite3.connect(target / "state.db")) as raw, raw:
            raw.execute("UPDATE signal_files SET path = replace(path, ?, ?)", (str(source), str(target)))


def company_of(ticker: str) -> str:
    """Return the company that the exchange lists under a ticker, and that reports name."""
    return f"{ticker.title()} Holdings"


def offer(
    ticker: str,
    session: date,
    score: float | None = 80,
    *,
    price: str | None = "100",
    grade: Grade = Grade.B,
    company: str | None = None,
) -> Candidate:
    """Return a candidate as a report of that day prints it. company: the listed one by default, "" for none."""
    return Candidate(
        ticker=ticker,
        report_date=session,
        grade=grade,
        grade_source=GradeSource.HTML,
        score=score,
        price=None if price is None else to_price(price),
        gap_size=None,
        company_name=company_of(ticker) if company is None else company or None,
    )
