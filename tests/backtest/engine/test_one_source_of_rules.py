"""The engine has no rule of its own: change one where it stands, and the engine changes with the simulator."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import pytest

from backtest import (
    candidates,
    entry_limit,
    exits,
    ledger,
    money,
    rotation,
    rules,
    session_step,
    slots,
    stops,
    take_profit,
    weekly_bars,
)
from backtest.engine.prepared import prepare
from backtest.params import Params, StopMode
from backtest.settings import apply_settings
from backtest.trailing_exits import weekly_ema
from tests.backtest.engine.cases import MODES, World, differences, world_of

CHANGES: Mapping[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "stops a tick lower": (money.stop_price, lambda fill, stop_loss_bp: fill * (10_000 - stop_loss_bp) // 10_000 - 100),
    "sales for a cent less": (money.sell_fill, lambda price, slippage_bp: price - 100),
    "purchases for a cent more": (money.buy_fill, lambda price, slippage_bp: price + 100),
    "targets a tick higher": (
        money.target_price,
        lambda fill, take_profit_bp: fill * (10_000 + take_profit_bp) // 10_000 + 100,
    ),
    "targets unchanged by splits": (money.split_target, lambda target, ratio: target),
    "targets filled at the open": (take_profit.target_fill, lambda target, open_: open_),
    "targets before stops": (take_profit.is_before_stop, lambda target, open_, mode: open_ > 0),
    "limits a tick lower": (
        entry_limit.limit_price,
        lambda reference, entry_limit_bp: reference * (10_000 + entry_limit_bp) // 10_000 - 300,
    ),
    "no open above a limit": (entry_limit.is_above_limit, lambda price, limit: price < 0),
    "fills above the limit": (entry_limit.limited_fill, lambda fill, limit: fill),
    "half the shares": (money.shares_for, lambda position_size, reference: position_size // reference // 2),
    "profit without fees": (money.pnl, lambda entry, exit_, shares, fees=0: (exit_ - entry) * shares),
    "stops unchanged by splits": (money.split_stop, lambda stop, ratio: stop),
    "gaps filled at the stop": (stops.trigger_price, lambda stop, open_, mode: stop),
    "stops fired by the close": (stops.watched_price, lambda low, close, mode: close),
    "no stop on the entry day": (stops.is_watched_on_entry_day, lambda mode: False),
    "no provisional stop": (rules.opens_below_provisional_stop, lambda provisional, open_, params: open_ < 0),
    "breaks with a tolerance": (
        weekly_ema.is_broken,
        lambda close, figures, given: close * 1.02 < figures[0],
    ),
    "an average of a week": (weekly_ema.weekly_ema, lambda closes, period: closes[-1] * 1.01),
    "windows a week shorter": (weekly_bars.window_start, lambda judged, weeks: judged - 7 * (weeks - 2)),
    "held a day longer": (exits.holding_limit, lambda entry_day, max_holding_days: entry_day + max_holding_days + 1),
    "delisted a session later": (
        session_step.is_delisted,
        lambda sessions_without_bar, delisted_after: sessions_without_bar > delisted_after,
    ),
    "twice the fees": (ledger.order_fees, lambda shares, params: 2 * shares + 5_000),
    "winners rotated out": (rotation.loses_to, lambda unrealized, score, offered: offered > score),
    "no refusal of a ticker that leaves": (
        slots.refusal,
        lambda leaves, is_taken, entries, daily_limit, reentry: 2 if is_taken else 0,
    ),
    "the worst score first": (
        candidates.rank,
        lambda candidates: tuple(sorted(candidates, key=lambda one: (one.score or 0.0, one.ticker))),
    ),
}
SETTINGS = (
    "max_positions=3",
    "max_holding_days=12",
    "trailing_transition_weeks=1",
    "primary.period=3",
    "indicator_window_weeks=5",
    "take_profit_pct=9",
    "entry_limit_pct=2.5",
)
NEEDED: Mapping[str, Sequence[str]] = {
    "targets before stops": ("stop_loss_pct=2", "take_profit_pct=2"),
    "no open above a limit": ("entry_limit_pct=0.1",),
    "fills above the limit": ("entry_slippage_pct=3",),
}
"""By change, what makes it matter where it is rare otherwise."""


@pytest.fixture(scope="module")
def world() -> World:
    return world_of(11, date(2016, 3, 9), 60, 14, 12)


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_rule_changes_both_alike(world: World, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = (*SETTINGS, "commission_per_order=1", "daily_entry_limit=2", *NEEDED.get(name, ()))
    params = apply_settings(Params(), settings)
    before = [world.ledger(params, mode) for mode in MODES]
    rule, changed = CHANGES[name]
    monkeypatch.setattr(rule, "__code__", changed.__code__)
    monkeypatch.setattr(rule, "__defaults__", changed.__defaults__)
    assert [text for mode in MODES for text in differences(world, prepare(world), params, mode)] == []
    assert [world.ledger(params, mode) for mode in MODES] != before


def test_the_parameters_of_stops_are_read_by_the_same_functions() -> None:
    assert {stops.watched_price(1, 2, mode) for mode in StopMode} == {1, 2}
