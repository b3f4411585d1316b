"""Random worlds for the engine: a rough market, a stretch and any parameters; both ways of simulating it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cache

import numpy as np
from hypothesis import strategies as st

from backtest.bars import BarSeries
from backtest.engine.prepared import Prepared, prepare
from backtest.engine.result import Result, result_of
from backtest.market import PriceHistory
from backtest.model import Candidate, Grade
from backtest.params import Params
from backtest.portfolio_simulator import Ledger, simulate_portfolio
from backtest.reports.verdict import Verdict
from backtest.settings import apply_settings
from backtest.trade_simulator import simulate_trades
from tests.builders import weekdays
from tests.parity.markets import EVERYTHING_OFTEN, rough_world

MODES = ("portfolio", "trade")
CALENDAR = weekdays(date(2013, 1, 1), date(2018, 12, 31), [date(2016, 3, 25), date(2016, 5, 30), date(2016, 7, 4)])
STARTS = (date(2016, 2, 8), date(2016, 3, 9), date(2016, 5, 23))

PARAMETERS: Mapping[str, Sequence[str]] = {
    "max_positions": ("1", "2", "4", "7"),
    "position_size": ("50", "8000", "25000"),
    "stop_loss_pct": ("1", "2", "5.5", "25", "90"),
    "slippage_pct": ("0", "1.25"),
    "entry_slippage_pct": ("0.3", "3"),
    "stop_mode": ("close", "close_next_open", "skip_entry_day"),
    "stop_fill": ("stop_price",),
    "take_profit_pct": ("0.01", "1", "4", "15"),
    "size_on": ("entry_open",),
    "entry_limit_pct": ("0", "0.5", "2", "10"),
    "entry_mode": ("next_day_open",),
    "max_holding_days": ("1", "4", "9", "30"),
    "rotation": ("false",),
    "min_grade": ("A", "B", "C"),
    "trailing_transition_weeks": ("0", "1", "4"),
    "indicator_window_weeks": ("11", "25"),
    "primary.trailing_stop": ("weekly_nweek_low", "none", "sma_cross", "rsi_overbought"),
    "primary.period": ("1", "2", "3", "5", "11"),
    "daily_entry_limit": ("0", "1", "2"),
    "allow_same_day_reentry": ("true",),
    "delisted_after_sessions": ("1", "2", "3"),
    "max_price_deviation_pct": ("0.5", "3"),
    "accept": ("doubtful",),
    "min_score": ("60",),
    "max_score": ("75",),
    "min_gap": ("0",),
    "max_gap": ("5.5",),
    "min_price": ("20",),
    "max_price": ("120",),
    "market_filter.file": ("series.csv",),
    "market_filter.max": ("15", "25"),
    "commission_per_share": ("0.005",),
    "commission_per_order": ("1",),
    "initial_capital": ("12345.67",),
}
"""Every parameter that a simulator reads, with values that matter in small markets."""

FILTERS = {"series.csv": {day: Decimal(10 + n * 7 % 20) for n, day in enumerate(CALENDAR.days) if n % 11}}
"""The market filter's series: every eleventh session has no value."""

ROUGH = replace(EVERYTHING_OFTEN, young_tickers=1)


@dataclass(frozen=True, slots=True)
class World:
    """Candidates and prices of a stretch: what an engine prepares."""

    candidates: Sequence[Candidate]
    history: PriceHistory
    first: date
    last: date

    def prepared(self) -> Prepared:
        return prepare(self)

    def ledger(self, params: Params, mode: str) -> Ledger:
        """Return what the step-by-step simulator gives."""
        simulator = simulate_trades if mode == "trade" else simulate_portfolio
        return simulator(self.candidates, self.history, self.first, self.last, params)


@dataclass(frozen=True, slots=True)
class Case:
    """One random world and several configurations of it: small numbers shrink to small markets."""

    seed: int
    start: date = STARTS[0]
    sessions: int = 10
    tickers: int = 3
    weeks_before: int = 12
    settings: Sequence[Mapping[str, str]] = field(default_factory=lambda: [{}])

    def differences(self) -> list[str]:
        world = world_of(self.seed, self.start, self.sessions, self.tickers, self.weeks_before)
        prepared = world.prepared()
        found = []
        for some in self.settings:
            params = apply_settings(Params(), with_fitting_exit(some))
            found += [text for mode in MODES for text in differences(world, prepared, params, mode)]
        return found


