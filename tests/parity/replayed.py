"""One replay: a market, both programs over its sessions, the simulator over the same, the comparison."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeAlias

from backtest.params import Params
from backtest.sessions import Sessions
from backtest.settings import apply_settings
from backtest.strategies import takes_reports
from demo.market import SyntheticMarket
from live.clock import SystemClock
from live.parity.compare import Comparison, Ledger
from live.parity.day_loop import RunCounts, run_days
from live.parity.folder import ReplayFolder
from live.parity.inputs import ReplayInputs
from live.parity.ledgers import ProgramLedgers, read_ledgers
from live.parity.prepare import ReplayRequest, prepare_exchange, read_inputs
from live.parity.replay import compare_ledgers, runner_of
from live.parity.scanned import with_scanned
from live.parity.trading_day import RunProgram
from live.replay import load_programs
from live.sim.exchange import Exchange
from live.state_db.db import StateDB
from live.state_db.records import EventRow
from tests.parity.markets import write_market
from tests.parity.scenarios import Scenario

Around: TypeAlias = Callable[[RunProgram, Exchange, ReplayInputs], RunProgram]
"""Puts something between a replay and the programs that it starts."""


def undisturbed(run_program: RunProgram, exchange: Exchange, inputs: ReplayInputs) -> RunProgram:
    """Return the runs as they are."""
    return run_program


@dataclass(frozen=True, slots=True)
class Replayed:
    """What both programs traded, how their runs ended, and the events they wrote.

    state: where it still lies. prices: the folder of bars.
    """

    state: ReplayFolder
    prices: Path
    inputs: ReplayInputs
    ledgers: ProgramLedgers
    counts: RunCounts
    events: tuple[EventRow, ...]

    @property
    def executed(self) -> Ledger:
        return self.ledgers.executed

    @property
    def shadow(self) -> Ledger:
        (shadow,) = self.ledgers.shadows
        return shadow.ledger

    def comparisons(self) -> tuple[Comparison, ...]:
        """Return what comes of each strategy beside its simulation."""
        return compare_ledgers(self.inputs, self.ledgers)

    def differences(self) -> list[str]:
        return [difference.sentence() for one in self.comparisons() for difference in one.differences]


def replay_market(
    folder: Path,
    market: SyntheticMarket,
    first: date,
    last: date,
    settings: Sequence[str] = (),
    skip_sessions: Sequence[date] = (),
    refuse_sessions: Sequence[date] = (),
    reference: Params | None = None,
    around: Around = undisturbed,
) -> Replayed:
    """Run both programs over the sessions from `first` to `last` and return their ledgers.

    settings: applied to `reference`, the default parameters without one. around: is given each run of a program.
    """
    prices, candidates = write_market(market, folder)
    params = apply_settings(reference or Params(), settings)
    request = ReplayRequest(
        first,
        last,
        prices,
        params,
        candidates=candidates if takes_reports(params) else None,
        skip_sessions=tuple(skip_sessions),
        refuse_sessions=tuple(refuse_sessions),
    )
    state = ReplayFolder(folder / "state")
    inputs = read_inputs(request, state)
    with closing(prepare_exchange(inputs, state)) as exchange:
        inputs = with_scanned(inputs, exchange)
        with runner_of(inputs, state, exchange, load_programs()) as run_program:
            counts = run_days(inputs, state, exchange, around(run_program, exchange, inputs))
    with StateDB.open(state.workspace.state_db, SystemClock()) as db:
        return Replayed(state, prices, inputs, read_ledgers(db, inputs), counts, db.events.since(0))


def replay_scenario(folder: Path, scenario: Scenario, sessions: Sessions) -> Replayed:
    return replay_market(
        folder,
        scenario.market(sessions),
        scenario.first,
        scenario.last,
        scenario.settings,
        scenario.skip_sessions,
    )
