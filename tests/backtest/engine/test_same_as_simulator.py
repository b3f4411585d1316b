"""The engine gives the ledger of the step-by-step simulator, whatever the market and the parameters."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from backtest.params import Params
from backtest.settings import params_to_plain
from tests.backtest.engine.cases import CASES, PARAMETERS, Case
from tests.share import share_of

NOT_SIMULATED = {"shadow.trailing_stop", "shadow.period", "primary.source", "max_identity_deviation_pct", "report_json"}
"""A shadow is simulated with `Params.as_shadow`, a source gives candidates; the last two are of reading reports."""


def test_every_parameter_is_drawn() -> None:
    assert set(PARAMETERS) == set(params_to_plain(Params())) - NOT_SIMULATED


@settings(max_examples=40, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(case=CASES)
def test_the_ledger_is_the_simulators_in_random_markets(case: Case) -> None:
    assert case.differences() == []


@pytest.mark.slow
@settings(max_examples=share_of(3000), derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(case=CASES)
def test_the_ledger_is_the_simulators_in_many_random_markets(case: Case) -> None:
    assert case.differences() == []