def with_fitting_exit(some: Mapping[str, str]) -> list[str]:
    """Return settings as `name=value`, with what they need: a holding limit, the other half of a market filter.

    Daily exits get parameters that matter in a few sessions.
    """
    fitting = dict(some)
    if fitting.get("primary.trailing_stop") == "none":
        fitting.setdefault("max_holding_days", "9")
    if fitting.get("primary.trailing_stop") == "sma_cross":
        fast = fitting.pop("primary.period", "3")
        fitting |= {"primary.fast": fast, "primary.slow": str(2 * int(fast) + 1)}
    if fitting.get("primary.trailing_stop") == "rsi_overbought":
        fitting |= {"primary.period": str(int(fitting.get("primary.period", "4")) + 1), "primary.level": "65"}
    if fitting.keys() & {"market_filter.file", "market_filter.max"}:
        fitting = {"market_filter.file": "series.csv", "market_filter.max": "15", **fitting}
    return [f"{name}={value}" for name, value in fitting.items()]


@cache
def world_of(seed: int, start: date, sessions: int, tickers: int, weeks_before: int) -> World:
    """Return a rough market around its traded sessions: its bars go on after them, and some reports lie outside."""
    market, traded = rough_world(
        CALENDAR, start, sessions + 6, seed=seed, tickers=tickers, roughness=ROUGH, weeks_before=weeks_before
    )
    rng = np.random.default_rng(seed)
    priced = {ticker: _with_dividends(one, rng) for ticker, one in market.series.items()}
    failed = [ticker for ticker in market.series if rng.random() < 0.04]
    history = PriceHistory(priced, CALENDAR, market.splits, failed, filters=FILTERS)
    return World(_disturbed(market.candidates, rng), history, traded[2], traded[-5])


def _with_dividends(series: BarSeries, rng: np.random.Generator) -> BarSeries:
    """Return a series that paid dividends, or none: its factors of earlier days are the lower."""
    if rng.random() < 0.5:
        return series
    paid = np.where(rng.random(len(series)) < 0.02, 1 - 0.03 * rng.random(len(series)), 1.0)
    factor = np.cumprod(paid[::-1])[::-1]
    return replace(series, adj_factor=factor / factor[-1])


def _disturbed(candidates: Sequence[Candidate], rng: np.random.Generator) -> tuple[Candidate, ...]:
    """Return candidates as bad reports give them too: twice, without a score, doubtful, with a ticker that is none."""
    found: list[Candidate] = []
    for one in candidates:
        kind = rng.random()
        if kind < 0.03:
            found.append(replace(one, verdict=Verdict.DOUBTFUL, problem="two scores"))
        elif kind < 0.05:
            found += [replace(one, score=None), one]
        elif kind < 0.07:
            found += [one, replace(one, grade=Grade.A)]
        elif kind < 0.08:
            found += [replace(one, ticker="no ticker"), replace(one, ticker="ZZZZ")]
        else:
            found.append(one)
    return tuple(found)


def differences(world: World, prepared: Prepared, params: Params, mode: str) -> list[str]:
    """Return in which parts the engine's ledger and result are not those of the step-by-step simulator."""
    wanted, ledger, result = world.ledger(params, mode), prepared.ledger(params, mode), prepared.result(params, mode)
    parts = [
        name
        for name in ("trades", "skipped", "equity", "candidates", "sessions")
        if getattr(wanted, name) != getattr(ledger, name)
    ]
    columns = result_of(wanted, world.candidates, params.capital_units)
    return [f"{mode}: {part} differ" for part in (*parts, *_differing_columns(columns, result))]


def _differing_columns(wanted: Result, given: Result) -> list[str]:
    pairs = {
        "capital": (wanted.capital, given.capital),
        **{name: (getattr(wanted, name), getattr(given, name)) for name in ("days", "equity", "cash", "positions")},
        **{
            f"{table}.{name}": (getattr(getattr(wanted, table), name), getattr(getattr(given, table), name))
            for table in ("trades", "skips")
            for name in getattr(wanted, table).__slots__
        },
    }
    return [name for name, (one, other) in pairs.items() if not _is_same(one, other)]


def _is_same(one: object, other: object) -> bool:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other)
    return type(one) is type(other) and one == other


SETTINGS = st.dictionaries(st.sampled_from(sorted(PARAMETERS)), st.none(), max_size=7).flatmap(
    lambda chosen: st.fixed_dictionaries({name: st.sampled_from(PARAMETERS[name]) for name in sorted(chosen)})
)

CASES = st.builds(
    Case,
    seed=st.integers(0, 10_000),
    start=st.sampled_from(STARTS),
    sessions=st.integers(1, 40),
    tickers=st.integers(2, 12),
    weeks_before=st.sampled_from([1, 12, 30]),
    settings=st.lists(SETTINGS, min_size=1, max_size=6),
)
