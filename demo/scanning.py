"""The demo of a strategy that scans: its configuration, and its ledgers beside those of the backtest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from backtest.text import how_many
from demo.account import SimulatedAccount
from live.parity.folder import ReplayFolder
from live.parity.inputs import ReplayInputs
from live.parity.ledgers import ProgramLedgers, ShadowLedger, executed_ledger, shadow_ledger
from live.parity.prepare import ReplayRequest, read_inputs
from live.parity.replay import compare_ledgers
from live.parity.scanned import with_scanned
from live.sim.names import ASSETS_FILE
from live.state_db.db import StateDB

CONFIG = """\
# The defaults, but for what proposes candidates and what sells them.
strategy:
  primary:
    source: {source}
    symbols_file: {symbols}
    trailing_stop: {exit_id}
  shadow:
    trailing_stop: weekly_nweek_low
    period: 4
"""


@dataclass(frozen=True, slots=True)
class Compared:
    """One strategy's ledger beside its simulation. differences: a sentence each."""

    sentence: str
    differences: tuple[str, ...]


def write_config(out: Path, source: str, exit_id: str) -> Path:
    """Write the configuration of a demo whose candidates come from a scan of every ticker; return its path."""
    path = out / "config.yaml"
    symbols = (out / "prices" / ASSETS_FILE).resolve()
    path.write_text(CONFIG.format(source=source, symbols=f'"{symbols}"', exit_id=exit_id), encoding="utf-8")
    return path


def compare_with_backtest(account: SimulatedAccount, out: Path, days: Sequence[date]) -> Iterator[Compared]:
    """Compare every strategy with the backtest of the same sessions, bars and listed names."""
    request = ReplayRequest(days[0], days[-1], out / "prices", account.params)
    inputs = with_scanned(read_inputs(request, ReplayFolder(out)), account.exchange)
    with account.open_state() as db:
        ledgers = ProgramLedgers(executed_ledger(db, inputs), tuple(_shadows(db, inputs)))
    for one in compare_ledgers(inputs, ledgers):
        found = tuple(f"{one.strategy}: {difference.sentence()}" for difference in one.differences)
        counts = f"{how_many(one.trades_compared, 'trade')} and {how_many(one.skips_compared, 'skip')}"
        yield Compared(f"{one.strategy} beside its backtest: {counts}, {how_many(len(found), 'difference')}", found)


def _shadows(db: StateDB, inputs: ReplayInputs) -> Iterator[ShadowLedger]:
    """Yield each shadow's ledger as far as it is kept: the last session is played by the next morning's run."""
    for shadow in inputs.params.watched:
        through = db.shadow.stepped_through(shadow.strategy_id)
        if through is not None and through >= inputs.first:
            yield ShadowLedger(shadow, through, shadow_ledger(db, inputs, shadow, through))
