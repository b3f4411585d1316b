"""One proof: a market, both programs over its sessions, the simulator over the same, the comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from backtest.params import Params
from backtest.settings import apply_settings
from live.brokers.sim import open_exchange
from live.clock import SystemClock
from live.parity.compare import Ledger
from live.parity.days import DayLog, Folder, run_days
from live.parity.ledgers import Programs, read_programs
from live.parity.prepare import Asked, gather, lay_out
from live.parity.run import compare_ledgers
from live.parity.stretch import Stretch
from live.parity.trading_day import in_process
from live.run.runtime import Runtime
from live.state_db.connection_cache import ConnectionCache
from live.state_db.db import StateDB
from tests.parity.markets import RoughMarket


@dataclass(frozen=True, slots=True)
class Proof:
    """What the programs left behind on a stretch, and what their runs said."""

    stretch: Stretch
    programs: Programs
    log: DayLog

    @property
    def executed(self) -> Ledger:
        return self.programs.executed

    @property
    def shadow(self) -> Ledger:
        return self.programs.shadow

    def differences(self) -> list[str]:
        return [
            difference.sentence()
            for one in compare_ledgers(self.stretch, self.programs)
            for difference in one.differences
        ]


def prove(
    folder: Path,
    market: RoughMarket,
    first: date,
    last: date,
    settings: Sequence[str] = (),
    skip_sessions: Sequence[date] = (),
) -> Proof:
    """Run both programs over the sessions from `first` to `last` and keep their ledgers."""
    prices, candidates = market.write(folder)
    params = apply_settings(Params(), settings)
    asked = Asked(first, last, prices, params, candidates=candidates, skip_sessions=tuple(skip_sessions))
    state = Folder(folder / "state")
    stretch = gather(asked, state)
    exchange = lay_out(stretch, state)
    try:
        broker = open_exchange(exchange, per_minute=1_000_000)
        with ConnectionCache() as cache:
            runtime = Runtime(broker, stretch.prices, stretch.sessions, cache)
            log = run_days(stretch, state, exchange, in_process(state.workspace, runtime))
    finally:
        exchange.close()
    with StateDB.open(state.workspace.state_db, SystemClock()) as db:
        return Proof(stretch, read_programs(db, stretch), log)
