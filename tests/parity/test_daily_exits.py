"""Exits judged at every close: both programs trade what the simulator trades, the executed strategy and the shadow."""

from __future__ import annotations

from datetime import date

import pytest

from backtest.model import ExitReason
from backtest.sessions import Sessions
from live.parity.compare import Ledger
from tests.parity.markets import Roughness, rough_market
from tests.parity.replayed import Replayed, replay_market

FIRST, COUNT = date(2024, 3, 11), 14
SETTINGS = (
    "max_positions=4",
    "initial_capital=1000000",
    "indicator_window_weeks=11",
    "primary.trailing_stop=rsi_overbought",
    "primary.period=4",
    "primary.level=52",
    "shadow.trailing_stop=sma_cross",
    "shadow.fast=2",
    "shadow.slow=5",
)
ROUGH = Roughness(
    daily_sigma=0.04, report=0.25, missing_bar=0.03, missing_at_entry=0.1, crash=0.03, split=0.02, delisted_tickers=1,
    reverse_split_below=500_000,
)  # fmt: skip


@pytest.fixture(scope="module")
def replayed(sessions: Sessions, tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    """Two sessions have no run: their closes are judged by the run after them."""
    first = sessions.index(FIRST)
    before, traded = sessions.days[first - 60 : first], sessions.days[first : first + COUNT]
    market = rough_market(sessions, before, traded, seed=5, tickers=8, roughness=ROUGH)
    ex_dates = {one.ex_date for one in market.splits}
    skipped = [day for day in (traded[4], traded[8], traded[9]) if day not in ex_dates]
    assert skipped
    return replay_market(tmp_path_factory.mktemp("daily"), market, traded[0], traded[-1], SETTINGS, skipped)


def test_the_programs_trade_what_the_simulator_trades(replayed: Replayed) -> None:
    assert replayed.differences() == []


def test_both_strategies_sold_by_their_exits(replayed: Replayed) -> None:
    assert min(broken(replayed.executed), broken(replayed.shadow)) >= 3


def broken(ledger: Ledger) -> int:
    return sum(trade.exit_reason == ExitReason.TREND_BREAK for trade in ledger.trades)
