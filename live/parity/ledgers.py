"""Both ledgers in one shape: what the programs left in the state DB, and what the simulator returns."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from backtest.ledger import Trade
from backtest.model import ExitReason, Skip, SkipReason
from backtest.params import Variant
from backtest.portfolio_simulator import simulate_portfolio
from live.orders import Intent
from live.parity.compare import Ledger, LedgerRow, SkipRow
from live.parity.inputs import ReplayInputs
from live.state_db.db import StateDB
from live.state_db.rows import PositionRow, ShadowRow, ShadowStatus

_SKIP_WORDS = frozenset(reason.value for reason in SkipReason)


@dataclass(frozen=True, slots=True)
class SimulatedLedger:
    """The simulator's ledger of one strategy, with the trades themselves for the summary."""

    ledger: Ledger
    trades: tuple[Trade, ...]


@dataclass(frozen=True, slots=True)
class ProgramLedgers:
    """What the programs traded. shadows: what each shadow did, in the order of the configuration."""

    executed: Ledger
    shadows: tuple[ShadowLedger, ...]


@dataclass(frozen=True, slots=True)
class ShadowLedger:
    """What one shadow did. through: the last session its ledger covers."""

    shadow: Variant
    through: date
    ledger: Ledger


def read_ledgers(db: StateDB, inputs: ReplayInputs) -> ProgramLedgers:
    """Return every ledger of the state DB."""
    shadows = (read_shadow(db, inputs, shadow) for shadow in inputs.params.watched)
    return ProgramLedgers(executed_ledger(db, inputs), tuple(shadows))


def read_shadow(db: StateDB, inputs: ReplayInputs, shadow: Variant) -> ShadowLedger:
    """Return what a shadow did."""
    through = shadow_through(db, inputs, shadow)
    return ShadowLedger(shadow, through, shadow_ledger(db, inputs, shadow, through))


def shadow_through(db: StateDB, inputs: ReplayInputs, shadow: Variant) -> date:
    """Return the last session up to which a shadow's ledger is compared.

    A shadow waits for missing bars, at most as many sessions as a delisting takes, so at the end of a replay its
    last sessions may not be written yet. They are left out only when none of its tickers has had a bar since.
    """
    strategy, params = shadow.strategy_id, inputs.params.as_shadow(shadow)
    stepped = db.shadow.stepped_through(strategy)
    if stepped is None or not inputs.first <= stepped < inputs.last:
        return inputs.last
    since = [day for day in inputs.days if day > stepped]
    tickers = {row.ticker for row in db.shadow.active(strategy)}
    has_bars = any(inputs.history.has_bar(ticker, day) for ticker in tickers for day in since)
    is_waiting = not has_bars and len(since) <= params.delisted_after_sessions
    return stepped if is_waiting else inputs.last


def simulate(inputs: ReplayInputs, shadow: Variant | None = None, *, through: date | None = None) -> SimulatedLedger:
    """Run the portfolio simulator over the sessions (or up to `through`), for the executed strategy or a shadow."""
    last = through or inputs.last
    params = inputs.params if shadow is None else inputs.params.as_shadow(shadow)
    run = simulate_portfolio(
        [one for one in inputs.offered(params.primary.strategy_id) if inputs.trade_date(one) <= last],
        inputs.history,
        inputs.first,
        last,
        params,
        skip_sessions=inputs.skipped_days,
        refused_sessions=inputs.refused_days,
        decides_when_skipped=shadow is not None,
    )
    return SimulatedLedger(
        Ledger(tuple(map(trade_row, run.trades)), tuple(_skip_row(inputs, skip) for skip in run.skipped)), run.trades
    )


def executed_ledger(db: StateDB, inputs: ReplayInputs) -> Ledger:
    """Return what was traded: positions of the state DB; skips of signal files and of entries that came to nothing."""
    strategy = inputs.params.primary.strategy_id
    trades = tuple(position_row(row) for row in db.positions.ledger() if row.strategy == strategy)
    skips = [*_file_skips(db, strategy, inputs.days), *_ended_entries(db, inputs.days)]
    skips += _not_run(inputs, strategy, inputs.skipped_days | inputs.refused_days)
    return Ledger(trades, tuple(skips))


