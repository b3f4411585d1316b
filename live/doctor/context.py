"""What the checks of one command share: what was asked for, and what earlier checks found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from live.book.sync import SyncReport
from live.broker import Broker
from live.clock import NEW_YORK, FollowingClock, SystemClock
from live.config import LiveConfig
from live.doctor.answer import NotAskedError
from live.generate.asset_directory import DirectorySource, folder_beside
from live.generate.trade_date import sessions_of
from live.run.options import RunOptions
from live.run.program import Run
from live.run.runtime import Runtime
from live.run.startup import Connected, Opened, with_ignored
from live.state_db.db import StateDB
from live.state_db.kill_switch import read_kill_switch

if TYPE_CHECKING:
    from backtest.sessions import Sessions

T = TypeVar("T")
NO_CONFIGURATION = "no configuration"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for beside the common flags: reports to read, a test message to send."""

    report_files: tuple[Path, ...] = ()
    report_dir: Path | None = None
    send_test: bool = False


class Context:
    """Each property raises NotAskedError while the check that finds it has not succeeded."""

    def __init__(self, run: Run, options: RunOptions, runtime: Runtime | None, asked: Asked) -> None:
        self.run = run
        self.options = replace(options, dry_run=True)
        self.runtime = runtime
        self.asked = asked
        self.why_no_broker = NO_CONFIGURATION
        self._config: LiveConfig | None = None
        self._opened: Opened | None = None
        self._broker: Broker | None = None
        self._connected: Connected | None = None
        self._synced: SyncReport | None = None

    @property
    def config(self) -> LiveConfig:
        return _found(self._config, NO_CONFIGURATION)

    @config.setter
    def config(self, found: LiveConfig) -> None:
        self._config = found
        self.why_no_broker = "the broker cannot be opened"

    @property
    def state_db_path(self) -> Path:
        return self.options.state_db or self.config.paths.state_db

    @property
    def opened(self) -> Opened:
        """The configuration with a copy of the state DB, which nothing that is done to it outlives."""
        self.config  # noqa: B018  # without one that is what is missing
        return _found(self._opened, "the state DB cannot be opened")

    @property
    def opened_or_none(self) -> Opened | None:
        """The same for what can be asked without it too."""
        return self._opened

    def open_state_db(self) -> Opened:
        """Open a copy of the state DB; an empty one when there is none. Raises StateDBError (13)."""
        clock = FollowingClock()
        if self.runtime is not None:
            clock.follow(self.runtime.broker.clock)
        path = self.state_db_path
        db = StateDB.open_copy(path, clock)
        self.run.resources.callback(db.close)
        opened = Opened(self.config, db, not path.exists(), db.system_config.kill_switch(), clock)
        self._opened = with_ignored(opened)
        return self._opened

    def opened_for_account(self) -> Opened:
        """Return the state DB, or where it cannot be opened an empty one: the account can be read all the same."""
        if self._opened is not None:
            return self._opened
        clock = FollowingClock()
        return Opened(self.config, StateDB.in_memory(clock), True, read_kill_switch(self.state_db_path), clock)

    @property
    def broker(self) -> Broker:
        return _found(self._broker, self.why_no_broker)

    @broker.setter
    def broker(self, found: Broker) -> None:
        self._broker = found
        self.why_no_broker = "the account cannot be read"

    @property
    def connected(self) -> Connected:
        return _found(self._connected, self.why_no_broker)

    @connected.setter
    def connected(self, found: Connected) -> None:
        self._connected = found

    @property
    def synced(self) -> SyncReport:
        """What the state DB's copy is after it was brought up to the broker's lists."""
        return _found(self._synced, "state DB and broker were not compared")

    @synced.setter
    def synced(self, found: SyncReport) -> None:
        self._synced = found

    @property
    def today(self) -> date:
        """Today in New York by the broker's clock, by the machine's where the broker is not reached."""
        clock = SystemClock() if self._connected is None else self._connected.broker.clock
        return clock.now().astimezone(NEW_YORK).date()

    @cached_property
    def sessions(self) -> Sessions:
        """The exchange's sessions, as the runs use them. Raises ConfigError (6)."""
        return sessions_of(self.run, self.runtime, self.today)

    @cached_property
    def directory(self) -> DirectorySource:
        """The day's asset directory, kept nowhere."""
        return DirectorySource(self.connected.broker, folder_beside(self.state_db_path), write=self.run.at_begin)


def _found(value: T | None, why: str) -> T:
    if value is None:
        raise NotAskedError(why)
    return value
