"""The settings of the daily programs, one frozen class a section; `live.config_file` reads them.

Every setting, its unit and its reason stand in configs/default.yaml. The `strategy:` section is
`backtest.params.Params`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from backtest.params import Params
from backtest.prices.settings import PriceSettings as PriceSettings
from backtest.sources.settings import StrategiesSettings


class Funds(StrEnum):
    """Which of the account's numbers has to cover an entry."""

    BUYING_POWER = "buying_power"
    CASH = "cash"


class OnStopRefused(StrEnum):
    """What to do when the market is already below a stop that has to be placed."""

    EXIT = "exit"
    HOLD = "hold"


class OnTrip(StrEnum):
    """What drawdown and daily loss do when they trip, beside stopping the run's entries and exits."""

    KILL_SWITCH = "kill_switch"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Execution:
    """How decided lines go out. max_daily_trade_orders None: 2 × max_positions + 5 (see LiveConfig)."""

    poll_timeout_s: int = 60
    poll_interval_s: Decimal = Decimal(2)
    entry_cutoff_minutes: int = 5
    max_workers: int = 4
    funds: Funds = Funds.BUYING_POWER
    min_buying_power: Decimal = Decimal(5000)
    on_stop_refused: OnStopRefused = OnStopRefused.EXIT
    max_daily_trade_orders: int | None = None
    max_daily_stop_orders: int = 20
    max_quote_spread_pct: Decimal = Decimal(5)
    max_snapshot_age_s: int = 120
    ignore_tickers: tuple[str, ...] = ()


SIZE_LIMITS = ("max_position_usd", "max_position_pct")


@dataclass(frozen=True, slots=True)
class Safety:
    """Limits that stop entries and exits (11), never a stop; None is off. Live trading needs them all (`missing`).

    max_position_usd, max_position_pct (of equity) block only the entry that is larger. on_trip: whether a loss turns
    the kill switch on.
    """

    max_drawdown_pct: Decimal | None = None
    max_daily_loss_pct: Decimal | None = None
    max_position_usd: Decimal | None = None
    max_position_pct: Decimal | None = None
    max_orders_per_day: int | None = None
    on_trip: OnTrip = OnTrip.KILL_SWITCH

    @property
    def missing(self) -> tuple[str, ...]:
        """What live trading still needs, by name. One of the two sizes of an entry suffices; with both, both hold."""
        unset = [item.name for item in fields(self) if getattr(self, item.name) is None]
        sizes = [name for name in SIZE_LIMITS if name in unset]
        others = [name for name in unset if name not in SIZE_LIMITS]
        return (*others, " or ".join(sizes)) if len(sizes) == len(SIZE_LIMITS) else tuple(others)


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """Which broker; sim_file: the embedded exchange's file (id sim)."""

    id: str = "alpaca"
    sim_file: Path | None = None


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """One of the four things a live endpoint needs."""

    enabled: bool = False


class NotifyKind(StrEnum):
    """What a person can be notified of beside the exit codes.

    exits: a run that ended 9 with more open than entries. kill_switch_daily: it is still on, from the next day on.
    doubtful: a day's candidates with one that is kept out. failed_runs: the third one in a row. summary: the day's.
    """

    EXITS = "exits"
    KILL_SWITCH = "kill_switch"
    KILL_SWITCH_DAILY = "kill_switch_daily"
    UNPROTECTED = "unprotected"
    DOUBTFUL = "doubtful"
    FAILED_RUNS = "failed_runs"
    SUMMARY = "summary"


NOTIFY_CODES = tuple(str(code) for code in range(1, 14))
NOTIFY_DEFAULT = (
    *("1", "3", "4", "5", "6", "7", "8", "11", "12", "13"),
    *(kind.value for kind in NotifyKind if kind is not NotifyKind.SUMMARY),
)


@dataclass(frozen=True, slots=True)
class NotifySettings:
    """Who is notified, and of what: a command (run without a shell) and apprise URLs, which may carry tokens.

    on: exit codes, and words of `NotifyKind`.
    """

    command: str | None = None
    urls: tuple[str, ...] = field(default=(), repr=False)
    on: tuple[str, ...] = NOTIFY_DEFAULT


@dataclass(frozen=True, slots=True)
class HeartbeatSettings:
    """url: asked with `/start` and `/<exit code>` by every run of the daily programs."""

    url: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Paths:
    """Where things lie, from the folder the program is started in; flags override them.

    backups_dir, logs: from the folder of the state DB; None: no automatic backups, no log of each day.
    log_file: one file in place of the days'. pages_dir: None: no daily pages.
    """

    state_db: Path = Path("live/state.db")
    backups_dir: Path | None = Path("backups")
    signals_dir: Path = Path("signals")
    manifest: Path = Path("configs/run_manifest.json")
    logs: Path | None = Path("logs")
    log_file: Path | None = None
    pages_dir: Path | None = Path("pages")


@dataclass(frozen=True, slots=True)
class LiveConfig:
    """Everything configured. config_sha256 covers what a signal file is bound to: the strategy, `--set` included."""

    strategy: Params = field(default_factory=Params)
    execution: Execution = field(default_factory=Execution)
    safety: Safety = field(default_factory=Safety)
    broker: BrokerSettings = field(default_factory=BrokerSettings)
    prices: PriceSettings = field(default_factory=PriceSettings)
    strategies: StrategiesSettings = field(default_factory=StrategiesSettings)
    live: LiveSettings = field(default_factory=LiveSettings)
    notify: NotifySettings = field(default_factory=NotifySettings)
    heartbeat: HeartbeatSettings = field(default_factory=HeartbeatSettings)
    paths: Paths = field(default_factory=Paths)
    config_sha256: str = ""
    file: Path | None = None

    @property
    def max_daily_trade_orders(self) -> int:
        """Entry and exit POSTs a day: the setting, by default 2 × max_positions + 5."""
        limit = self.execution.max_daily_trade_orders
        return 2 * self.strategy.max_positions + 5 if limit is None else limit
