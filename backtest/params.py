"""Every parameter that can change a decision: the `strategy:` section, typed.

One dataclass is the schema for the configuration, the manifest, `--set` and the rules; a field added
here is covered by all of them. Percentages keep the unit of their name and give basis points to the
rules, so at most two decimals are allowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from backtest.model import Grade, Price
from backtest.plugin_parameters import PluginValue, Values
from backtest.trailing_exits.registry import DAY, trailing_exit


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


REPORTS = "reports"
"""The source of candidates that needs no scan: the day's earnings reports."""


@dataclass(frozen=True, slots=True)
class CandidateSource:
    """Where a strategy's candidates come from: the earnings reports, or a scan of symbols.

    parameters, version, symbols_sha256: of a scan, as it is in force; a manifest records them all. folder: where the
    user's own sources are looked for; not recorded, for the version covers the file that was found.
    """

    id: str = REPORTS
    parameters: Values = ()
    version: str | None = None
    symbols_file: str | None = None
    symbols_sha256: str | None = None
    folder: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Variant:
    """One strategy: its trailing exit, and where its candidates come from.

    trailing_stop: an id of `backtest.trailing_exits`. period: of its indicator, in weeks or sessions.
    exit_parameters: what that exit takes beside the period. id: a name of its own, else it is made of the others.
    source: None in the executed strategy: the reports; in a shadow: the executed strategy's. overrides: parameters by
    name that a shadow has otherwise than the executed strategy, typed.
    """

    trailing_stop: str
    period: int
    exit_parameters: Values = ()
    id: str | None = None
    source: CandidateSource | None = None
    overrides: tuple[tuple[str, Any], ...] = ()

    @property
    def strategy_id(self) -> str:
        """`ema_p10`, `nwl_p4`, `sma_20_50`, `rsi_reversion_rsi_14_70`: the name in files, tables and order plans."""
        if self.id is not None:
            return self.id
        words = [] if self.source is None or self.source.id == REPORTS else [self.source.id]
        return "_".join([*words, self._exit_name])

    @property
    def _exit_name(self) -> str:
        exit_ = trailing_exit(self.trailing_stop)
        if exit_.judged != DAY:
            return f"{exit_.short}_p{self.period}"
        periods = [] if exit_.period is None else [self.period]
        return "_".join(str(one) for one in (exit_.short, *periods, *dict(self.exit_parameters).values()))

    @property
    def given(self) -> Mapping[str, PluginValue]:
        """The parameters of the trailing exit by name, `period` among them where it acts."""
        exit_ = trailing_exit(self.trailing_stop)
        return dict(self.exit_parameters) | ({} if exit_.period is None else {"period": self.period})

    @property
    def is_plain(self) -> bool:
        """Whether trailing exit and period are all there is to it, as in a configuration's `shadow:`."""
        return self.id is None and self.source is None and not self.overrides


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
    take_profit_pct: Decimal | None = None
    size_on: SizeOn = SizeOn.REFERENCE_PRICE
    entry_limit_pct: Decimal | None = None
    entry_mode: EntryMode = EntryMode.REPORT_OPEN
    max_holding_days: int | None = None
    rotation: bool = True
    min_grade: Grade = Grade.D
    trailing_transition_weeks: int = 2
    indicator_window_weeks: int = 57
    primary: Variant = field(default_factory=lambda: Variant("weekly_ema", 10))
    shadows: tuple[Variant, ...] = field(default_factory=lambda: (Variant("weekly_nweek_low", 4),))
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
    def take_profit_bp(self) -> int | None:
        return None if self.take_profit_pct is None else int(self.take_profit_pct * 100)

    @property
    def slippage_bp(self) -> int:
        return int(self.slippage_pct * 100)

    @property
    def entry_slippage_bp(self) -> int:
        return int(self.entry_slippage_pct * 100)

    @property
    def entry_limit_bp(self) -> int | None:
        return None if self.entry_limit_pct is None else int(self.entry_limit_pct * 100)

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
    def source(self) -> CandidateSource:
        """Where the executed strategy's candidates come from."""
        return self.primary.source or CandidateSource()

    @property
    def market_filter_file(self) -> str | None:
        """What of the market filter decides which files are read."""
        return self.market_filter.file

    @property
    def watched(self) -> tuple[Variant, ...]:
        """The shadows that are no copy of the executed strategy by name: those that keep a book of their own."""
        return tuple(one for one in self.shadows if one.strategy_id != self.primary.strategy_id)

    def as_shadow(self, shadow: Variant) -> Params:
        """Return the parameters under which a shadow is the executed strategy, and no shadow of itself.

        A single plain one stays beside itself, as a configuration's `shadow:` does; it keeps no book then.
        """
        source = self.primary.source if shadow.source is None else shadow.source
        executed = replace(shadow, source=None if source is None or source.id == REPORTS else source, overrides=())
        if executed.strategy_id != shadow.strategy_id:  # the source is the executed strategy's, the name is its own
            executed = replace(executed, id=shadow.strategy_id)
        is_single = self.shadows == (shadow,) and shadow.is_plain
        others = self.shadows if is_single else tuple(one for one in self.shadows if one != shadow)
        return replace(self, primary=executed, shadows=others, **dict(shadow.overrides))
