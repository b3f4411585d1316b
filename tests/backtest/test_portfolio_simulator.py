"""The portfolio over a stretch: scenarios by hand, and what holds in every rough market."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache

import numpy as np
import pytest

from backtest.bars import BarSeries
from backtest.history_start import history_start
from backtest.market import Market, PriceHistory
from backtest.model import Book, Candidate, Decisions, ExitReason, SkipReason
from backtest.params import Params, StopMode
from backtest.portfolio_simulator import Decide, Ledger, simulate_portfolio
from backtest.rules import decide
from backtest.trade_simulator import simulate_trades
from demo.market import SyntheticMarket
from tests.builders import AS_OF, CALENDAR, FRIDAY, MONDAY, REFERENCE, D, candidate, closes, flat, history_of, series
from tests.parity.markets import Roughness, rough_market

FIRST, LAST = date(2015, 12, 1), date(2016, 4, 15)
SEEDS = range(4)
EACH_SEED = pytest.mark.parametrize(
    "seed", [*SEEDS, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (4, 5, 6))]
)
SMALL = replace(REFERENCE, max_positions=4, indicator_window_weeks=20)
PARAMETERS = (
    SMALL,
    replace(SMALL, primary=REFERENCE.shadows[0]),
    replace(SMALL, max_holding_days=25, rotation=False, daily_entry_limit=1),
    replace(SMALL, stop_mode=StopMode.CLOSE_NEXT_OPEN, allow_same_day_reentry=True),
    replace(SMALL, take_profit_pct=Decimal(8)),
)


def run(history: PriceHistory, *candidates: Candidate, first: date = MONDAY, last: date = D, **more: object) -> Ledger:
    return simulate_portfolio(candidates, history, first, last, REFERENCE, **more)  # type: ignore[arg-type]


def falling(ticker: str = "X") -> PriceHistory:
    """A year at $100; the week before FRIDAY's falls to $95, which breaks the trend."""
    days = CALENDAR.between(date(2015, 1, 2), date(2016, 3, 18))
    return history_of(closes(ticker, {day: "100" if day < FRIDAY else "95" for day in days}))


def test_a_trade_runs_from_its_entry_to_the_end_of_the_data() -> None:
    ledger = run(history_of(flat("X", date(2015, 1, 2), D)), candidate("X", report_date=MONDAY))
    (trade,) = ledger.trades
    assert (trade.entry_date, trade.exit_date, trade.exit_reason) == (MONDAY, D, ExitReason.END_OF_DATA)
    assert (trade.shares, trade.pnl) == (100, 0)
    assert ledger.skipped == ()


def test_a_trend_break_of_friday_is_sold_at_mondays_open() -> None:
    ledger = run(falling(), candidate("X", report_date=date(2016, 2, 8)), first=date(2016, 2, 8))
    (trade,) = ledger.trades
    assert (trade.exit_reason, trade.exit_date, trade.exit_price) == (ExitReason.TREND_BREAK, MONDAY, 945_200)


def test_belongs_to_several_reports_may_belong_to_one_monday() -> None:
    history = history_of(*(flat(ticker, date(2015, 1, 2), D) for ticker in "ABC"))
    offered = [candidate(t, report_date=date(2016, 3, day)) for t, day in (("C", 7), ("B", 6), ("A", 5))]
    ledger = run(history, *offered, candidate("A", 99, report_date=MONDAY))
    assert sorted(trade.ticker for trade in ledger.trades) == ["A", "B", "C"]
    assert next(trade.score for trade in ledger.trades if trade.ticker == "A") == 99
    assert [skip.reason for skip in ledger.skipped] == [SkipReason.DUPLICATE_TICKER]


def test_conservation_candidates_without_a_session_in_the_run_end_no_price_data_after_eligibility() -> None:
    history = history_of(flat("X", date(2015, 1, 2), D))
    days = [date(1980, 1, 1), FRIDAY, D + timedelta(days=1), date(2099, 1, 1)]
    ledger = run(history, *(candidate("X", report_date=day) for day in days), candidate("x", report_date=FRIDAY))
    assert [skip.reason for skip in ledger.skipped].count(SkipReason.NO_PRICE_DATA) == 4
    assert [skip.reason for skip in ledger.skipped].count(SkipReason.INVALID_TICKER) == 1


def test_skipped_session_candidates_end_after_cutoff() -> None:
    history = history_of(flat("X", date(2015, 1, 2), D))
    for executed_or_shadow in (False, True):
        ledger = run(
            history,
            candidate("X", report_date=AS_OF),
            skip_sessions={AS_OF},
            decides_when_skipped=executed_or_shadow,
        )
        assert [skip.reason for skip in ledger.skipped] == [SkipReason.AFTER_CUTOFF]


