"""Both ledgers in one shape: what the programs left in the state DB, and what the simulator returns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from backtest.ledger import Trade
from backtest.model import ExitReason, Skip, SkipReason
from backtest.portfolio_simulator import simulate_portfolio
from live.orders import Intent
from live.parity.compare import Ledger, LedgerRow, SkipRow
from live.parity.stretch import Stretch
from live.state_db.db import StateDB
from live.state_db.rows import PositionRow, ShadowRow, ShadowStatus

_SKIP_WORDS = frozenset(reason.value for reason in SkipReason)


@dataclass(frozen=True, slots=True)
class Simulated:
    """The simulator's ledger of one strategy, with the trades themselves for the summary."""

    ledger: Ledger
    trades: tuple[Trade, ...]


@dataclass(frozen=True, slots=True)
class Programs:
    """What the programs left behind. shadow_through: the last session the shadow's ledger tells of."""

    executed: Ledger
    shadow: Ledger
    shadow_through: date


def read_programs(db: StateDB, stretch: Stretch) -> Programs:
    """Return both ledgers of the state DB."""
    return Programs(executed_ledger(db, stretch), shadow_ledger(db, stretch), shadow_through(db, stretch))


def shadow_through(db: StateDB, stretch: Stretch) -> date:
    """Return the last session the shadow has lived through and may be held to.

    It waits for bars that may still come, never longer than a delisting takes: at the end of a stretch its last
    sessions may not be written yet. The excuse counts only while none of its tickers has had a bar since.
    """
    strategy = stretch.params.shadow.strategy_id
    lived = db.shadow.stepped_through(strategy)
    if lived is None or not stretch.first <= lived < stretch.last:
        return stretch.last
    since = [day for day in stretch.days if day > lived]
    tickers = {row.ticker for row in db.shadow.active(strategy)}
    has_bars = any(stretch.history.has_bar(ticker, day) for ticker in tickers for day in since)
    is_excused = not has_bars and len(since) <= stretch.params.delisted_after_sessions
    return lived if is_excused else stretch.last


def simulate(stretch: Stretch, *, shadow: bool = False, through: date | None = None) -> Simulated:
    """Run the portfolio simulator over the stretch (or up to `through`), for the executed or the shadow strategy."""
    last = through or stretch.last
    run = simulate_portfolio(
        [one for one in stretch.candidates if stretch.trade_date(one) <= last],
        stretch.history,
        stretch.first,
        last,
        stretch.params.as_shadow() if shadow else stretch.params,
        skip_sessions=stretch.skipped_days,
        decides_when_skipped=shadow,
    )
    return Simulated(
        Ledger(tuple(map(_trade_row, run.trades)), tuple(_skip_row(stretch, skip) for skip in run.skipped)), run.trades
    )


def executed_ledger(db: StateDB, stretch: Stretch) -> Ledger:
    """Return what was traded: positions of the state DB; skips of signal files and of entries that came to nothing."""
    strategy = stretch.params.primary.strategy_id
    trades = tuple(_position_row(row) for row in db.positions.ledger() if row.strategy == strategy)
    skips = [*_file_skips(db, strategy, stretch.days), *_ended_entries(db, stretch.days), *_not_run(stretch)]
    return Ledger(trades, tuple(skips))


def shadow_ledger(db: StateDB, stretch: Stretch) -> Ledger:
    """Return what the shadow did, from its own tables and its signal files."""
    strategy = stretch.params.shadow.strategy_id
    rows = db.shadow.ledger(strategy)
    days = [day for day in stretch.days if day <= shadow_through(db, stretch)]
    bought = tuple(_shadow_row(row) for row in rows if row.status in (ShadowStatus.OPEN, ShadowStatus.CLOSED))
    failed = [
        SkipRow(row.entry_date, row.ticker, SkipReason(row.skip_reason or ""))
        for row in rows
        if row.status is ShadowStatus.SKIPPED
    ]
    missed = [skip for skip in _not_run(stretch) if skip.trade_date <= days[-1]]
    return Ledger(bought, (*_file_skips(db, strategy, days), *failed, *missed))


def _trade_row(trade: Trade) -> LedgerRow:
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


def _skip_row(stretch: Stretch, skip: Skip) -> SkipRow:
    return SkipRow(stretch.trade_date(skip.candidate), skip.ticker, skip.reason)


def _position_row(row: PositionRow) -> LedgerRow:
    return LedgerRow(
        ticker=row.ticker,
        report_date=row.report_date,
        entry_date=row.entry_date,
        shares=row.actual_shares if row.is_open else row.sold_shares,
        entry_price=row.entry_price,
        stop_price=row.stop_price,
        exit_date=row.exit_date,
        exit_price=row.exit_price,
        exit_reason=row.exit_reason,
        pnl=row.pnl,
    )


def _shadow_row(row: ShadowRow) -> LedgerRow:
    return LedgerRow(
        ticker=row.ticker,
        report_date=row.report_date,
        entry_date=row.entry_date,
        shares=row.actual_shares,
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
            if row.intent is Intent.ENTRY and row.filled_qty == 0 and row.is_terminal:
                word = (row.reject_reason or "").split(":")[0].strip()
                if word in _SKIP_WORDS:
                    yield SkipRow(day, row.ticker, SkipReason(word))


def _not_run(stretch: Stretch) -> Iterator[SkipRow]:
    """The candidates of sessions without a run: nobody ever saw them."""
    for candidate in stretch.candidates:
        day = stretch.trade_date(candidate)
        if day in stretch.skipped_days:
            yield SkipRow(day, candidate.ticker, SkipReason.AFTER_CUTOFF)
