"""Phase D: carries out what `decide.entries` says of each entry, in rank order, with its stop.

An order whose *form* the broker refuses goes out again as a plain buy under the same id, only while the
market is open and only in a run that polls it; any other refusal ends the entry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from backtest.model import SkipReason
from live.errors import SafetyLimitError
from live.execute.decide.entries import (
    EntryAction,
    EntryDecision,
    decide_entries,
    end_entries,
    is_held_back,
    planned_entries,
    to_send,
)
from live.execute.decide.limits import way_out
from live.execute.decide.lines import ENTRY_IS_OVER, RERUN
from live.execute.decide.sales import is_sell_working
from live.execute.decide.schedule import Phase
from live.execute.executor import Executor
from live.execute.order_forms import buy_with_stop, plain_buy
from live.execute.send import KEEP_PLANNED, RefusedOrder, send_orders
from live.orders import OrderStatus
from live.refusals import (
    RefusalKind,
)
from live.state_db.rows import OrderRow

ENDS: Mapping[RefusalKind, str] = {
    RefusalKind.BASE_PRICE: SkipReason.BELOW_STOP,
    RefusalKind.FUNDS: SkipReason.INSUFFICIENT_FUNDS,
    RefusalKind.ASSET: SkipReason.NOT_TRADABLE,
}
"""What a refused entry is called; the others keep the broker's words."""
WITHOUT_LEG = "Run --phase poll: it sends it again without the stop leg."


def buy_entries(executor: Executor) -> None:
    """Send the entries that may go out, end those that never will, leave the rest planned.

    Today's prices are asked in one request, for the entries that would go out. Whether an instrument may be
    traded was asked when it was decided; here the broker's refusal says it. Raises BrokerUnavailableError (8).
    """
    if not planned_entries(executor.facts) or executor.halted is not None:
        return
    executor.check()
    executor.renew_holdings()
    executor.read_entry_holds()
    facts = executor.facts
    decisions = decide_entries(facts)
    going = to_send(decisions)
    if going:
        decisions = decide_entries(facts, executor.broker.get_latest_trades([row.ticker for row in going]))
    _end_dropped(executor, decisions)
    _send(executor, to_send(decisions))
    _end_dropped(executor, [one for one in decide_entries(executor.facts) if is_held_back(one)])  # vetoed meanwhile


def drop_entries(executor: Executor, why: str) -> None:
    """End every entry that was not sent: the cutoff or the session is over."""
    executor.read_entry_holds()
    decisions = end_entries(executor.facts, why)
    if not decisions:
        return
    with executor.db.transaction():
        for one in decisions:
            _abandon(executor, one)


def _end_dropped(executor: Executor, decisions: Sequence[EntryDecision]) -> None:
    """End the dropped entries, say why the waiting ones wait."""
    with executor.db.transaction():
        for one in decisions:
            refusal = one.refusal
            if refusal is None:
                continue
            words = f"{one.row.ticker}: {refusal.words}"
            executor.run.console.detail(words)
            if one.action is EntryAction.DROP:
                _abandon(executor, one)
            elif refusal.exit_code == SafetyLimitError.exit_code:
                executor.halt(SafetyLimitError(words, next_step=way_out(refusal, executor.config.safety.on_trip)))
            elif refusal.exit_code:
                executor.run.outcome.add_problem(refusal.exit_code, words, RERUN, is_entry=True)


def _abandon(executor: Executor, decision: EntryDecision) -> None:
    if decision.refusal is not None:
        executor.db.orders.abandon(decision.row.client_order_id, decision.refusal.reason, decision.refusal.words)


def _send(executor: Executor, rows: Sequence[OrderRow]) -> None:
    size = executor.config.execution.max_workers
    ends = {**ENDS, RefusalKind.ORDER_FORM: KEEP_PLANNED}
    for start in range(0, len(rows), size):
        refused = _send_plain(executor, send_orders(executor, rows[start : start + size], buy_with_stop, ends=ends))
        _report_refused(executor, refused)
        if any(one.kind is RefusalKind.FUNDS for one in refused):
            _drop_for_funds(executor, rows[start + size :])
            return
        if executor.halted is not None:
            return


def _send_plain(executor: Executor, refused: Sequence[RefusedOrder]) -> Sequence[RefusedOrder]:
    """Send plain buys for the entries whose order form was refused, where a stop can follow within seconds."""
    rows = [one.row for one in refused if one.kind is RefusalKind.ORDER_FORM]
    polls = executor.phase in (Phase.ALL, Phase.POLL)
    if not rows or not polls or not executor.facts.moment.is_open:
        return refused
    again = send_orders(executor, rows, plain_buy, ends=ENDS)
    return [one for one in refused if one.kind is not RefusalKind.ORDER_FORM] + list(again)


def _report_refused(executor: Executor, refused: Sequence[RefusedOrder]) -> None:
    for one in refused:
        words = f"{one.row.ticker}: its entry was refused: {one.refusal.message}"
        is_left = one.row.status is OrderStatus.PLANNED
        left = WITHOUT_LEG if one.kind is RefusalKind.ORDER_FORM else RERUN
        executor.run.outcome.unresolved(words, left if is_left else ENTRY_IS_OVER, is_entry=True)


def _drop_for_funds(executor: Executor, rows: Sequence[OrderRow]) -> None:
    """The broker said that the money is used up: no entry behind is tried (F52); with sells working they wait."""
    if is_sell_working(executor.facts):
        return
    orders = executor.db.orders
    with executor.db.transaction():
        for row in rows:
            orders.abandon(row.client_order_id, SkipReason.INSUFFICIENT_FUNDS, "used up by entries before it")
