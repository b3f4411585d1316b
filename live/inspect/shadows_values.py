"""What `shadows` decides: the executed strategy against a shadow, criterion by criterion; pure.

Compared are entries for the same trade dates, and of those the trades both sides had closed by the last session that
the shadow has played. Open positions are in no number: nothing on record says what they are worth on both sides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import accumulate, groupby

from backtest.measures.drawdowns import max_drawdown
from backtest.measures.numbers import Number
from backtest.measures.trades import trade_metrics
from backtest.model import Price
from backtest.money import UNITS_PER_USD
from live.inspect.bootstrap import LEVEL, Interval, Intervals, intervals
from live.inspect.following import Following
from live.inspect.shadow_settings import Otherwise

LEAST_DAYS = 90
LEAST_TRADES = 100
BETTER_PROFIT_FACTOR = 0.10
BETTER_PNL_PCT = 3
"""Of max_positions x position_size."""
PROFIT_FACTOR, PNL = "profit factor", "P&L"
"""The names of the criteria that have an interval."""


@dataclass(frozen=True, slots=True)
class Result:
    """A closed trade of either side. trade_date: of the decision. pnl: 1/10,000 USD."""

    trade_date: date
    ticker: str
    entry_date: date
    exit_date: date
    pnl: Price
    return_pct: Decimal

    @property
    def holding_days(self) -> int:
        return (self.exit_date - self.entry_date).days


@dataclass(frozen=True)
class Side:
    """One strategy's entries of the stretch. results: those closed. open_count: bought and not closed by its end."""

    strategy: str
    results: tuple[Result, ...]
    open_count: int = 0

    @property
    def pnl(self) -> Price:
        return sum(one.pnl for one in self.results)

    @cached_property
    def numbers(self) -> Mapping[str, Number]:
        """The numbers of `trade_metrics`."""
        return trade_metrics(self.results)

    @property
    def profit_factor(self) -> float | None:
        """Gains over losses; None without losses."""
        factor = self.numbers["profit_factor"]
        return None if factor is None else float(factor)

    def drawdown_pct(self, capital: Price) -> float:
        """Return the largest fall of capital plus closed P&L, a point per exit date, in percent of the peak before."""
        days = groupby(sorted(self.results, key=lambda one: one.exit_date), lambda one: one.exit_date)
        curve = accumulate((sum(one.pnl for one in of_day) for _, of_day in days), initial=capital)
        return round(100 * max_drawdown(tuple(curve)), 4)


@dataclass(frozen=True, slots=True)
class Lost:
    """Entries of the shadow that the executed strategy lost for one reason. pnl: of those the shadow has closed."""

    reason: str
    count: int
    closed: int
    pnl: Price


@dataclass(frozen=True, slots=True)
class Criterion:
    """One of the four. executed, shadow, difference: in its unit (count, ratio, percent, USD); None: no value."""

    name: str
    needed: str
    executed: float | None
    shadow: float | None
    difference: float | None
    is_met: bool


