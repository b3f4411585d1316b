"""Sends new orders: a person's word on entries, limits, write-ahead, outcome.

Every entry, every exit and every stop that is placed passes `send_orders`: for entries and exits the kill
switch is read again and the limits are counted; the row is committed as sent before the request leaves
(I14), and the answer is booked at once. A missing answer is never taken for a refusal. Two modules send
beside it, stops only: `exchange_stops` (PATCH) and `restore` (when the state DB cannot be written).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from backtest.errors import DriftError
from live.broker import (
    Guard,
    Order,
)
from live.errors import SafetyLimitError, UnresolvedWorkError
from live.execute.decide.limits import order_refusal
from live.execute.decide.lines import RERUN
from live.execute.executor import Executor
from live.execute.facts import Facts
from live.execute.trip import trip
from live.orders import Intent, OrderRequest
from live.refusals import (
    BrokerRefusedError,
    OutcomeUnknownError,
    RefusalKind,
)
from live.state_db.rows import OrderRow

logger = logging.getLogger(__name__)

KEEP_PLANNED = "keep_planned"
"""In `ends`: the row stays `planned`, it is no reason."""
NO_REASONS: Mapping[RefusalKind, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class RefusedOrder:
    """An order the broker refused: its row as it is now, and what the broker said."""

    row: OrderRow
    refusal: BrokerRefusedError

    @property
    def kind(self) -> RefusalKind:
        return self.refusal.kind


def send_orders(
    executor: Executor,
    rows: Sequence[OrderRow],
    build: Callable[[OrderRow], OrderRequest],
    *,
    ends: Mapping[RefusalKind, str] = NO_REASONS,
    is_protection: bool = False,
) -> tuple[RefusedOrder, ...]:
    """Send the rows of one intent in their order, `max_workers` at a time, book every answer; return the refused ones.

    ends: what a refused row is abandoned as, by kind; KEEP_PLANNED leaves it `planned`, because the same id may
    be sent in another form; without a name the broker's words are the reason. What is not sent because
    of a guard stays `planned`. An unknown outcome, a guard that trips and an unreachable broker stop entries
    and exits (`Executor.halted`), never stops. is_protection: a sell in place of a stop; only the kill
    switch holds it back.
    """
    refused: list[RefusedOrder] = []
    size = executor.config.execution.max_workers
    for start in range(0, len(rows), size):
        refused += _send_batch(executor, rows[start : start + size], build, ends, is_protection=is_protection)
    return tuple(refused)


def _send_batch(
    executor: Executor,
    rows: Sequence[OrderRow],
    build: Callable[[OrderRow], OrderRequest],
    ends: Mapping[RefusalKind, str],
    *,
    is_protection: bool,
) -> list[RefusedOrder]:
    asks_no_limit = is_protection or rows[0].intent is Intent.STOP
    going = _protecting(executor, rows) if asks_no_limit else _within_limits(executor, rows)
    if not going:
        return []
    going = _mark_sent(executor, going)
    if not going:
        return []
    facts = executor.facts
    if going[0].intent is Intent.STOP:
        executor.learn(stops_sent=facts.stops_sent + len(going))
    else:
        executor.learn(trades_sent=facts.trades_sent + len(going))
    guard = None if asks_no_limit else _guard(executor, facts, going[0].intent)
    requests = [build(row) for row in going]
    answers = executor.parallel.each(lambda request: executor.broker.place_order(request, guard=guard), requests)
    with executor.db.transaction():
        settled = [_settle(executor, row, answer, ends) for row, answer in zip(going, answers, strict=True)]
    return [one for one in settled if one is not None]


def _mark_sent(executor: Executor, rows: Sequence[OrderRow]) -> Sequence[OrderRow]:
    """Commit the rows as sent and return them, without the entries that a person took out at the last moment.

    Asked in the same transaction: `admin skip` finds an entry either sent or still to be taken out.
    """
    if not executor.db.is_kept:
        raise RuntimeError("an order would leave before the state DB has its file")
    with executor.db.transaction():
        if rows[0].intent is Intent.ENTRY:
            holds = executor.read_entry_holds()
            rows = [row for row in rows if holds.refusal(row.ticker) is None]
        executor.db.orders.mark_sent([row.client_order_id for row in rows])
    return rows


def _settle(
    executor: Executor, row: OrderRow, answer: Order | DriftError, ends: Mapping[RefusalKind, str]
) -> RefusedOrder | None:
    name = row.client_order_id
    if isinstance(answer, Order):
        booking = executor.db.orders.book(replace(answer, client_order_id=name))  # ours, whatever id the broker gave it
        if booking is None:
            raise AssertionError(f"the broker answered {name} with an order that is not ours")
        executor.note_closed([booking])
        return None
    if isinstance(answer, BrokerRefusedError):
        logger.info("%s refused as %s: %s", name, answer.kind, answer.message)
        if answer.kind is RefusalKind.RESTRICTED:  # nothing is wrong with this order: its id stays free for it
            words = f"the broker takes no orders of this account: {answer.message}"
            next_step = "Clear it up with the broker, then run the same command again."
            executor.halt(SafetyLimitError(words, next_step=next_step))
            return RefusedOrder(_refused(executor, name, answer, KEEP_PLANNED), answer)
        return RefusedOrder(_refused(executor, name, answer, ends.get(answer.kind)), answer)
    if not isinstance(answer, OutcomeUnknownError):
        executor.db.orders.mark_not_sent([name])  # a guard raised, or the request never left
    executor.halt(answer)
    return None


def _refused(executor: Executor, name: str, refusal: BrokerRefusedError, end: str | None) -> OrderRow:
    if end == KEEP_PLANNED:
        executor.db.orders.mark_not_sent([name])
        row = executor.db.orders.get(name)
        assert row is not None, "it was marked just now"
        return row
    if end is not None:
        return executor.db.orders.abandon(name, end, f"{refusal.code} {refusal.message}")
    return executor.db.orders.mark_refused(name, refusal.code, refusal.message)


def _protecting(executor: Executor, rows: Sequence[OrderRow]) -> Sequence[OrderRow]:
    """Protection passes every limit; while the kill switch is on only stops may go out (I5)."""
    is_stop = rows[0].intent is Intent.STOP
    return rows if is_stop or not executor.db.system_config.kill_switch().on else ()


def _within_limits(executor: Executor, rows: Sequence[OrderRow]) -> Sequence[OrderRow]:
    """Return the first rows of a batch that may leave now, asking every guard in rank order."""
    executor.renew_holdings()
    going: list[OrderRow] = []
    for row in rows:
        if not may_leave(executor, row, going):
            break
        going.append(row)
    return going


def may_leave(executor: Executor, row: OrderRow, going: Sequence[OrderRow] = ()) -> bool:
    """Return whether an entry or exit may leave now; a limit that trips stops all that follow (F107)."""
    executor.watch()
    if executor.halted is not None or not executor.guarded(executor.check):
        return False
    refusal = order_refusal(executor.facts, row, going)
    if refusal is not None and refusal.exit_code == SafetyLimitError.exit_code:
        trip(executor, refusal, refusal.words if refusal.is_loss else f"{row.ticker}: {refusal.words}")
    return refusal is None


def _guard(executor: Executor, facts: Facts, intent: Intent) -> Guard:
    """Return what is asked right before every POST of a batch, repeats included, in the worker's thread.

    What has stopped the orders behind this batch (a limit) does not stop the batch itself.
    """
    known = executor.halted
    cutoff = facts.moment.cutoff if intent is Intent.ENTRY and not facts.skip_time_check else None

    def guard() -> None:
        if executor.halted is known:
            executor.watch()  # this very moment when the order is sent from here, else read by the thread that waits
        if executor.halted is not None and executor.halted is not known:
            raise executor.halted
        executor.run.interrupt.check()
        if cutoff is not None and executor.broker.clock.now() >= cutoff:
            raise UnresolvedWorkError("the entry cutoff has passed", next_step=RERUN)

    return guard