def shadow_ledger(db: StateDB, inputs: ReplayInputs, shadow: Variant, through: date) -> Ledger:
    """Return what a shadow did up to a session, from its own tables."""
    strategy = shadow.strategy_id
    rows = db.shadow.ledger(strategy)
    days = [day for day in inputs.days if day <= through]
    bought = tuple(
        _ledger_row(row, row.actual_shares) for row in rows if row.status in (ShadowStatus.OPEN, ShadowStatus.CLOSED)
    )
    failed = [
        SkipRow(row.entry_date, row.ticker, SkipReason(row.skip_reason or ""))
        for row in rows
        if row.status is ShadowStatus.SKIPPED
    ]
    decided = [
        SkipRow(day, ticker, SkipReason(reason)) for day in days for ticker, reason in db.shadow.skips(strategy, day)
    ]
    missed = [skip for skip in _not_run(inputs, strategy, inputs.skipped_days) if skip.trade_date <= days[-1]]
    return Ledger(bought, (*decided, *failed, *missed))


def trade_row(trade: Trade) -> LedgerRow:
    """Return a trade of the simulator; one that only the end of the data ended is open."""
    ended = trade.exit_reason is not ExitReason.END_OF_DATA
    return LedgerRow(
        ticker=trade.ticker,
        report_date=trade.report_date,
        entry_date=trade.entry_date,
        shares=trade.shares,
        entry_price=trade.entry_price,
        stop_price=trade.stop_price,
        exit_date=trade.exit_date if ended else None,
        exit_price=trade.exit_price if ended else None,
        exit_reason=trade.exit_reason if ended else None,
        pnl=trade.pnl if ended else None,
    )


def _skip_row(inputs: ReplayInputs, skip: Skip) -> SkipRow:
    return SkipRow(inputs.trade_date(skip.candidate), skip.ticker, skip.reason)


def position_row(row: PositionRow | ShadowRow) -> LedgerRow:
    """Return a position of the state DB, also one of a shadow."""
    return _ledger_row(row, row.actual_shares if row.is_open else row.sold_shares)


def _ledger_row(row: PositionRow | ShadowRow, shares: int) -> LedgerRow:
    return LedgerRow(
        ticker=row.ticker,
        report_date=row.report_date,
        entry_date=row.entry_date,
        shares=shares,
        entry_price=row.entry_price,
        stop_price=row.stop_price,
        exit_date=row.exit_date,
        exit_price=row.exit_price,
        exit_reason=row.exit_reason,
        pnl=row.pnl,
    )


def _file_skips(db: StateDB, strategy: str, days: Iterable[date]) -> Iterator[SkipRow]:
    for day in days:
        issued = db.signal_files.latest(strategy, day)
        if issued is not None:
            for line in json.loads(issued.text)["skipped"]:
                yield SkipRow(day, line["ticker"], SkipReason(line["reason"]))


def _ended_entries(db: StateDB, days: Sequence[date]) -> Iterator[SkipRow]:
    """Decided entries of which nothing was bought; their order says why."""
    for day in days:
        for row in db.orders.of_trade_date(day):
            if row.intent is Intent.ENTRY and row.filled_qty == 0 and row.is_final:
                word = (row.reject_reason or "").split(":")[0].strip()
                if word in _SKIP_WORDS:
                    yield SkipRow(day, row.ticker, SkipReason(word))


def _not_run(inputs: ReplayInputs, strategy: str, days: Collection[date]) -> Iterator[SkipRow]:
    """The candidates of sessions without a plan."""
    for candidate in inputs.offered(strategy):
        day = inputs.trade_date(candidate)
        if day in days:
            yield SkipRow(day, candidate.ticker, SkipReason.AFTER_CUTOFF)
