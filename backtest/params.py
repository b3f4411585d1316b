"""Every parameter that can change a decision: the `strategy:` section, typed.

One dataclass is the schema for the configuration, the manifest, `--set` and the rules; a field added
here is covered by all of them. Percentages keep the unit of their name and give basis points to the
rules, so at most two decimals are allowed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum

from backtest.model import Grade, Price


class StopMode(StrEnum):
    INTRADAY = "intraday"
    CLOSE = "close"
    CLOSE_NEXT_OPEN = "close_next_open"
    SKIP_ENTRY_DAY = "skip_entry_day"


class StopFill(StrEnum):
    GAP_AWARE = "gap_aware"
    STOP_PRICE = "stop_price"


class SizeOn(StrEnum):
    REFERENCE_PRICE = "reference_price"
    ENTRY_OPEN = "entry_open"


class EntryMode(StrEnum):
    REPORT_OPEN = "report_open"
    NEXT_DAY_OPEN = "next_day_open"


class Accept(StrEnum):
    """Which readings may be traded: confirmed ones only, or doubtful ones too. Refused ones never."""

    CONFIRMED = "confirmed"
    DOUBTFUL = "doubtful"


class ReportJson(StrEnum):
    """Which JSON beside a report is its source: the candidates file, the analyzer's (another scale), or none."""

    CANDIDATES = "candidates"
    ANALYZER = "analyzer"
    NONE = "none"


class TrailingStop(StrEnum):
    WEEKLY_EMA = "weekly_ema"
    WEEKLY_NWEEK_LOW = "weekly_nweek_low"
    NONE = "none"


_SHORT_NAME = {
    TrailingStop.WEEKLY_EMA: "ema",
    TrailingStop.WEEKLY_NWEEK_LOW: "nwl",
    TrailingStop.NONE: "none",
}


@dataclass(frozen=True, slots=True)
class Variant:
    """A trailing exit: the indicator and its period in weeks."""

    trailing_stop: TrailingStop
    period: int

    @property
    def strategy_id(self) -> str:
        """`ema_p10`, `nwl_p4`: the name in files, tables and order plans."""
        return f"{_SHORT_NAME[self.trailing_stop]}_p{self.period}"


@dataclass(frozen=True, slots=True)
class MarketFilter:
    """No entries while a series is above `max` at the as-of session.

    file: a CSV `date,value`; a relative path counts from the folder the program works in. Both None: no filter.
    """

    file: str | None = None
    max: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Params:
    """The reference configuration is the default of every field.

    position_size, min_price, max_price and the commissions are USD; *_pct are percent; *_days are
    calendar days; None stands for the word `none` and switches the rule off.
    """

    max_positions: int = 20
    position_size: Decimal = Decimal(10000)
    stop_loss_pct: Decimal = Decimal(10)
    slippage_pct: Decimal = Decimal("0.5")
    entry_slippage_pct: Decimal = Decimal(0)
    stop_mode: StopMode = StopMode.INTRADAY
    stop_fill: StopFill = StopFill.GAP_AWARE
    size_on: SizeOn = SizeOn.REFERENCE_PRICE
    entry_mode: EntryMode = EntryMode.REPORT_OPEN
    max_holding_days: int | None = None
    rotation: bool = True
    min_grade: Grade = Grade.D
    trailing_transition_weeks: int = 2
    indicator_window_weeks: int = 57
    primary: Variant = field(default_factory=lambda: Variant(TrailingStop.WEEKLY_EMA, 10))
    shadow: Variant = field(default_factory=lambda: Variant(TrailingStop.WEEKLY_NWEEK_LOW, 4))
    daily_entry_limit: int | None = None
    allow_same_day_reentry: bool = False
    delisted_after_sessions: int = 5
    max_price_deviation_pct: Decimal = Decimal(25)
    accept: Accept = Accept.CONFIRMED
    max_identity_deviation_pct: Decimal = Decimal(5)
    report_json: ReportJson = ReportJson.CANDIDATES
    min_score: Decimal | None = None
    max_score: Decimal | None = None
    min_gap: Decimal | None = None
    max_gap: Decimal | None = None
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    market_filter: MarketFilter = field(default_factory=MarketFilter)
    commission_per_share: Decimal = Decimal(0)
    commission_per_order: Decimal = Decimal(0)
    initial_capital: Decimal | None = None

    @property
    def position_units(self) -> Price:
        return int(self.position_size * 10_000)

    @property
    def commission_per_share_units(self) -> Price:
        return int(self.commission_per_share * 10_000)

    @property
    def commission_per_order_units(self) -> Price:
        return int(self.commission_per_order * 10_000)

    @property
    def stop_loss_bp(self) -> int:
        return int(self.stop_loss_pct * 100)

    @property
    def slippage_bp(self) -> int:
        return int(self.slippage_pct * 100)

    @property
    def entry_slippage_bp(self) -> int:
        return int(self.entry_slippage_pct * 100)

    @property
    def max_price_deviation_bp(self) -> int:
        return int(self.max_price_deviation_pct * 100)

    @property
    def max_identity_deviation_bp(self) -> int:
        return int(self.max_identity_deviation_pct * 100)

    @property
    def capital_units(self) -> Price:
        """What simulators start with: `initial_capital`, by default 2 × max_positions × position_size."""
        capital = self.initial_capital
        return int((2 * self.max_positions * self.position_size if capital is None else capital) * 10_000)

    @property
    def market_filter_file(self) -> str | None:
        """What of the market filter decides which files are read."""
        return self.market_filter.file

    def as_shadow(self) -> Params:
        """Return the parameters under which the shadow variant is the executed one."""
        return replace(self, primary=self.shadow)