@dataclass(frozen=True)
class Comparison:
    """Executed against one shadow. first: trade date from which both are counted; last: played by the shadow.

    capital: max_positions x position_size. lost: see `lost_entries`, by trade date and ticker of the shadow's entries.
    otherwise: what the shadow has otherwise. compared: how many shadows are compared with the executed strategy.
    """

    executed: Side
    shadow: Side
    first: date
    last: date
    capital: Price
    lost: Mapping[tuple[date, str], str] = field(default_factory=dict)
    otherwise: tuple[Otherwise, ...] = ()
    compared: int = 1

    @property
    def level(self) -> float:
        """That of each interval, so that those of all shadows hold together at 95 % (Bonferroni)."""
        return 1 - (1 - LEVEL) / self.compared

    @property
    def level_text(self) -> str:
        """The level in percent: `95 %`, of three shadows `98.3 %`."""
        return f"{100 * self.level:.3g} %"

    @property
    def days(self) -> int:
        """Calendar days, both ends counted."""
        return (self.last - self.first).days + 1

    @property
    def closed_trades(self) -> int:
        """Of the side that has fewer."""
        return min(len(self.executed.results), len(self.shadow.results))

    @property
    def is_early(self) -> bool:
        return self.days < LEAST_DAYS and self.closed_trades < LEAST_TRADES

    @property
    def enough_on(self) -> date:
        """The day on which there are enough calendar days, whatever is traded."""
        return self.first + timedelta(days=LEAST_DAYS - 1)

    @cached_property
    def intervals(self) -> Intervals:
        return intervals(
            *([(one.trade_date, one.pnl) for one in side.results] for side in (self.executed, self.shadow)),
            level=self.level,
        )

    @cached_property
    def criteria(self) -> tuple[Criterion, ...]:
        """The criteria beside the length of the stretch; all are needed."""
        return (self._profit_factor(), self._drawdown(), self._pnl())

    @property
    def missed(self) -> tuple[Criterion, ...]:
        return tuple(one for one in self.criteria if not one.is_met)

    @property
    def losses(self) -> tuple[Lost, ...]:
        """The lost entries by reason, the commonest first."""
        by_reason: dict[str, list[tuple[date, str]]] = {}
        for key, reason in self.lost.items():
            by_reason.setdefault(reason, []).append(key)
        closed = {(one.trade_date, one.ticker): one.pnl for one in self.shadow.results}
        found = (
            Lost(reason, len(keys), sum(key in closed for key in keys), sum(closed.get(key, 0) for key in keys))
            for reason, keys in by_reason.items()
        )
        return tuple(sorted(found, key=lambda one: (-one.count, one.reason)))

    def interval_of(self, criterion: Criterion) -> Interval | None:
        """Return the interval of a criterion's difference; None where it has none."""
        return {PROFIT_FACTOR: self.intervals.profit_factor, PNL: self.intervals.pnl}.get(criterion.name)

    @cached_property
    def without_lost(self) -> Comparison:
        """The comparison without the entries that only the shadow could take."""
        kept = tuple(one for one in self.shadow.results if (one.trade_date, one.ticker) not in self.lost)
        return replace(self, shadow=replace(self.shadow, results=kept), lost={})

    def _profit_factor(self) -> Criterion:
        ours, theirs = self.executed.profit_factor, self.shadow.profit_factor
        difference = None if ours is None or theirs is None else round(theirs - ours, 4)
        if difference is None:  # a side without losses has no factor, and beats one that has losses
            is_met = bool(self.shadow.results) and theirs is None and ours is not None and self.shadow.pnl > 0
        else:
            is_met = difference >= BETTER_PROFIT_FACTOR
        needed = f"+{BETTER_PROFIT_FACTOR:.2f}"
        return Criterion(PROFIT_FACTOR, needed, ours, theirs, difference, is_met)

    def _drawdown(self) -> Criterion:
        ours, theirs = self.executed.drawdown_pct(self.capital), self.shadow.drawdown_pct(self.capital)
        return Criterion("max drawdown %", "not worse", ours, theirs, round(theirs - ours, 4), theirs <= ours)

    def _pnl(self) -> Criterion:
        ours, theirs = self.executed.pnl, self.shadow.pnl
        least = self.capital * BETTER_PNL_PCT // 100
        usd = [one / UNITS_PER_USD for one in (ours, theirs, theirs - ours, least)]
        return Criterion(PNL, f"+{usd[3]:,.2f}", usd[0], usd[1], usd[2], theirs - ours >= least)


@dataclass(frozen=True, slots=True)
class Advice:
    """What the comparison says. word: `too_early`, `keep` or `follow`."""

    word: str
    sentence: str


def advise(one: Comparison) -> Advice:
    """Return the recommendation. To follow a shadow, each criterion must hold with and without the lost entries."""
    ours, theirs = one.executed.strategy, one.shadow.strategy
    if one.is_early:
        return Advice(
            "too_early",
            f"Too early to say: {one.days} of {LEAST_DAYS} calendar days, {one.closed_trades} of {LEAST_TRADES} closed "
            f"trades on each side; on {one.enough_on} at the latest.",
        )
    if one.missed:
        return Advice("keep", f"Keep {ours}: {theirs} misses {_names(one.missed)}.")
    missed = one.without_lost.missed
    if missed:
        return Advice(
            "keep",
            f"Keep {ours}: without the entries that only {theirs} could take ({len(one.lost)}), it misses "
            f"{_names(missed)}.",
        )
    return Advice("follow", f"Follow {theirs}: every criterion is met{_chance(one)}.")


def _names(criteria: Sequence[Criterion]) -> str:
    return ", ".join(one.name.removesuffix(" %") for one in criteria)


def _chance(one: Comparison) -> str:
    found = one.intervals
    if found.pnl is None:
        return f", though {found.weeks} weeks of entries say nothing about chance"
    is_clear = found.pnl[0] > 0
    return (
        "" if is_clear else f", though the {one.level_text} interval of the P&L does not lie above 0: it may be chance"
    )


@dataclass(frozen=True, slots=True)
class LiveFactor:
    """The executed strategy's profit factor beside the one its manifest's run had.

    trades: closed ever. live, manifest: None without losses, or without a run; why: then for the manifest's.
    """

    trades: int
    live: float | None
    manifest: float | None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Shadows:
    """Everything the page shows. comparisons: with what makes each shadow the executed strategy.

    not_begun: shadows without a session played. former: those with a book that are not configured any more.
    """

    executed: str
    comparisons: tuple[tuple[Comparison, Following], ...]
    not_begun: tuple[str, ...]
    former: tuple[str, ...]
    factor: LiveFactor

    @property
    def followed(self) -> tuple[str, ...]:
        """The shadows that meet every criterion."""
        return tuple(one.shadow.strategy for one, _ in self.comparisons if advise(one).word == "follow")
