"""Exits judged at every close: both programs trade what the simulator trades, the executed strategy and the shadow."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from backtest.commands.scan import scan
from backtest.model import ExitReason
from backtest.sessions import Sessions
from live.parity.compare import Ledger
from live.replay import main as replay
from tests.parity.markets import Roughness, rough_market
from tests.parity.replayed import Replayed, replay_market
from tests.paths import SHARED

DATA = SHARED / "data"
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


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.skipif(not DATA.exists(), reason="the developers' data folder is not there")
def test_on_real_prices_what_a_scan_of_fifty_stocks_proposes_is_traded_alike(tmp_path: Path) -> None:
    stretch = ["--from", "2014-01-02", "--to", "2016-12-30", "--prices", str(DATA / "us_daily_2010_2017_dev.parquet")]
    scanned = CliRunner().invoke(
        scan, ["rsi_reversion", "--symbols", ",".join(most_traded()), *stretch, "--out", str(tmp_path)]
    )
    assert scanned.exit_code == 0, scanned.stderr
    settings = ["--set", "primary.trailing_stop=rsi_overbought", "--set", "shadow.trailing_stop=sma_cross"]
    done = CliRunner().invoke(replay, [*stretch, "--candidates", str(tmp_path / "candidates.csv"), *settings, "--json"])
    assert done.exit_code == 0, done.stderr
    compared = {one["strategy"]: one for one in json.loads(done.stdout)["strategies"]}
    assert {name: one["differences"] for name, one in compared.items()} == {"rsi_14_70": [], "sma_20_50": []}
    assert all(one["trades_compared"] > 150 for one in compared.values())


def most_traded() -> list[str]:
    """Return the fifty symbols with the highest median turnover of 2014 to 2016."""
    bars = pd.read_parquet(DATA / "us_daily_2010_2017_dev.parquet")
    bars = bars[(bars["date"] >= date(2014, 1, 1)) & (bars["date"] < date(2017, 1, 1))]
    turnover = (bars["close"] * bars["volume"]).groupby(bars["symbol"]).median()
    return sorted(turnover.nlargest(50).index)
