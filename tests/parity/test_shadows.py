"""Any number of shadows: each ledger is its own simulation, whoever else is watched beside it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from backtest.manifest import write_manifest
from backtest.model import ExitReason
from backtest.params import Params
from backtest.sessions import Sessions
from backtest.settings import params_from_mapping
from demo.market import SyntheticMarket
from live.clock import SystemClock
from live.parity.compare import compare
from live.parity.folder import ReplayFolder
from live.parity.inputs import ReplayInputs
from live.parity.ledgers import read_shadow, simulate
from live.parity.prepare import ReplayRequest, config_text, prepare_exchange, read_inputs
from live.parity.replay import compare_ledgers, trade_sessions
from live.replay import load_programs
from live.state_db.db import StateDB
from tests.parity.markets import Roughness, rough_market, write_market
from tests.parity.replayed import Replayed, replay_market

FIRST, LAST = date(2024, 3, 4), date(2024, 4, 4)
ROUGH = Roughness(daily_sigma=0.035, report=0.2, missing_bar=0.02, missing_at_week_end=0.05, crash=0.02)
PLAIN = {"trailing_stop": "weekly_nweek_low", "period": 4}
ONLY_A = {"id": "only_a", "min_grade": "A"}
TIGHT = {"id": "tight", "stop_loss_pct": 5, "max_positions": 4}
SETTINGS = ("max_positions=6", "min_grade=B", "trailing_transition_weeks=1", "initial_capital=1000000")


def watching(*shadows: object) -> Params:
    """Return the parameters of these replays with a list of shadows."""
    return params_from_mapping({"shadows": list(shadows) or None}, "a test")  # type: ignore[dict-item]


@pytest.fixture(scope="module")
def market(sessions: Sessions) -> SyntheticMarket:
    before = sessions.between(date(2023, 12, 4), sessions.previous(FIRST))
    return rough_market(sessions, before, sessions.between(FIRST, LAST), seed=11, tickers=10, roughness=ROUGH)


@pytest.fixture(scope="module")
def three(market: SyntheticMarket, tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    """All three shadows over the whole stretch; one of them takes grades that the executed strategy does not."""
    wide = {"id": "wide", "min_grade": "D", "rotation": False}
    params = watching(PLAIN, ONLY_A, TIGHT, wide)
    return replay_market(tmp_path_factory.mktemp("three"), market, FIRST, LAST, SETTINGS, reference=params)


def test_the_executed_strategy_and_every_shadow_are_their_simulations(three: Replayed) -> None:
    assert three.differences() == []
    compared = compare_ledgers(three.inputs, three.ledgers)
    assert [one.strategy for one in compared] == ["ema_p10", "nwl_p4", "only_a", "tight", "wide"]
    assert all(one.trades_compared > 5 for one in compared)


def test_shadows_that_differ_trade_differently(three: Replayed) -> None:
    traded = [three.executed.trades, *(one.ledger.trades for one in three.ledgers.shadows)]
    assert len({frozenset(trades) for trades in traded}) == len(traded)


def test_every_strategy_has_a_signal_file_a_day(three: Replayed) -> None:
    names = {path.name.removesuffix(".json").split("_", 3)[3] for path in three.state.workspace.signals.glob("*.json")}
    assert names == {"ema_p10", "nwl_p4", "only_a", "tight", "wide"}


def test_the_shadows_change_nothing_of_what_is_executed(
    three: Replayed, market: SyntheticMarket, tmp_path: Path
) -> None:
    alone = replay_market(tmp_path, market, FIRST, LAST, SETTINGS, reference=watching())
    assert alone.differences() == []
    assert (alone.executed, alone.ledgers.shadows) == (three.executed, ())


def test_a_shadow_may_look_back_further_than_the_executed_strategy(market: SyntheticMarket, tmp_path: Path) -> None:
    weekly = {"id": "far", "period": 10, "indicator_window_weeks": 12}
    daily = {"id": "daily", "trailing_stop": "sma_cross", "fast": 3, "slow": 30}
    near = (*SETTINGS, "indicator_window_weeks=4", "primary.period=3")
    replayed = replay_market(tmp_path, market, FIRST, LAST, near, reference=watching(weekly, daily))
    assert replayed.differences() == []
    sold = [{row.exit_reason for row in one.ledger.trades} for one in replayed.ledgers.shadows]
    assert all(ExitReason.TREND_BREAK in reasons for reasons in sold)


class Stretch:
    """One account whose configuration changes between sessions."""

    def __init__(self, market: SyntheticMarket, folder: Path) -> None:
        self._prices, self._candidates = write_market(market, folder)
        self._folder = ReplayFolder(folder / "state")

    def inputs(self, params: Params, first: date, last: date) -> ReplayInputs:
        request = ReplayRequest(first, last, self._prices, params, candidates=self._candidates)
        return read_inputs(request, self._folder)

    def trade(self, params: Params, last: date) -> None:
        """Trade every session that is not done yet, up to `last`, under these parameters."""
        inputs, whole = self.inputs(params, FIRST, last), self.inputs(params, FIRST, LAST)
        workspace = self._folder.workspace
        workspace.config.unlink(missing_ok=True)
        with closing(prepare_exchange(whole, self._folder)) as exchange:
            workspace.config.write_text(config_text(inputs), encoding="utf-8")
            write_manifest(workspace.manifest, inputs.params)
            trade_sessions(inputs, self._folder, exchange, load_programs())

    def state(self) -> StateDB:
        return StateDB.open(self._folder.workspace.state_db, SystemClock())

    def differences(
        self, params: Params, strategy: str, first: date, last: date = LAST, missed: Sequence[date] = ()
    ) -> list[str]:
        """Compare one shadow with its simulation from the session in which its book began."""
        inputs = replace(self.inputs(params, first, last), skipped_days=frozenset(missed))
        (shadow,) = [one for one in inputs.params.watched if one.strategy_id == strategy]
        with self.state() as db:
            found = read_shadow(db, inputs, shadow)
        compared = compare(strategy, found.ledger, simulate(inputs, shadow, through=found.through).ledger)
        assert compared.trades_compared > 0
        return [one.sentence() for one in compared.differences]


def test_shadows_come_and_go_in_the_middle_of_a_stretch(
    three: Replayed, market: SyntheticMarket, sessions: Sessions, tmp_path: Path
) -> None:
    """One is added, one leaves and comes back, one is renamed: its book begins anew under its new name."""
    days = sessions.between(FIRST, LAST)
    added, left, back = days[4], days[15], days[19]
    base = watching(PLAIN, TIGHT)
    before, middle, after, end = (
        replace(three.inputs.params, shadows=params.shadows)
        for params in (
            base,
            watching(PLAIN, TIGHT, ONLY_A),
            watching(PLAIN, {**ONLY_A, "id": "best"}),
            watching(PLAIN, {**ONLY_A, "id": "best"}, TIGHT),
        )
    )
    stretch = Stretch(market, tmp_path)
    stretch.trade(before, sessions.previous(added))
    stretch.trade(middle, sessions.previous(left))
    stretch.trade(after, sessions.previous(back))
    with stretch.state() as db:
        assert db.shadow.stepped_through("tight") == sessions.previous(left)
        assert db.shadow.ledger("only_a")
    stretch.trade(end, LAST)
    assert stretch.differences(end, "nwl_p4", FIRST) == []
    assert stretch.differences(end, "best", left) == []
    assert stretch.differences(end, "tight", FIRST, missed=sessions.between(left, sessions.previous(back))) == []
    assert stretch.differences(middle, "only_a", added, sessions.previous(left)) == []
