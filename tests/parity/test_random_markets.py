"""Random small markets, candidates and parameters: whatever they are, both sides trade the same.

A failing case shrinks to the smallest market and the fewest changed parameters; put it into `KEPT`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backtest.sessions import Sessions
from tests.parity.cases import PARAMETERS, SHADOWS, STARTS, Case
from tests.share import share_of


def some_of(values: Mapping[str, Sequence[Any]], most: int) -> st.SearchStrategy[dict[str, Any]]:
    """Return up to `most` of these names, each with one of its values."""
    return st.dictionaries(st.sampled_from(sorted(values)), st.none(), max_size=most).flatmap(
        lambda chosen: st.fixed_dictionaries({name: st.sampled_from(values[name]) for name in sorted(chosen)})
    )


CASES = st.builds(
    Case,
    seed=st.integers(0, 10_000),
    start=st.sampled_from(STARTS),
    sessions=st.integers(6, 16),
    tickers=st.integers(2, 9),
    settings=some_of(PARAMETERS, 5),
    skipped=st.frozensets(st.integers(1, 15), max_size=2),
    refused=st.frozensets(st.integers(1, 15), max_size=3),
    shadow=some_of(SHADOWS, 3),
)

KEPT = (
    Case(seed=1, start=date(2023, 11, 13), sessions=6, tickers=2, settings={"delisted_after_sessions": "1"}),
    Case(seed=0, start=date(2023, 11, 13), sessions=13, tickers=2),
    Case(
        seed=3,
        start=date(2023, 11, 13),
        sessions=6,
        tickers=3,
        settings={"min_grade": "A"},
        skipped=frozenset({1, 2}),
    ),
    Case(
        seed=189,
        start=date(2024, 3, 11),
        sessions=13,
        tickers=4,
        settings={"max_holding_days": "1", "min_grade": "A"},
    ),
    Case(seed=402, start=date(2024, 12, 16), sessions=12, tickers=5, settings={"max_positions": "1"}),
)
"""Cases that once differed: the shadow waited at the end of the replay for bars that never came; in the last one a
replacement that its sell had to pay for met a market below its stop."""
OFTEN = (KEPT[0], KEPT[-1])
"""One of each kind; the others are among the slow ones."""


@settings(max_examples=2, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(case=CASES)
def test_both_sides_trade_the_same_in_random_markets(sessions: Sessions, case: Case) -> None:
    assert case.differences(sessions) == []


@pytest.mark.slow
@settings(max_examples=share_of(300), derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(case=CASES)
def test_both_sides_trade_the_same_in_many_random_markets(sessions: Sessions, case: Case) -> None:
    assert case.differences(sessions) == []


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=f"seed {case.seed}", marks=() if case in OFTEN else pytest.mark.slow) for case in KEPT],
)
def test_a_case_that_once_differed_stays_equal(sessions: Sessions, case: Case) -> None:
    assert case.differences(sessions) == []
