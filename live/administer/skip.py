"""`skip TICKER`: vetoes a decided entry that has not been sent; the executor ends it as `vetoed`."""

from __future__ import annotations

from datetime import date

from backtest.errors import UsageError
from backtest.model import TICKER_PATTERN, SkipReason
from live.administer.book_file import open_book_file
from live.administer.kill_switch import who_is_asking
from live.orders import Intent, OrderStatus, order_id
from live.run.closing_lines import first_of
from live.run.entry_control_text import veto_text
from live.run.options import RunOptions
from live.run.program import Run
from live.run.runtime import Runtime
from live.signals.lines import EntryLine
from live.signals.reader import parse_signal_file
from live.state_db.db import StateDB
from live.state_db.records import SignalFileRow
from live.state_db.rows import OrderRow


def veto_entry(
    run: Run, options: RunOptions, runtime: Runtime | None, *, ticker: str, trade_date: date | None, reason: str
) -> None:
    """Write the veto, or say why it comes too late. Raises UsageError (2), ConfigError (6), StateDBError (13)."""
    if not TICKER_PATTERN.fullmatch(ticker):
        raise UsageError(f"{ticker!r} is no ticker (expected for example AAPL or BRK.B)")
    config, db = open_book_file(run, options, runtime)
    strategy = config.strategy.primary.strategy_id
    with db.transaction():  # the executor marks an entry as sent in one: either it sees the veto, or this sees it sent
        issued = _issued(db, strategy, trade_date)
        entry = _decided(issued, ticker)
        row = db.orders.get(order_id(issued.trade_date, ticker, Intent.ENTRY))
        if row is not None:
            _require_unsent(row)
        said = db.entry_controls.veto(ticker, issued.trade_date, reason, who_is_asking(), strategy=strategy)
    run.console.say(veto_text(ticker, issued.trade_date, said), "yellow")
    if said.why != reason:
        run.note("it was vetoed before; the first reason stays")
    if entry.replaces is not None:
        stays = "stays" if row is None else "is sold all the same: the plan is accepted"
        run.note(f"{entry.replaces}, which it was to replace, {stays}")
    run.report["vetoed"] = {"ticker": ticker, "trade_date": issued.trade_date, "why": said.why, "who": said.who}


def _issued(db: StateDB, strategy: str, trade_date: date | None) -> SignalFileRow:
    """Return the newest file of a trade date, by default of the newest one. Raises UsageError (2)."""
    found = db.signal_files.newest(strategy) if trade_date is None else db.signal_files.latest(strategy, trade_date)
    if found is None:
        of_day = "" if trade_date is None else f" for {trade_date}"
        raise UsageError(
            f"no signal file{of_day} was issued by this state DB, so no entry is decided",
            next_step="Run the signal generator first; `entries off` holds back whatever it will decide.",
        )
    return found


def _decided(issued: SignalFileRow, ticker: str) -> EntryLine:
    """Return the line of an entry. Raises UsageError (2) when the file has none."""
    lines = parse_signal_file(issued.text.encode(), where=issued.path).signal.entries
    for line in lines:
        if line.ticker == ticker:
            return line
    raise UsageError(
        f"{ticker} is no entry of {issued.trade_date} (decided: {first_of([one.ticker for one in lines]) or 'none'})",
        next_step="Name one of them, or another day with --date." if lines else "Name another day with --date.",
    )


def _require_unsent(row: OrderRow) -> None:
    """Raise UsageError (2) when nothing is left to be vetoed."""
    if row.filled_qty or not (row.is_final or row.status is OrderStatus.PLANNED):
        held = f"has bought {row.filled_qty} shares" if row.filled_qty else f"is at the broker already ({row.status})"
        raise UsageError(
            f"{row.ticker}: its entry of {row.trade_date} {held}",
            next_step=f"Take it back: python -m live.admin close {row.ticker}",
        )
    if row.is_final and row.end_reason != SkipReason.VETOED:
        raise UsageError(
            f"{row.ticker}: its entry of {row.trade_date} is over ({row.reject_reason or row.status})",
            next_step="Nothing to do; another day is named with --date.",
        )
