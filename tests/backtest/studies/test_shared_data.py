"""On real prices and candidates: nothing knows what came later, and the two strategies cannot be told apart."""

from __future__ import annotations

from datetime import date

import pytest

from backtest.params import Params
from backtest.portfolio_simulator import Decide
from backtest.rules import decide, decide_each
from backtest.runs.inputs import Source, load_with_maker
from backtest.strategies import PRIMARY, SHADOW
from backtest.studies.compare import Verdict
from backtest.studies.comparison import compare_sides
from backtest.studies.lookahead import Studied, compare_at, draw_cuts, observe
from backtest.studies.sides import of_strategies
from tests.paths import SHARED

DATA = SHARED / "data"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.exists(), reason="the developers' data folder is not there"),
]

SOURCE = Source(
    prices=str(DATA / "us_daily_2010_2017_dev.parquet"),
    first=date(2012, 10, 1),
    last=date(2017, 11, 30),
    candidates=DATA / "candidates_real_dev.csv",
)


@pytest.mark.parametrize("rules", [decide, decide_each])
def test_no_decision_knows_a_later_bar(rules: Decide) -> None:
    inputs, candidates_of = load_with_maker(SOURCE, Params())
    studied = Studied(candidates_of, rules, inputs.history, inputs.first, inputs.last, Params())
    whole = observe(studied, studied.history, studied.last)
    cuts = [compare_at((studied, whole), after) for after in draw_cuts(whole, studied, 8, seed=2)]
    assert [one for cut in cuts for one in cut.differences] == []


def test_out_of_sample_the_two_strategies_are_undecidable() -> None:
    sides = of_strategies(SOURCE, Params(), (PRIMARY, SHADOW))
    found = compare_sides(sides.first, sides.second, 1, split=date(2015, 1, 2))
    part = found.judged[1]
    assert part.verdict is Verdict.UNDECIDABLE
    assert part.needed_years is not None
    assert part.needed_years > 50
