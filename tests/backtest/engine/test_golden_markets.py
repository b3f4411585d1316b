"""On the markets of the golden replays, whose situations are counted, every configuration gives the same ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

import pytest

from backtest.engine.prepared import Prepared
from backtest.market import PriceHistory
from backtest.params import Params
from backtest.sessions import load_sessions
from backtest.settings import apply_settings
from tests.backtest.engine.cases import MODES, PARAMETERS, World, differences, with_fitting_exit
from tests.parity.scenarios import SCENARIOS, Scenario
from tests.parity.test_changed_rules import PARAMETERS as CHANGED


def _shadow_of(params: Params) -> Params:
    return params.as_shadow(params.shadows[0])


CONFIGURATIONS: Mapping[str, Callable[[Params], Params]] = {
    "its own": lambda params: params,
    "the shadow": _shadow_of,
    **CHANGED,
    **{
        f"{name}={value}": lambda params, name=name, value=value: apply_settings(
            params, with_fitting_exit({name: value})
        )  # type: ignore[misc]
        for name, values in PARAMETERS.items()
        for value in values
        if (name, value) != ("primary.period", "11")
    },
}


@pytest.fixture(scope="module", params=SCENARIOS, ids=lambda scenario: scenario.name)
def prepared(request: pytest.FixtureRequest) -> tuple[World, Prepared, Params]:
    scenario: Scenario = request.param
    sessions = load_sessions(date(2026, 1, 1))
    market = scenario.market(sessions)
    values = {"series.csv": {day: Decimal(10 + n * 7 % 20) for n, day in enumerate(sessions.days) if n % 11}}
    history = PriceHistory(market.series, sessions, market.splits, filters=values)
    world = World(market.candidates, history, scenario.first, scenario.last)
    return world, world.prepared(), apply_settings(Params(), scenario.settings)


def test_its_own_configuration_and_the_shadow(prepared: tuple[World, Prepared, Params]) -> None:
    world, engine, params = prepared
    assert engine.is_fast
    assert [
        text for one in (params, _shadow_of(params)) for mode in MODES for text in differences(world, engine, one, mode)
    ] == []


@pytest.mark.parametrize("name", CONFIGURATIONS)
@pytest.mark.slow
def test_every_configuration(prepared: tuple[World, Prepared, Params], name: str) -> None:
    world, engine, params = prepared
    changed = CONFIGURATIONS[name](params)
    assert [text for mode in MODES for text in differences(world, engine, changed, mode)] == []
