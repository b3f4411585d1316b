"""The stability study: what is worth something beats its placebos, what is worth nothing does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

import numpy as np
import pytest

from backtest.engine.prepared import Prepared
from backtest.model import Candidate
from backtest.params import Params
from backtest.studies.stability import (
    Ground,
    Kind,
    Row,
    Stability,
    Task,
    p_value,
    resampled_entries,
    run_task,
    summarize,
    tasks_of,
)
from backtest.studies.stability_text import checks, sentence
from backtest.trade_simulator import simulate_trades
from tests.backtest.studies.markets import FIRST, LAST, small_market

PARAMS = Params(max_positions=3)


def ground(candidates: Sequence[Candidate]) -> Ground:
    return Ground(Prepared(tuple(candidates), small_market().history(), FIRST, LAST), PARAMS, seed=1)


def scored_by_what_follows() -> list[Candidate]:
    """Return the candidates with scores that know what each would bring, and a worthless stock beside each."""
    small = small_market()
    ledger = simulate_trades(small.candidates, small.history(), FIRST, LAST, Params())
    returns = {(one.ticker, one.report_date): float(one.return_pct) for one in ledger.trades}
    ordered = sorted(set(returns.values()))
    return [
        replace(one, score=100.0 * ordered.index(returns[key]) / len(ordered))
        for one in small.candidates
        if (key := (one.ticker, one.report_date)) in returns
    ]


def studied(where: Ground, tasks: Sequence[Task]) -> Stability:
    real = where.run()
    return summarize(where, real, tasks, [run_task(where, task) for task in tasks])


def p_of(candidates: Sequence[Candidate], kind: Kind, count: int) -> float:
    where = ground(candidates)
    real = run_task(where, Task(Kind.NOTHING))["pnl"]
    placebos = [run_task(where, Task(kind, 0, number))["pnl"] for number in range(count)]
    return p_value(real, np.array(placebos, dtype=np.float64))


def test_scores_that_know_what_follows_beat_every_shuffling() -> None:
    assert p_of(scored_by_what_follows(), Kind.SCORES, 19) == 1 / 20


def test_scores_that_mean_nothing_do_not() -> None:
    assert p_of(small_market().candidates, Kind.SCORES, 9) > 0.1


def test_the_p_value_counts_the_real_run_among_the_placebos() -> None:
    assert p_value(10.0, np.arange(19.0)) == 10 / 20
    assert p_value(100.0, np.arange(19.0)) == 1 / 20
    assert p_value(0.0, np.zeros(19)) == 1.0


def test_a_task_gives_the_same_whoever_does_it_and_numbers_differ() -> None:
    where = ground(small_market().candidates)
    one = run_task(where, Task(Kind.LEFT_OUT, 20, 3))
    assert run_task(ground(small_market().candidates), Task(Kind.LEFT_OUT, 20, 3)) == one
    assert len({run_task(where, Task(Kind.LEFT_OUT, 20, n))["pnl"] for n in range(4)}) > 1


def test_resampled_entry_dates_keep_the_mean_of_the_trades() -> None:
    where = ground(small_market().candidates)
    real = where.run()
    drawn = resampled_entries(real, seed=1)
    assert drawn.mean() == pytest.approx(real.trades.pnl.sum() / 10_000, abs=4 * drawn.std() / len(drawn) ** 0.5)
    assert drawn.std() > 0


def test_more_slippage_is_never_better() -> None:
    where = ground(small_market().candidates)
    found = [run_task(where, Task(Kind.SLIPPAGE, times))["pnl"] for times in (1, 2, 3, 4)]
    assert found == list(accumulate(found, min))
    assert found[0] == run_task(where, Task(Kind.NOTHING))["pnl"]


def test_a_slippage_beyond_its_limit_is_a_row_without_a_value() -> None:
    where = replace(ground(small_market().candidates), params=replace(PARAMS, slippage_pct=PARAMS.slippage_pct * 30))
    study = studied(where, [Task(Kind.SLIPPAGE, 4)])
    assert (study.row(Kind.SLIPPAGE, 4).runs, study.row(Kind.SLIPPAGE, 4).pnl) == (0, None)


def test_every_disturbance_has_its_row() -> None:
    where = ground(small_market().candidates)
    study = studied(where, tasks_of(2))
    assert [row.name for row in study.rows] == [
        "as it is",
        "entry dates resampled",
        "slippage x2",
        "slippage x3",
        "slippage x4",
        "entries a session late",
        "10 % left out",
        "20 % left out",
        "30 % left out",
        "placebo: scores shuffled",
        "placebo: dates moved",
    ]
    assert [row.runs for row in study.rows[6:]] == [2] * 5
    assert study.trades == len(where.prepared.ledger(PARAMS).trades)


def made_up(pnl: float = 100.0, **changed: Row) -> Stability:
    rows = {
        "nothing": Row(Kind.NOTHING, 0, 1, pnl),
        "resampled": Row(Kind.RESAMPLED, 0, 2_000, 100.0, 5.0, 200.0, 97.0),
        **{f"slippage{n}": Row(Kind.SLIPPAGE, n, 1, 100.0 - 20 * n) for n in (2, 3, 4)},
        "late": Row(Kind.LATE, 0, 1, 60.0),
        "left_out": Row(Kind.LEFT_OUT, 30, 99, 70.0, 10.0, 120.0, 100.0),
        "scores": Row(Kind.SCORES, 0, 99, 20.0, -50.0, 90.0, 60.0, 0.01),
        "dates": Row(Kind.DATES, 0, 99, 20.0, -50.0, 90.0, 60.0, 0.02),
    }
    return Stability(tuple((rows | changed).values()), (), 10)


def test_a_result_that_withstands_everything_passes_every_check() -> None:
    assert sentence(made_up()).startswith("The P&L of 100 USD passes 6 of 6 checks. Passed: entry dates (97.0 % of")
    assert "Not passed" not in sentence(made_up())


def test_what_fails_is_named_with_what_was_found() -> None:
    study = made_up(
        slippage3=Row(Kind.SLIPPAGE, 3, 1, -5.0),
        late=Row(Kind.LATE, 0, 1, 30.0),
        scores=Row(Kind.SCORES, 0, 99, 90.0, 50.0, 150.0, 100.0, 0.31),
    )
    assert [one.name for one in checks(study) if not one.holds] == ["costs", "delay", "scores"]
    assert sentence(study).endswith(
        "Not passed: costs (a loss from 3 times the slippage on); delay (a session late leaves 30 % of the P&L); "
        "scores (shuffled scores do as well: p = 0.310)."
    )


def test_of_a_loss_no_stability_is_claimed() -> None:
    assert sentence(made_up(-50.0)) == (
        "The run lost 50 USD as it is: there is no result whose stability could be judged."
    )
