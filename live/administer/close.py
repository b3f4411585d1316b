"""`close TICKER` and `flatten`: cancel the stop, wait until it is gone, sell; the executor's own phases A and B.

Every sell goes through the executor's `send_orders`, so kill switch, caps and write-ahead hold here too. The
same command again goes on where it stopped: exits are rows with ids, and one that is working is never
sent a second time.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from backtest.confirm import confirm
from backtest.errors import UsageError
from backtest.model import TICKER_PATTERN, ExitReason
from backtest.money import format_price, format_usd
from backtest.text import how_many
from live.book.reconcile import Mismatch
from live.book.recover import archive_of
from live.book.sync import LOST_DB, LOST_DB_NEXT_STEP, sync
from live.errors import PositionMismatchError
from live.execute.cancel import cancel_orders
from live.execute.decide.lines import CANCEL_UNCONFIRMED, RERUN
from live.execute.decide.sales import SaleState, needs_exit_line, plan_sales
from live.execute.decide.schedule import DayPart, Phase, clock_text
from live.execute.executor import Executor
from live.execute.finish import finish, protect_after_bug
from live.execute.order_rows import plan_exit
from live.execute.report import report_common
from live.execute.restore import restoring_stops
from live.execute.sells import poll_sells, sell_exits
from live.execute.start import start
from live.execute.synchronize import synchronize
from live.execute.unfilled import BY_HAND
from live.orders import Intent, OrderStatus
from live.run.closing_lines import stopped_out_text
from live.run.options import RunOptions
from live.run.program import Run
from live.run.runtime import Runtime
from live.run.startup import connect, open_run, refuse_restricted, require_kill_switch_off
from live.state_db.db import StateDB
from live.state_db.rows import OrderRow, PositionRow

ALL = "FLATTEN"


@dataclass(frozen=True, slots=True)
class ToClose:
    """What shall be gone: open positions, and entries that have not bought yet."""

    positions: tuple[PositionRow, ...]
    entries: tuple[OrderRow, ...]

    @property
    def tickers(self) -> frozenset[str]:
        return frozenset({row.ticker for row in self.positions} | {row.ticker for row in self.entries})


def close_by_hand(
    run: Run,
    options: RunOptions,
    runtime: Runtime | None,
    *,
    ticker: str | None,
    is_sure: bool,
) -> None:
    """Sell one ticker, or with None everything of ours, once it is confirmed at the terminal.

    Raises UsageError (2) when it is not confirmed, KillSwitchError (3), PositionMismatchError (4) and the start-up
    refusals (6, 8, 10, 13). Ends 9 while a sell is open or the market is closed.
    """
    if ticker is not None and not TICKER_PATTERN.fullmatch(ticker):
        raise UsageError(f"{ticker!r} is no ticker (expected for example AAPL or BRK.B)")
    looked = _look(run, options, runtime, ticker)
    run.release_notes()
    if not looked.tickers:
        run.note(f"{ticker or 'nothing'} is not held and not being bought: nothing to do")
        return
    _print_target(run, looked)
    if options.dry_run:
        run.closing_lines.exits = f"{len(looked.positions)} to sell"
        run.closing_lines.next_step = "the same command without --dry-run"
        return
    if not is_sure:
        count = len(looked.positions)
        what = f"to sell {how_many(count, 'position')} at the market"
        confirm(ticker or ALL, what)
    opened = open_run(run, options, runtime)
    require_kill_switch_off(opened.kill_switch)
    executor = start(run, opened, connect(run, opened, options, runtime), Phase.POLL)
    mismatches = synchronize(executor)
    target = _target(opened.db, ticker)
    _refuse_differing(mismatches, target.tickers, everything=ticker is None)
    refuse_restricted(executor.facts.account)
    run.begin()
    run.protect_attempt = lambda: protect_after_bug(executor)
    with restoring_stops(executor):
        executor.guarded(lambda: _sell(executor, target))
        finish(executor)
        left = _report_left(executor, target)
    _report_result(executor, left)


def _look(run: Run, options: RunOptions, runtime: Runtime | None, ticker: str | None) -> ToClose:
    """Return what a copy of the state DB knows of; when that is nothing, what it knows after asking the broker.

    Raises PositionMismatchError (4) when the broker holds what the state DB does not explain: that is not "nothing".
    """
    asked = replace(options, dry_run=True)
    opened = open_run(run, asked, runtime)
    target = _target(opened.db, ticker)
    if target.tickers:
        return target
    connected = connect(run, opened, asked, runtime)
    archive = archive_of(opened.config, connected.broker, connected.account)
    ignored = opened.config.execution.ignore_tickers
    synced = sync(opened.db, connected.broker, ignore_tickers=ignored, archive=archive)
    if synced.lost_db:
        raise PositionMismatchError(LOST_DB, next_step=LOST_DB_NEXT_STEP)
    differing = synced.differences
    _refuse_differing(differing, {ticker or one.ticker for one in differing}, everything=False)
    return _target(opened.db, ticker)


def _target(db: StateDB, ticker: str | None) -> ToClose:
    positions = tuple(row for row in db.positions.open_positions() if ticker in (None, row.ticker))
    entries = (row for row in db.orders.unfinished() if row.intent is Intent.ENTRY)
    return ToClose(positions, tuple(row for row in entries if ticker in (None, row.ticker)))


def _print_target(run: Run, target: ToClose) -> None:
    for row in target.positions:
        cost = format_usd(row.entry_price * row.actual_shares)
        run.console.say(
            f"sell {row.ticker} {row.actual_shares} shares, bought at {format_price(row.entry_price)} ({cost} USD)"
        )
    for entry in target.entries:
        verb = "drop" if entry.status == OrderStatus.PLANNED else "cancel"
        run.console.say(f"{verb} the entry of {entry.ticker}, {entry.remaining_qty} shares not bought yet")


def _refuse_differing(mismatches: Sequence[Mismatch], tickers: Collection[str], *, everything: bool) -> None:
    """A ticker on which DB and broker differ is not sold; with `flatten` the others are."""
    for mismatch in mismatches:
        if mismatch.ticker in tickers and not everything:
            raise PositionMismatchError(mismatch.sentence(), next_step="See python -m live.admin reconcile.")


def _sell(executor: Executor, target: ToClose) -> None:
    """Cancel entries, then sell what is held; before the open the sells wait for it."""
    _end_entries(executor, target.entries)
    moment = executor.facts.moment
    if moment.day_part is DayPart.CLOSED:
        ahead = moment.next_session
        opens = "" if ahead is None else f"; it opens {ahead.day} {clock_text(ahead.open)} New York"
        if target.positions:
            executor.run.outcome.unresolved(f"the market is closed{opens}; nothing was sold", RERUN)
        return
    _plan_exits(executor, target)
    sell_exits(executor, only=target.tickers)
    if executor.facts.moment.is_open:
        poll_sells(executor, only=target.tickers)


def _plan_exits(executor: Executor, target: ToClose) -> None:
    """Commit an exit for every position that has none which can still go out."""
    facts, db = executor.facts, executor.db
    sales = {sale.line.position_id: sale for sale in plan_sales(facts, only=target.tickers)}
    with db.transaction():
        for position in facts.positions:
            is_meant = position.ticker in target.tickers
            if is_meant and needs_exit_line(facts, position, sales.get(position.position_id)):
                reason = position.pending_exit_reason or ExitReason.MANUAL
                plan_exit(db, position, facts.moment.today, position.actual_shares, reason)
                db.positions.set_pending_exit(position.position_id, ExitReason.MANUAL, facts.moment.today)


def _end_entries(executor: Executor, entries: Sequence[OrderRow]) -> None:
    """What is being bought is canceled, what was not sent never will be."""
    for row in cancel_orders(executor, [row for row in entries if row.is_working]):
        if not row.is_final:
            words = f"{row.ticker}: the cancel of {row.client_order_id} is not confirmed"
            executor.run.outcome.unresolved(words, RERUN)
        elif row.filled_qty == 0:
            executor.db.orders.note_end(row.client_order_id, BY_HAND)
    for row in entries:
        if row.status is OrderStatus.PLANNED:
            executor.db.orders.abandon(row.client_order_id, BY_HAND)


def _report_left(executor: Executor, target: ToClose) -> list[PositionRow]:
    """Count what was not sold, and return it."""
    facts, outcome = executor.facts, executor.run.outcome
    states = {sale.line.ticker: sale.state for sale in plan_sales(facts, only=target.tickers)}
    left = [position for position in facts.positions if position.ticker in target.tickers]
    for position in left:
        ticker = position.ticker
        if ticker in facts.mismatches:
            words = f"{ticker}: left alone, state DB and broker differ on it"
            outcome.add_error(PositionMismatchError(words, next_step="See python -m live.admin reconcile."))
        elif states.get(ticker) is SaleState.WORKING:
            when = "is still working" if facts.moment.is_open else "is queued for the open"
            outcome.unresolved(f"{ticker}: its sell {when}", "python -m live.executor --phase protect books it.")
        elif ticker in facts.not_freed:
            outcome.unresolved(f"{ticker}: {CANCEL_UNCONFIRMED}", RERUN)
        elif not outcome.problems:
            outcome.unresolved(f"{ticker}: not sold", RERUN)
    return left


def _report_result(executor: Executor, left: Sequence[PositionRow]) -> None:
    report_common(executor, usual_next="nothing to do")
    sold = [row for row in executor.closed if row.exit_reason is not ExitReason.STOP_LOSS]
    executor.run.closing_lines.exits = ", ".join(stopped_out_text(row) for row in sold) or "none"
    executor.run.report |= {
        "sold": [{"ticker": row.ticker, "reason": row.exit_reason, "pnl": row.pnl} for row in sold],
        "left": [row.ticker for row in left],
    }
