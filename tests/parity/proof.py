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
from live.parity.compare import Comparison, Ledger, compare
from live.parity.days import DayLog, Folder, run_days
from live.parity.ledgers import executed_ledger, shadow_ledger, simulate
from live.parity.prepare import Asked, gather, lay_out
from live.parity.stretch import Stretch
from live.runtime import Runtime
from live.state_db.connection import KeptFiles
from live.state_db.db import StateDB
from live.trading_day import in_process
from tests.parity.markets import RoughMarket


@dataclass(frozen=True, slots=True)
class Proof:
    """Both sides' ledgers of the executed strategy and of the shadow, and what the programs' runs said."""

    stretch: Stretch
    executed: Ledger
    shadow: Ledger
    log: DayLog

    def comparisons(self) -> tuple[Comparison, Comparison]:
        params = self.stretch.params
        return (
            compare(params.primary.strategy_id, self.executed, simulate(self.stretch).ledger),
            compare(params.shadow.strategy_id, self.shadow, simulate(self.stretch, shadow=True).ledger),
        )

    def differences(self) -> list[str]:
        return [difference.sentence() for one in self.comparisons() for difference in one.differences]


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
        with KeptFiles() as kept:
            runtime = Runtime(broker, stretch.prices, stretch.sessions, kept)
            log = run_days(stretch, state, exchange, in_process(state.workspace, runtime))
    finally:
        exchange.close()
    with StateDB.open(state.workspace.state_db, SystemClock()) as db:
        return Proof(stretch, executed_ledger(db, stretch), shadow_ledger(db, stretch), log)