@pytest.mark.parametrize(("is_shadow", "sold_on"), [(False, AS_OF), (True, MONDAY)])
def test_skipped_session_the_primary_sells_at_the_next_runs_open_the_shadow_on_the_day(
    is_shadow: bool, sold_on: date
) -> None:
    offered = candidate("X", report_date=date(2016, 2, 8))
    ledger = run(falling(), offered, first=date(2016, 2, 8), skip_sessions={MONDAY}, decides_when_skipped=is_shadow)
    (trade,) = ledger.trades
    assert (trade.exit_reason, trade.exit_date) == (ExitReason.TREND_BREAK, sold_on)


@pytest.mark.parametrize(("is_shadow", "sold_on"), [(False, AS_OF), (True, MONDAY)])
def test_refused_session_is_one_without_a_run_for_the_primary_and_as_any_other_for_the_shadow(
    is_shadow: bool, sold_on: date
) -> None:
    offered = [candidate("X", report_date=date(2016, 2, 8)), candidate("X", report_date=MONDAY)]
    ledger = run(falling(), *offered, first=date(2016, 2, 8), refused_sessions={MONDAY}, decides_when_skipped=is_shadow)
    trade = ledger.trades[0]
    assert (trade.exit_reason, trade.exit_date) == (ExitReason.TREND_BREAK, sold_on)
    reasons = [skip.reason for skip in ledger.skipped]
    assert reasons == [SkipReason.EXITED_TODAY if is_shadow else SkipReason.AFTER_CUTOFF]


def test_skipped_session_stops_work() -> None:
    days = [(day, "100", "100", "100", "100") for day in CALENDAR.between(date(2015, 1, 2), MONDAY)]
    history = history_of(series("X", [*days, (AS_OF, "100", "100", "80", "100"), (D, "100", "100", "100", "100")]))
    ledger = run(history, candidate("X", report_date=MONDAY), skip_sessions={AS_OF})
    assert [(trade.exit_reason, trade.exit_date) for trade in ledger.trades] == [(ExitReason.STOP_LOSS, AS_OF)]


def test_the_account_starts_with_twice_the_full_book_and_every_dollar_is_accounted_for() -> None:
    ledger = run(falling(), candidate("X", report_date=date(2016, 2, 8)), first=date(2016, 2, 8))
    assert ledger.equity[0].cash == 4_000_000_000 - 100 * 1_000_000
    assert ledger.equity[-1].equity == ledger.equity[-1].cash == 4_000_000_000 + sum(t.pnl for t in ledger.trades)


def test_the_account_pays_commissions_on_both_sides() -> None:
    params = replace(REFERENCE, commission_per_order=Decimal(2))
    offered = [candidate("X", report_date=date(2016, 2, 8))]
    ledger = simulate_portfolio(offered, falling(), date(2016, 2, 8), D, params)
    assert ledger.equity[-1].equity == 4_000_000_000 + sum(trade.pnl for trade in ledger.trades)


@cache
def rough_of(seed: int) -> SyntheticMarket:
    history = CALENDAR.between(date(2015, 6, 1), FIRST - timedelta(days=1))
    traded = CALENDAR.between(FIRST, LAST)
    return rough_market(CALENDAR, history, traded, seed=seed, tickers=12, roughness=Roughness(report=0.1))


def rough(seed: int) -> tuple[SyntheticMarket, PriceHistory]:
    market = rough_of(seed)
    return market, PriceHistory(market.series, CALENDAR, market.splits)


def simulate(seed: int, params: Params, watch: Decide = decide) -> Ledger:
    market, history = rough(seed)
    return simulate_portfolio(market.candidates, history, FIRST, LAST, params, decide=watch)


@cache
def undisturbed(seed: int, params: Params) -> Ledger:
    return simulate(seed, params)


def up_to(one: BarSeries, first: date, last: date) -> BarSeries:
    inside = (one.days >= np.datetime64(first, "D")) & (one.days <= np.datetime64(last, "D"))
    columns = {
        name: getattr(one, name)[inside] for name in ("days", "open", "high", "low", "close", "volume", "adj_factor")
    }
    return BarSeries(one.ticker, **columns)


@EACH_SEED
@pytest.mark.parametrize("params", PARAMETERS)
def test_every_candidate_ends_exactly_once_and_two_runs_are_equal(seed: int, params: Params) -> None:
    ledger = undisturbed(seed, params)
    assert len(ledger.trades) + len(ledger.skipped) == ledger.candidates > 50
    assert ledger == simulate(seed, params)


