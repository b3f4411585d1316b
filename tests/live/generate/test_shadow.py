"""The shadow's ledger in the state DB is the simulator's, whatever the order in which bars and runs come."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime
from fractions import Fraction
from functools import cache, cached_property

import numpy as np
import pytest
from numpy.typing import NDArray

from backtest.bars import BarSeries
from backtest.candidates import entry_session
from backtest.market import PriceHistory
from backtest.model import Candidate, ExitReason, Split
from backtest.params import Params, Variant
from backtest.portfolio_simulator import simulate_portfolio
from demo.market import SyntheticMarket
from live.generate.shadow import ShadowRun, run_shadow
from live.generate.shadow_rows import read_shadow, with_position_ids, write_shadows
from live.state_db.db import StateDB
from live.state_db.rows import ShadowStatus
from tests.builders import weekdays
from tests.parity.markets import rough_market

SESSIONS = weekdays(date(2015, 1, 1), date(2017, 12, 29), [date(2016, 3, 25), date(2016, 5, 30)])
HISTORY = SESSIONS.between(date(2015, 6, 1), date(2015, 12, 31))
TRADED = SESSIONS.between(date(2016, 1, 4), date(2016, 6, 30))
PARAMS = Params(max_positions=4, shadows=(Variant("weekly_nweek_low", 4),))
STRATEGY = PARAMS.shadows[0].strategy_id
SHADOW = PARAMS.as_shadow(PARAMS.shadows[0])


class StillClock:
    offset_s: float | None = None

    def now(self) -> datetime:
        return datetime(2016, 1, 1, tzinfo=UTC)

    def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing here waits")


@dataclass
class Stretch:
    """Runs of the shadow over a market, session by session, as the generator makes them."""

    market: SyntheticMarket
    db: StateDB
    candidates: dict[date, tuple[Candidate, ...]]

    @cached_property
    def offered(self) -> Mapping[date, Sequence[Candidate]]:
        return by_session(self.market.candidates)

    def run(self, trade_date: date, *, is_late: bool = False, failed: Collection[str] = ()) -> None:
        """One run for `trade_date`. is_late: the bars of the as-of session have not come yet."""
        as_of = SESSIONS.previous(trade_date)
        offered = tuple(self.offered.get(trade_date, ()))
        series = without(self.market.series, as_of) if is_late else self.market.series
        history = PriceHistory(series, SESSIONS, self.market.splits, failed)
        first = self._decide(offered, history, trade_date)
        write_shadows(self.db, [first])
        again = self._decide(offered, history, trade_date)
        assert named(again) == named(first)
        assert first.not_final is not None or None not in dict(named(first)).values()
        self.candidates[trade_date] = offered

    def _decide(self, offered: tuple[Candidate, ...], history: PriceHistory, trade_date: date) -> ShadowRun:
        start = read_shadow(self.db, STRATEGY, SHADOW, self.candidates)
        as_of = SESSIONS.previous(trade_date)
        unplayed = [one for day, some in self.candidates.items() if day >= as_of for one in some]
        tickers = {one.ticker for one in (*start.book.holdings, *unplayed, *offered)}
        is_empty = history.market(trade_date).is_as_of_empty(tickers)
        (decided,) = with_position_ids(
            self.db, [run_shadow(start, offered, history, trade_date, as_of_is_empty=is_empty)]
        )
        return decided

    def closed(self) -> list[tuple[object, ...]]:
        rows = (row for row in self.db.shadow.ledger(STRATEGY) if row.status is ShadowStatus.CLOSED)
        return sorted(
            (r.ticker, r.entry_date, r.entry_price, r.exit_date, r.exit_price, r.exit_reason, r.actual_shares, r.pnl)
            for r in rows
        )


def named(run: ShadowRun) -> list[tuple[str, int | None]]:
    """Return the positions as the run's file names them."""
    return [(one.ticker, one.position_id) for one in (*run.book.holdings, *run.decisions.exits)]


def without(series: Mapping[str, BarSeries], day: date) -> Mapping[str, BarSeries]:
    """Return the series without one session's bars."""
    return {ticker: cut(one, one.days != np.datetime64(day, "D")) for ticker, one in series.items()}


def cut(series: BarSeries, keep: NDArray[np.bool_]) -> BarSeries:
    columns = {field.name: getattr(series, field.name) for field in fields(series) if field.name != "ticker"}
    return BarSeries(series.ticker, **{name: column[keep] for name, column in columns.items()})


def by_session(candidates: Sequence[Candidate]) -> Mapping[date, list[Candidate]]:
    found: dict[date, list[Candidate]] = {}
    for one in sorted(candidates, key=lambda one: one.report_date):
        found.setdefault(entry_session(one.report_date, PARAMS.entry_mode, SESSIONS), []).append(one)
    return found


def simulated(
    market: SyntheticMarket, skipped: Collection[date] = (), last: date = TRADED[-1]
) -> list[tuple[object, ...]]:
    ledger = simulate_portfolio(
        market.candidates,
        PriceHistory(market.series, SESSIONS, market.splits),
        TRADED[0],
        last,
        SHADOW,
        skip_sessions=skipped,
        decides_when_skipped=True,
    )
    return sorted(
        (t.ticker, t.entry_date, t.entry_price, t.exit_date, t.exit_price, t.exit_reason, t.shares, t.pnl)
        for t in ledger.trades
        if t.exit_reason is not ExitReason.END_OF_DATA
    )


