"""A generator about to decide: a broker that answers what the start-up asks, and the prepared run on it.

D is Wednesday 2016-03-09, nine o'clock in New York; nothing is held.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import cast

from backtest.sessions import NEW_YORK
from live.broker import Account, Broker, CalendarDay, MarketClock, RequestCount, TradingMode
from live.config_file import load_config
from live.errors import BrokerUnavailableError
from live.generate.options import GeneratorOptions
from live.generate.preparation import PreparedRun, prepare
from live.run.console import Console
from live.run.program import Run
from live.run.runtime import Runtime
from tests.builders import CALENDAR, D, put_manifest
from tests.fakes import FakeClock

MORNING = datetime(2016, 3, 9, 9, 0, tzinfo=NEW_YORK)


class QuietBroker:
    """Answers clock, account and calendar. fails: the answers that do not come, by the method's name."""

    id, address, price_source = "sim", "in this process", "sim"
    is_live, is_in_process, mode = False, True, TradingMode.SIMULATED
    lock_folder = None

    def __init__(self, now: datetime = MORNING, fails: tuple[str, ...] = ()) -> None:
        self.clock = FakeClock(now)
        self._fails = fails

    def get_clock(self) -> MarketClock:
        self._answer("get_clock")
        now = self.clock.now()
        return MarketClock(now, is_open=False, next_open=now, next_close=now + timedelta(hours=7))

    def get_account(self) -> Account:
        self._answer("get_account")
        money = Decimal(100_000)
        return Account("account-1", "PA1", "ACTIVE", money, money, money, money, Decimal(1))

    def get_calendar(self, start: date, end: date) -> tuple[CalendarDay, ...]:
        days = CALENDAR.between(start, end)
        return tuple(CalendarDay(day, CALENDAR.at(day).open, CALENDAR.at(day).close) for day in days)

    def requests_sent(self) -> RequestCount:
        return RequestCount()

    def _answer(self, name: str) -> None:
        if name in self._fails:
            raise BrokerUnavailableError(f"{name} did not answer")


def options(folder: Path, config: str = "", **changes: object) -> GeneratorOptions:
    """Return the flags of a dry run without a report; config: the text of the configuration file."""
    (folder / "c.yaml").write_text(config or "broker:\n  id: sim\n")
    put_manifest(folder / "m.json", load_config(folder / "c.yaml").strategy)
    known: dict[str, object] = {
        "config": folder / "c.yaml",
        "state_db": folder / "state.db",
        "manifest": folder / "m.json",
        "no_report": True,
        "dry_run": True,
    }
    return GeneratorOptions(**(known | changes))  # type: ignore[arg-type]


def prepared_run(given: GeneratorOptions, broker: QuietBroker | None = None) -> PreparedRun:
    runtime = Runtime(cast(Broker, broker or QuietBroker()), sessions=CALENDAR)
    prepared = prepare(Run("signal_generator", Console(verbosity=-1)), given, runtime)
    assert prepared.trade_date >= D
    return prepared
