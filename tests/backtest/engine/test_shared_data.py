"""On real prices and candidates: the default configuration and twenty others give the same ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from backtest.engine.prepared import Prepared, prepare
from backtest.params import Params
from backtest.runs.inputs import Inputs, Source, load_inputs
from backtest.settings import apply_settings
from tests.backtest.engine.cases import World, differences
from tests.paths import SHARED

DATA = SHARED / "data"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.exists(), reason="the developers' data folder is not there"),
]

PORTFOLIO: Sequence[Sequence[str]] = (
    (),
    ("stop_loss_pct=5",),
    ("stop_loss_pct=17.5", "slippage_pct=0"),
    ("max_positions=5",),
    ("max_positions=60", "position_size=2500"),
    ("primary.period=4", "trailing_transition_weeks=0"),
    ("primary.period=20", "trailing_transition_weeks=4"),
    ("primary.trailing_stop=weekly_nweek_low", "primary.period=4"),
    ("primary.trailing_stop=weekly_nweek_low", "primary.period=10", "indicator_window_weeks=30"),
    ("primary.trailing_stop=none", "max_holding_days=60"),
    ("primary.trailing_stop=sma_cross",),
    ("primary.trailing_stop=rsi_overbought", "primary.period=10", "primary.level=65"),
    ("stop_mode=close",),
    ("stop_mode=close_next_open", "max_holding_days=45"),
    ("stop_mode=skip_entry_day", "stop_fill=stop_price"),
    ("size_on=entry_open", "entry_slippage_pct=0.3"),
    ("entry_mode=next_day_open",),
    ("rotation=false", "daily_entry_limit=1"),
    ("min_grade=B", "allow_same_day_reentry=true"),
    ("min_score=60", "max_gap=9", "min_price=10"),
    ("max_price_deviation_pct=2", "delisted_after_sessions=1"),
    ("take_profit_pct=12",),
    ("take_profit_pct=3", "stop_loss_pct=3", "stop_mode=close"),
    ("commission_per_share=0.005", "commission_per_order=1", "initial_capital=50000"),
)
TRADE: Sequence[Sequence[str]] = ((), ("stop_mode=close", "primary.trailing_stop=weekly_nweek_low", "primary.period=4"))


@pytest.fixture(scope="module")
def prepared() -> tuple[World, Prepared]:
    source = Source(
        str(DATA / "us_daily_2010_2017_dev.parquet"),
        date(2011, 3, 1),
        date(2017, 11, 10),
        candidates=DATA / "candidates_dev.csv",
    )
    inputs: Inputs = load_inputs(source, Params())
    world = World(inputs.candidates, inputs.history, inputs.first, inputs.last)
    return world, prepare(inputs)


@pytest.mark.parametrize("settings", PORTFOLIO, ids=" ".join)
def test_the_portfolio_on_real_prices(prepared: tuple[World, Prepared], settings: Sequence[str]) -> None:
    world, engine = prepared
    assert differences(world, engine, apply_settings(Params(), settings), "portfolio") == []


@pytest.mark.parametrize("settings", TRADE, ids=" ".join)
def test_each_candidate_alone_on_real_prices(prepared: tuple[World, Prepared], settings: Sequence[str]) -> None:
    world, engine = prepared
    assert differences(world, engine, apply_settings(Params(), settings), "trade") == []
