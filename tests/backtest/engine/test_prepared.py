"""What `prepare` gives: the same answer each time, in another process too, and in markets that arrays do not fit."""

from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from backtest.bars import BarSeries
from backtest.engine.prepared import prepare
from backtest.engine.result import EXIT_REASONS, SKIP_REASONS
from backtest.market import PriceHistory
from backtest.model import ExitReason, SkipReason
from backtest.params import Params
from tests.backtest.engine.cases import CALENDAR, MODES, Case, World, differences, world_of
from tests.builders import MONDAY, D, candidate, flat, history_of

SMALL = Params(max_positions=3)
FIRST = date(2016, 3, 9)


@pytest.fixture(scope="module")
def world() -> World:
    return world_of(5, FIRST, 40, 9, 12)


def test_asking_again_gives_the_same(world: World) -> None:
    prepared = prepare(world)
    before = prepared.ledger(SMALL)
    prepared.result(replace(SMALL, max_positions=1, min_score=60))
    assert prepared.ledger(SMALL) == before
    assert len(before.trades) > 10


def test_a_prepared_set_is_sent_to_another_process(world: World) -> None:
    prepared = prepare(world)
    prepared.ledger(SMALL)
    sent = pickle.loads(pickle.dumps(prepared))
    assert (sent.is_fast, sent.ledger(SMALL)) == (True, prepared.ledger(SMALL))


@pytest.mark.parametrize("seed", range(4))
def test_other_candidates_on_the_same_prices_are_as_if_prepared_alone(seed: int) -> None:
    world = world_of(seed, FIRST, 40, 9, 12)
    prepared = prepare(world)
    prepared.ledger(SMALL)
    generator = np.random.default_rng(seed)
    scores = generator.permutation([one.score for one in world.candidates])
    places = np.flatnonzero(generator.random(len(world.candidates)) < 0.7).tolist()
    others = [replace(world.candidates[i], score=scores[i]) for i in places]
    for mode in MODES:
        for params in (SMALL, replace(SMALL, stop_loss_pct=Decimal(4))):
            again = prepare(replace(world, candidates=tuple(others))).ledger(params, mode)
            assert prepared.with_candidates(others).ledger(params, mode) == again
    assert prepared.ledger(SMALL) == prepare(world).ledger(SMALL)


def test_a_ticker_that_was_not_there_is_prepared_with_its_prices(world: World) -> None:
    known = world.candidates[0].ticker
    few = prepare(replace(world, candidates=tuple(one for one in world.candidates if one.ticker == known)))
    assert few.with_candidates(world.candidates).ledger(SMALL) == prepare(world).ledger(SMALL)


def test_columns_are_in_the_order_of_the_ledger_and_know_what_was_closed(world: World) -> None:
    prepared = prepare(world)
    ledger, trades, skips = prepared.ledger(SMALL), prepared.result(SMALL).trades, prepared.result(SMALL).skips
    assert [EXIT_REASONS[reason] for reason in trades.reason] == [one.exit_reason for one in ledger.trades]
    closed = [one.exit_reason is not ExitReason.END_OF_DATA for one in ledger.trades]
    assert trades.is_closed.tolist() == closed
    assert trades.return_pct.round(4).tolist() == pytest.approx(
        [float(one.return_pct) for one in ledger.trades], abs=1e-4
    )
    assert [world.candidates[i].ticker for i in skips.candidate] == [one.ticker for one in ledger.skipped]
    assert [SKIP_REASONS[reason] for reason in skips.reason] == [one.reason for one in ledger.skipped]


def test_nothing_invested_returns_nothing() -> None:
    trades = prepare(World((), history_of(flat("X", date(2015, 1, 2), D)), MONDAY, D)).result(SMALL).trades
    assert (len(trades), trades.return_pct.tolist()) == (0, [])


def test_a_ticker_the_source_could_not_answer_for_is_never_bought() -> None:
    series = {one: flat(one, date(2015, 1, 2), D) for one in ("X", "Y")}
    history = PriceHistory(series, CALENDAR, failed=("Y",))
    world = World([candidate(one, report_date=MONDAY) for one in ("X", "Y", "Z")], history, MONDAY, D)
    ledger = prepare(world).ledger(SMALL)
    assert [trade.ticker for trade in ledger.trades] == ["X"]
    assert [(skip.ticker, skip.reason) for skip in ledger.skipped] == [
        ("Y", SkipReason.NO_PRICE_DATA),
        ("Z", SkipReason.NO_PRICE_DATA),
    ]


def _on_saturdays(series: BarSeries) -> BarSeries:
    days = series.days.copy()
    days[-1] += np.timedelta64(1, "D")
    return replace(series, days=days)


STEP_BY_STEP = {
    "a bar on a day without a session": World(
        [candidate("X", report_date=MONDAY)],
        history_of(_on_saturdays(flat("X", date(2015, 1, 2), date(2016, 3, 11)))),
        MONDAY,
        date(2016, 3, 14),
    ),
    "no session in the stretch": World([], history_of(), date(2016, 3, 12), date(2016, 3, 13)),
}


@pytest.mark.parametrize("name", STEP_BY_STEP)
def test_where_arrays_do_not_fit_the_simulator_answers(name: str) -> None:
    world = STEP_BY_STEP[name]
    prepared = prepare(world)
    assert not prepared.is_fast
    assert [text for mode in MODES for text in differences(world, prepared, SMALL, mode)] == []


def test_where_amounts_may_not_fit_the_simulator_answers() -> None:
    prices = {"X": "0.01", "Y": "900000000"}
    history = history_of(*(flat(ticker, date(2015, 1, 2), D, price) for ticker, price in prices.items()))
    world = World([candidate(one, report_date=MONDAY) for one in prices], history, MONDAY, D)
    prepared = prepare(world)
    huge = replace(SMALL, position_size=Decimal(100_000_000))
    assert prepared.is_fast
    assert [text for mode in MODES for text in differences(world, prepared, huge, mode)] == []
    assert prepared.ledger(huge).trades[0].shares == 10_000_000_000


def test_it_is_the_arrays_that_answer_in_every_random_market() -> None:
    assert all(world_of(seed, FIRST, 12, 4, 12).prepared().is_fast for seed in range(20))
    assert Case(seed=3).differences() == []
