"""Sessions that the kill switch refuses: the executed strategy has no plan, its shadows trade them as usual."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from backtest.model import SkipReason
from backtest.params import Params
from backtest.sessions import Sessions
from backtest.settings import params_from_mapping
from demo.market import SyntheticMarket
from live.clock import SystemClock
from live.parity.compare import Ledger
from live.state_db.db import StateDB
from tests.parity.markets import Roughness, rough_market
from tests.parity.replayed import Replayed, replay_market

FIRST, LAST = date(2024, 3, 4), date(2024, 4, 5)
SKIPPED = date(2024, 3, 19)
REFUSED = (date(2024, 3, 8), date(2024, 3, 11), date(2024, 3, 18), date(2024, 3, 20), date(2024, 4, 1), LAST)
"""A Friday and the Monday after it, the sessions around one without any run, the last one."""
ROUGH = Roughness(
    daily_sigma=0.035, report=0.25, missing_bar=0.02, missing_at_entry=0.08, crash=0.02, split=0.01, delisted_tickers=1
)
SETTINGS = ("max_positions=5", "trailing_transition_weeks=1", "initial_capital=1000000")
SHADOWS = [{"trailing_stop": "weekly_nweek_low", "period": 4}, {"id": "tight", "stop_loss_pct": 5, "max_positions": 4}]


def watching(shadows: Sequence[object]) -> Params:
    return params_from_mapping({"shadows": list(shadows)}, "a test")  # type: ignore[dict-item]


@pytest.fixture(scope="module")
def market(sessions: Sessions) -> SyntheticMarket:
    before = sessions.between(date(2023, 12, 4), sessions.previous(FIRST))
    return rough_market(sessions, before, sessions.between(FIRST, LAST), seed=7, tickers=10, roughness=ROUGH)


@pytest.fixture(scope="module")
def refused(market: SyntheticMarket, tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    folder = tmp_path_factory.mktemp("refused")
    return replay_market(folder, market, FIRST, LAST, SETTINGS, [SKIPPED], REFUSED, watching(SHADOWS))


def entries_of(ledger: Ledger) -> set[date]:
    return {one.entry_date for one in ledger.trades}


def test_every_strategy_is_its_simulation(refused: Replayed) -> None:
    assert refused.differences() == []
    assert len(refused.executed.trades) > 8


def test_the_runs_of_these_sessions_ended_with_the_refusal(refused: Replayed) -> None:
    assert refused.counts.codes[3] == 3 * len(REFUSED)  # generator, place and poll


def test_the_executed_strategy_buys_nothing_and_the_shadows_do(refused: Replayed) -> None:
    assert not entries_of(refused.executed) & {*REFUSED}
    assert all(len(entries_of(one.ledger) & {*REFUSED}) > 1 for one in refused.ledgers.shadows)


def test_the_candidates_of_the_executed_strategy_are_after_the_cutoff_there(refused: Replayed) -> None:
    reasons = {skip.reason for skip in refused.executed.skips if skip.trade_date in REFUSED}
    assert reasons == {SkipReason.AFTER_CUTOFF}
    for one in refused.ledgers.shadows:
        after_cutoff = {skip.trade_date for skip in one.ledger.skips if skip.reason is SkipReason.AFTER_CUTOFF}
        assert after_cutoff == {SKIPPED}


def test_no_signal_file_is_made(refused: Replayed) -> None:
    names = [path.name for path in refused.state.workspace.signals.glob("*.json")]
    assert not any(str(day) in name for day in REFUSED[:-1] for name in names)  # after the last the switch is off
    with StateDB.open(refused.state.workspace.state_db, SystemClock()) as db:
        assert db.signal_files.latest("tight", REFUSED[0]) is None
        rows = [row for row in db.runs.last(1000) if row.trade_date == REFUSED[0] and row.program == "signal_generator"]
    (row,) = rows
    assert (row.exit_code, row.summary["notes"][-1]) == (
        3,
        f"the shadows decided for {REFUSED[0]} all the same: nwl_p4, tight",
    )


def test_a_simulator_that_knows_of_no_refusal_finds_it(refused: Replayed) -> None:
    from dataclasses import replace

    from live.parity.replay import compare_ledgers

    executed, *shadows = compare_ledgers(replace(refused.inputs, refused_days=frozenset()), refused.ledgers)
    assert not executed.is_equal
    assert all(one.is_equal for one in shadows)