@EACH_SEED
def test_a_book_never_plans_more_than_its_slots_and_rotates_once_a_session(seed: int) -> None:
    seen = {"rotations": 0, "full": 0}

    def watch(book: Book, offered: Sequence[Candidate], market: Market, params: Params) -> Decisions:
        made = decide(book, offered, market, params)
        planned = len(book.holdings) - len(made.exits) + len(made.entries)
        rotations = [one for one in made.exits if one.reason is ExitReason.ROTATED_OUT and one.decided_on == made.as_of]
        new = [one for one in rotations if one.why.get("replaced_by")]
        assert planned <= params.max_positions
        assert len(new) <= 1
        assert len({one.ticker for one in made.entries}) == len(made.entries)
        assert len({one.ticker for one in book.holdings}) == len(book.holdings)
        seen["rotations"] += len(new)
        seen["full"] += planned == params.max_positions
        return made

    simulate(seed, SMALL, watch)
    assert seen["full"] > 10
    assert seen["rotations"] > 0


@EACH_SEED
@pytest.mark.parametrize("params", PARAMETERS[:2])
def test_decisions_know_nothing_but_the_window_that_ends_with_the_as_of_session(seed: int, params: Params) -> None:
    """What a live run would fetch, bars from the history start to the as-of session, decides the same."""
    rough_bars, _ = rough(seed)

    def watch(book: Book, offered: Sequence[Candidate], market: Market, params: Params) -> Decisions:
        first = history_start(market.as_of, params)
        known = {ticker: up_to(one, first, market.as_of) for ticker, one in rough_bars.series.items()}
        made = decide(book, offered, market, params)
        live = PriceHistory(
            known, CALENDAR, [split for split in rough_bars.splits if split.ex_date <= market.trade_date]
        )
        assert decide(book, offered, live.market(market.trade_date), params) == made
        return made

    simulate(seed, params, watch)


@EACH_SEED
@pytest.mark.parametrize("params", PARAMETERS[:3])
def test_judging_every_close_since_the_entry_again_gives_what_judging_day_by_day_gave(
    seed: int, params: Params
) -> None:
    """Splits since then included: a close is judged alike whenever it is judged."""

    def watch(book: Book, offered: Sequence[Candidate], market: Market, params: Params) -> Decisions:
        forgetful = Book(
            tuple(replace(one, decided_through=CALENDAR.previous(one.entry_date)) for one in book.holdings)
        )
        made = decide(book, offered, market, params)
        assert decide(forgetful, offered, market, params) == made
        return made

    ledger = simulate(seed, params, watch)
    assert ledger.trades


@EACH_SEED
def test_the_order_of_the_book_decides_nothing_and_that_of_candidates_only_ties(seed: int) -> None:
    shuffler = random.Random(seed)

    def watch(book: Book, offered: Sequence[Candidate], market: Market, params: Params) -> Decisions:
        distinct = [replace(one, score=60 + n / 100) for n, one in enumerate(offered)]
        made = decide(book, distinct, market, params)
        other = decide(
            Book(tuple(shuffler.sample(book.holdings, len(book.holdings)))),
            shuffler.sample(distinct, len(distinct)),
            market,
            params,
        )
        assert other.entries == made.entries
        assert {repr(one) for one in other.exits} == {repr(one) for one in made.exits}
        assert {repr(one) for one in other.skipped} == {repr(one) for one in made.skipped}
        return made

    simulate(seed, SMALL, watch)


def test_rough_markets_are_rough() -> None:
    """Else the properties above prove little: every exit reason and most refusals happen."""
    ledgers = [undisturbed(seed, params) for seed in SEEDS for params in PARAMETERS]
    exits = {trade.exit_reason for ledger in ledgers for trade in ledger.trades}
    skips = {skip.reason for ledger in ledgers for skip in ledger.skipped}
    assert exits == set(ExitReason) - {ExitReason.MANUAL}
    assert {
        SkipReason.CAPACITY_FULL,
        SkipReason.STALE_PRICE,
        SkipReason.NO_PRICE_DATA,
        SkipReason.PRICE_MISMATCH,
        SkipReason.DUPLICATE_TICKER,
        SkipReason.DAILY_LIMIT,
    } <= skips


@EACH_SEED
def test_trade_mode_takes_every_candidate_its_price_allows(seed: int) -> None:
    market, history = rough(seed)
    ledger = simulate_trades(market.candidates, history, FIRST, LAST, SMALL)
    assert len(ledger.trades) + len(ledger.skipped) == ledger.candidates
    assert {skip.reason for skip in ledger.skipped} <= {
        SkipReason.NO_PRICE_DATA,
        SkipReason.STALE_PRICE,
        SkipReason.PRICE_MISMATCH,
    }


def test_trade_mode_gives_each_candidate_the_trade_it_has_alone() -> None:
    market, history = rough(3)
    together = simulate_trades(market.candidates, history, FIRST, LAST, SMALL)
    for one in market.candidates[:40]:
        alone = simulate_trades([one], history, FIRST, LAST, SMALL)
        assert set(alone.trades) <= set(together.trades)
        assert len(alone.trades) + len(alone.skipped) == 1
