"""`close TICKER` and `flatten`: cancel the stop, wait until it is gone, sell; the executor's own phases A and B.

Every order goes through the one place that sends, so kill switch, caps and write-ahead hold here too. The
same command again goes on where it stopped: exits are rows with ids, and one that is working is never
sent a second time.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from backtest.errors import DriftError, UsageError
from backtest.model import TICKER_PATTERN, ExitReason
from backtest.money import format_price, format_usd
from live.administer.read_only import open_read_only
from live.errors import PositionMismatchError, StateDBError
from live.execute.cancel import cancel_orders
from live.execute.decide.schedule import DayPart, Phase
from live.execute.desk import Desk
from live.execute.ending import rescuing
from live.execute.opening import Difference, open_desk, read_broker
from live.execute.options import ExecutorOptions
from live.execute.protect import protect
from live.execute.recount import differences
from live.execute.report import clock_text, stopped_out_text
from live.execute.sells import Sale, SaleAct, plan_sales, poll_sells, sell_exits
from live.orders import Intent
from live.run.options import RunOptions
from live.run.program import Run
from live.run.runtime import Runtime
from live.run.startup import connect, open_run, refuse_restricted, require_kill_switch_off
from live.state_db.db import StateDB
from live.state_db.rows import PLANNED, NewOrder, OrderRow, PositionRow

ALL = "FLATTEN"
RERUN = "Run the same command again."
BY_HAND = "closed_by_hand"


@dataclass(frozen=True, slots=True)
class Target:
    """What shall be gone: open positions, and entries that have not bought yet."""

    positions: tuple[PositionRow, ...]
    entries: tuple[OrderRow, ...]

    @property
    def tickers(self) -> frozenset[str]:
        return frozenset({row.ticker for row in self.positions} | {row.ticker for row in self.entries})


def sell_by_hand(
    run: Run,
    options: RunOptions,
    runtime: Runtime | None,
    *,
    ticker: str | None,
    is_sure: bool,
    ask: Callable[[str], str] | None = None,
) -> None:
    """Sell one ticker, or with None everything of ours. ask: reads the typed confirmation.

    Raises UsageError (2) when it is not confirmed, KillSwitchError (3), PositionMismatchError (4) and the start-up
    refusals (6, 8, 10, 13). Ends 9 while a sell is open or the market is closed.
    """
    looked = _target(open_read_only(run, options, runtime).db, ticker)
    if not looked.tickers:
        if ticker is not None and not TICKER_PATTERN.fullmatch(ticker):
            raise UsageError(f"{ticker!r} is no ticker (expected for example AAPL or BRK.B)")
        run.note(f"{ticker or 'nothing'} is not held and not being bought: nothing to do")
        return
    _tell_target(run, looked)
    if options.dry_run:
        run.closing_lines.exits = f"{len(looked.positions)} to sell"
        run.closing_lines.next_step = "the same command without --dry-run"
        return
    if not is_sure:
        _confirm(ticker or ALL, looked, ask or _ask_on_terminal)
    opened = open_run(run, options, runtime)
    require_kill_switch_off(opened.kill_switch)
    desk = open_desk(run, opened, connect(run, opened, options, runtime), ExecutorOptions(phase=Phase.POLL))
    mismatches = read_broker(desk).mismatches
    target = _target(desk.db, ticker)
    _refuse_differing(mismatches, target.tickers, everything=ticker is None)
    refuse_restricted(desk.account)
    run.protect_attempt = lambda: protect(desk)
    with rescuing(desk):
        _attempt(desk, lambda: _sell(desk, target))
        _end(desk, target)


def _target(db: StateDB, ticker: str | None) -> Target:
    positions = tuple(row for row in db.positions.open_positions() if ticker in (None, row.ticker))
    entries = (row for row in db.orders.unfinished() if row.intent is Intent.ENTRY)
    return Target(positions, tuple(row for row in entries if ticker in (None, row.ticker)))


def _tell_target(run: Run, target: Target) -> None:
    for row in target.positions:
        cost = format_usd(row.entry_price * row.actual_shares)
        run.console.say(
            f"sell {row.ticker} {row.actual_shares} shares, bought at {format_price(row.entry_price)} ({cost} USD)"
        )
    for entry in target.entries:
        verb = "drop" if entry.status == PLANNED else "cancel"
        run.console.say(f"{verb} the entry of {entry.ticker}, {entry.remaining_qty} shares not bought yet")


def _confirm(word: str, target: Target, ask: Callable[[str], str]) -> None:
    """Ask for the ticker, or FLATTEN, typed out. Raises UsageError (2) for anything else."""
    count = len(target.positions)
    typed = ask(f"Type {word} to sell {count} position{'s' * (count != 1)} at the market: ")
    if typed.strip() != word:
        raise UsageError(
            f"not confirmed: {typed.strip()[:20]!r} was typed (expected {word})",
            next_step="Nothing was done; --yes asks nothing.",
        )


def _ask_on_terminal(prompt: str) -> str:
    sys.stderr.write(prompt)
    sys.stderr.flush()
    return sys.stdin.readline() if sys.stdin is not None else ""


def _refuse_differing(mismatches: Sequence[Difference], tickers: Collection[str], *, everything: bool) -> None:
    """A ticker on which DB and broker differ is not sold; with `flatten` the others are."""
    for difference in mismatches:
        if difference.ticker in tickers and not everything:
            raise PositionMismatchError(difference.words, next_step="See python -m live.admin reconcile.")


def _sell(desk: Desk, target: Target) -> None:
    """Cancel entries, then sell what is held; before the open the sells wait for it."""
    _end_entries(desk, target.entries)
    if desk.moment.day_part is DayPart.CLOSED:
        ahead = desk.moment.next_session
        opens = "" if ahead is None else f"; it opens {ahead.day} {clock_text(ahead.open)} New York"
        if target.positions:
            desk.run.outcome.unresolved(f"the market is closed{opens}; nothing was sold", RERUN)
        return
    tickers = target.tickers
    held = [row for row in desk.db.positions.open_positions() if row.ticker in tickers]
    lines = {sale.line.position_id: sale for sale in plan_sales(desk, only=tickers)}
    with desk.db.transaction():
        for row in held:
            if _needs_line(desk, row, lines.get(row.position_id)):
                desk.db.orders.plan([_manual_exit(desk, row)])
                desk.db.positions.set_pending_exit(row.position_id, ExitReason.MANUAL, desk.moment.today)
    sell_exits(desk, only=tickers)
    if desk.moment.is_open:
        poll_sells(desk, only=tickers)


def _needs_line(desk: Desk, row: PositionRow, sale: Sale | None) -> bool:
    """A new exit only when none of today can still go out or is on its way; a differing ticker is left alone."""
    if row.ticker in desk.uncertain:
        return False
    working = any(
        order.intent is Intent.EXIT and (order.is_working or not order.is_terminal)
        for order in desk.db.orders.of_position(row.position_id)
    )
    return not working and (sale is None or sale.act is SaleAct.OVER or sale.act is SaleAct.DONE)


def _manual_exit(desk: Desk, row: PositionRow) -> NewOrder:
    return NewOrder(
        client_order_id=desk.db.orders.next_id(desk.moment.today, row.ticker, Intent.EXIT),
        ticker=row.ticker,
        intent=Intent.EXIT,
        trade_date=desk.moment.today,
        qty=row.actual_shares,
        position_id=row.position_id,
        asset_id=row.asset_id,
        strategy=row.strategy,
        exit_reason=row.pending_exit_reason or ExitReason.MANUAL,
    )


def _end_entries(desk: Desk, entries: Sequence[OrderRow]) -> None:
    """What is being bought is canceled, what was not sent never will be."""
    for row in cancel_orders(desk, [row for row in entries if row.is_working]):
        if not row.is_terminal:
            desk.run.outcome.unresolved(f"{row.ticker}: the cancel of {row.client_order_id} is not confirmed", RERUN)
        elif row.filled_qty == 0:
            desk.db.orders.note_end(row.client_order_id, BY_HAND)
    for row in entries:
        if row.status == PLANNED:
            desk.db.orders.abandon(row.client_order_id, BY_HAND)


def _attempt(desk: Desk, action: Callable[[], None]) -> None:
    """Do it; an expected error is counted and nothing more is sold. A broken state DB ends the run."""
    try:
        action()
    except StateDBError:
        raise
    except DriftError as error:
        desk.halt(error)


def _end(desk: Desk, target: Target) -> None:
    """Book late fills, give every stop back, compare with the broker and say what is left."""
    desk.winding_up = True
    if desk.has_acted:
        _attempt(desk, lambda: _reread(desk))
    _attempt(desk, lambda: protect(desk))
    for ticker, words in differences(desk).items() if desk.has_acted else ():
        desk.run.outcome.add_error(PositionMismatchError(f"{ticker}: {words}", next_step=RERUN))
    sales = {sale.line.ticker: sale for sale in plan_sales(desk, only=target.tickers)}
    left = [row for row in desk.db.positions.open_positions() if row.ticker in target.tickers]
    for row in left:
        if row.ticker in desk.uncertain:
            words = f"{row.ticker}: left alone, state DB and broker differ on it"
            desk.run.outcome.add_error(PositionMismatchError(words, next_step="See python -m live.admin reconcile."))
        elif row.ticker in sales and sales[row.ticker].act is SaleAct.WORKING:
            when = "is still working" if desk.moment.is_open else "is queued for the open"
            desk.run.outcome.unresolved(
                f"{row.ticker}: its sell {when}", "python -m live.executor --phase poll books it."
            )
        elif not desk.run.outcome.problems:
            desk.run.outcome.unresolved(f"{row.ticker}: not sold", RERUN)
    desk.db.equity.record(desk.account, desk.moment.today, len(desk.open_positions()))
    _close(desk, left)


def _reread(desk: Desk) -> None:
    desk.refresh_orders()
    desk.refresh_holdings()


def _close(desk: Desk, left: Sequence[PositionRow]) -> None:
    closing = desk.run.closing_lines
    closing.stopped_out = [stopped_out_text(row) for row in desk.closed if row.exit_reason is ExitReason.STOP_LOSS]
    sold = [row for row in desk.closed if row.exit_reason is not ExitReason.STOP_LOSS]
    closing.exits = ", ".join(stopped_out_text(row) for row in sold) or "none"
    closing.needs_hand = "; ".join(desk.needs_hand) or "nothing"
    worst = desk.run.outcome.worst
    closing.next_step = "nothing to do" if worst is None else worst.next_step or "see above"
    desk.run.report |= {
        "sold": [{"ticker": row.ticker, "reason": row.exit_reason, "pnl": row.pnl} for row in sold],
        "left": [row.ticker for row in left],
    }