@pytest.fixture(params=[1, 2, 3])
def stretch(request: pytest.FixtureRequest) -> Stretch:
    return Stretch(market_of(request.param), StateDB.in_memory(StillClock()), {})


@cache
def market_of(seed: int) -> SyntheticMarket:
    return rough_market(SESSIONS, HISTORY, TRADED, seed=seed)


def test_the_shadow_ledger_equals_the_simulation_with_the_shadow_as_executed_strategy(stretch: Stretch) -> None:
    for day in (*TRADED, SESSIONS.next(TRADED[-1])):
        stretch.run(day)
    expected = simulated(stretch.market)
    assert len(expected) > 10
    assert stretch.closed() == expected


def test_a_position_of_which_a_reverse_split_leaves_no_share_stays_as_the_simulator_has_it() -> None:
    market = rough_market(SESSIONS, HISTORY, TRADED, seed=1)
    longest = max(simulated(market), key=lambda trade: SESSIONS.index(trade[3]) - SESSIONS.index(trade[1]))  # type: ignore[arg-type]
    ticker, ex_date = str(longest[0]), SESSIONS.next(longest[1])  # type: ignore[arg-type]
    stretch = Stretch(split_to_nothing(market, ticker, ex_date), StateDB.in_memory(StillClock()), {})
    for day in (*TRADED, SESSIONS.next(TRADED[-1])):
        stretch.run(day)
    expected = simulated(stretch.market)
    assert [trade[6:] for trade in expected if trade[0] == ticker and trade[1] == longest[1]] == [(0, 0)]
    assert stretch.closed() == expected


def split_to_nothing(market: SyntheticMarket, ticker: str, ex_date: date) -> SyntheticMarket:
    """Return the market with a reverse split of a ticker, 100,000 shares into one."""
    one, ratio = market.series[ticker], 100_000
    factor = np.where(one.days >= np.datetime64(ex_date, "D"), ratio, 1)
    prices = {name: getattr(one, name) * factor for name in ("open", "high", "low", "close")}
    series = {**market.series, ticker: replace(one, **prices)}
    return replace(market, series=series, splits=(*market.splits, Split(ticker, ex_date, Fraction(1, ratio))))


def test_a_second_run_for_the_same_trade_date_changes_nothing(stretch: Stretch) -> None:
    for day in (*TRADED, SESSIONS.next(TRADED[-1])):
        stretch.run(day)
        stretch.run(day)
    assert stretch.closed() == simulated(stretch.market)


def test_sessions_without_a_run_are_played_with_exits_and_without_entries(stretch: Stretch) -> None:
    missed = {TRADED[20], TRADED[21], TRADED[22], TRADED[60], TRADED[90]}
    for day in (*TRADED, SESSIONS.next(TRADED[-1])):
        if day not in missed:
            stretch.run(day)
    assert stretch.closed() == simulated(stretch.market, missed)


def test_a_source_that_cannot_answer_for_a_while_delays_the_ledger_and_does_not_change_it(stretch: Stretch) -> None:
    everything = sorted(stretch.market.series)
    for number, day in enumerate((*TRADED, SESSIONS.next(TRADED[-1]))):
        stretch.run(day, failed=everything if number % 7 in (3, 4) else ())
    assert stretch.closed() == simulated(stretch.market)


def test_what_waits_for_a_source_is_named_alike_in_every_run(stretch: Stretch) -> None:
    """Late bars leave positions without a row; a ticker that fails the next day keeps them from being written."""
    for number, trade_date in enumerate(TRADED):
        last = stretch.offered.get(TRADED[number - 1], ()) if number else ()
        failed = {one.ticker for one in last[:1]} if number % 6 == 4 else ()
        stretch.run(trade_date, is_late=number % 6 == 3, failed=failed)


def test_bars_that_come_a_day_late_delay_the_ledger_and_do_not_change_it(stretch: Stretch) -> None:
    for number, day in enumerate((*TRADED, SESSIONS.next(TRADED[-1]))):
        stretch.run(day, is_late=number % 5 == 3)
    assert stretch.closed() == simulated(stretch.market)


def test_a_session_without_any_bar_is_played_like_in_the_simulator(stretch: Stretch) -> None:
    empty = TRADED[30]
    stretch.market = replace(stretch.market, series=without(stretch.market.series, empty))
    for day in (*TRADED, SESSIONS.next(TRADED[-1])):
        stretch.run(day)
    assert stretch.closed() == simulated(stretch.market)


def test_no_pending_row_is_left_of_a_session_that_was_played(stretch: Stretch) -> None:
    for day in TRADED:
        stretch.run(day)
    pending = [row for row in stretch.db.shadow.active(STRATEGY) if row.status is ShadowStatus.PENDING]
    assert {row.entry_date for row in pending} <= {TRADED[-1]}
