"""The synthetic market: the same seed gives the same bytes, and everything a day can meet is in it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from backtest.market import PriceHistory
from backtest.model import ExitReason
from backtest.money import is_on_tick
from backtest.params import Params
from backtest.portfolio_simulator import Ledger, simulate_portfolio
from backtest.prices.fingerprint import fingerprint_of
from backtest.prices.folder import open_folder
from backtest.sessions import Sessions
from demo.market import PrintedPrice, SyntheticMarket, make_market, walk_through

DAYS = [day for day in (date(2024, 7, 1) + timedelta(days=n) for n in range(560)) if day.isoweekday() < 6]
TRADING_FROM = DAYS[-90]


@pytest.fixture(scope="module")
def market() -> SyntheticMarket:
    return make_market(DAYS, TRADING_FROM, seed=1)


@pytest.fixture(scope="module")
def ledger(market: SyntheticMarket) -> Ledger:
    history = PriceHistory(market.series, Sessions(DAYS), market.splits)
    return simulate_portfolio(market.candidates, history, TRADING_FROM, DAYS[-1], Params())


def test_the_same_seed_makes_the_same_market_and_another_seed_another(market: SyntheticMarket) -> None:
    again, other = make_market(DAYS, TRADING_FROM, seed=1), make_market(DAYS, TRADING_FROM, seed=2)
    assert fingerprint_of(again.series, again.splits) == fingerprint_of(market.series, market.splits)
    assert again.candidates == market.candidates
    assert fingerprint_of(other.series, other.splits) != fingerprint_of(market.series, market.splits)


def test_every_bar_is_on_the_tick_and_contains_its_open_and_close(market: SyntheticMarket) -> None:
    for series in market.series.values():
        top, bottom = np.maximum(series.open, series.close), np.minimum(series.open, series.close)
        assert ((series.low > 0) & (series.low <= bottom) & (top <= series.high)).all()
        assert all(is_on_tick(int(price)) for price in series.close[-5:])


def test_a_portfolio_on_it_fills_rotates_stops_out_and_breaks_trends(ledger: Ledger) -> None:
    assert max(point.positions for point in ledger.equity) == 20
    assert {trade.exit_reason for trade in ledger.trades} >= {
        ExitReason.STOP_LOSS,
        ExitReason.TREND_BREAK,
        ExitReason.ROTATED_OUT,
        ExitReason.DELISTED,
    }


def test_a_split_and_a_halt_hit_positions_that_are_held(market: SyntheticMarket, ledger: Ledger) -> None:
    split = market.splits[0]
    assert any(t.ticker == split.ticker and t.entry_date < split.ex_date < t.exit_date for t in ledger.trades)
    lasting = [one for one in market.series.values() if one.days[-1].item() == DAYS[-1] and len(one) < len(DAYS)]
    assert len(lasting) == 1
    missing = sorted(set(DAYS) - set(lasting[0].days.tolist()))
    assert len(missing) == 3
    assert any(
        t.ticker == lasting[0].ticker and t.entry_date < missing[0] and missing[-1] < t.exit_date for t in ledger.trades
    )


@pytest.mark.parametrize("parquet", [False, True])
def test_what_is_written_is_read_back_bit_for_bit(market: SyntheticMarket, tmp_path: Path, parquet: bool) -> None:
    some = {ticker: market.series[ticker] for ticker in [market.splits[0].ticker, *list(market.series)[:5]]}
    small = SyntheticMarket(some, market.splits)
    prices = open_folder(small.write(tmp_path / "prices", parquet=parquet))
    data = prices.fetch(prices.tickers(), DAYS[0], DAYS[-1])
    mine = tuple(split for split in market.splits if split.ticker in some)
    assert data.fingerprint == fingerprint_of(some, mine)


PRINTED = [
    PrintedPrice("AAA", DAYS[300], 1_234_500),
    PrintedPrice("AAA", DAYS[340], 900_000),
    PrintedPrice("BBB", DAYS[320], None),
    *(PrintedPrice(f"Q{letter}X", DAYS[310], 400_000) for letter in "CDEFGH"),
]


def test_the_walk_closes_at_the_printed_price_on_the_eve_of_its_trade_date() -> None:
    walk = walk_through(PRINTED, DAYS, seed=3)
    eve = {day: DAYS[DAYS.index(day) - 1] for day in (DAYS[300], DAYS[340], DAYS[320])}
    aaa, bbb = walk.series["AAA"], walk.series["BBB"]
    assert aaa.close[aaa.index_at(eve[DAYS[300]])] == 1_234_500
    assert aaa.close[aaa.index_at(eve[DAYS[340]])] == 900_000
    assert bbb.close[bbb.index_at(eve[DAYS[320]])] == 500_000


def test_the_walk_has_a_halt_a_delisting_and_two_splits() -> None:
    walk = walk_through(PRINTED, DAYS, seed=3)
    assert sorted(str(split.ratio) for split in walk.splits) == ["1/5", "2"]
    lengths = sorted(len(series) for series in walk.series.values())
    assert lengths[0] == DAYS.index(DAYS[310]) + 14  # delisted two weeks after its report
    assert lengths[1] == len(DAYS) - 3  # halted
    assert fingerprint_of(walk.series) == fingerprint_of(walk_through(PRINTED, DAYS, seed=3).series)
