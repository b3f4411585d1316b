"""The only place that sends an order: limits, write-ahead, outcome.

Every POST passes `send_orders`: the kill switch is read again, the limits are counted, the row is
committed as sent before the request leaves (I14), and the answer is booked at once. No answer is ever
taken for a refusal.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from backtest.errors import DriftError
from live.broker import BrokerRefusedError, Guard, Order, OutcomeUnknownError, RefusalKind
from live.errors import SafetyLimitError, UnresolvedWorkError
from live.execute.decide.limits import order_refusal
from live.execute.executor import Executor, kill_switch_error
from live.execute.facts import Facts
from live.orders import Intent, OrderRequest
from live.state_db.rows import Booking, OrderRow

logger = logging.getLogger(__name__)

KEPT = "kept"
NO_NAMES: Mapping[RefusalKind, str] = MappingProxyType({})


class Result(StrEnum):
    """How the sending of one order ended. NOT_SENT: nothing left, its row is `planned` as before."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    NOT_SENT = "not_sent"


@dataclass(frozen=True, slots=True)
class Sent:
    """One order's end: the row as it is now and what came back."""

    row: OrderRow
    result: Result
    booking: Booking | None = None
    refusal: BrokerRefusedError | None = None
    error: DriftError | None = None

    @property
    def kind(self) -> RefusalKind | None:
        """Why it was refused; None when it was not."""
        return None if self.refusal is None else self.refusal.kind


def send_orders(
    executor: Executor,
    rows: Sequence[OrderRow],
    build: Callable[[OrderRow], OrderRequest],
    *,
    ends: Mapping[RefusalKind, str] = NO_NAMES,
    is_protection: bool = False,
) -> tuple[Sent, ...]:
    """Send the rows of one intent in their order, `max_workers` at a time, and book every answer.

    ends: what a refused row is abandoned as, by kind; KEPT leaves it `planned`, because the same id may
    be sent in another form; without a name the broker's words are the reason. What is not sent because
    of a guard is NOT_SENT. An unknown outcome, a guard that trips and an unreachable broker stop entries
    and exits (`Executor.halted`), never stops. is_protection: a sell in place of a stop; only the kill
    switch holds it back.
    """
    sent: list[Sent] = []
    size = executor.config.execution.max_workers
    for start in range(0, len(rows), size):
        sent += _send_batch(executor, rows[start : start + size], build, ends, is_protection=is_protection)
    return tuple(sent)


def _send_batch(
    executor: Executor,
    rows: Sequence[OrderRow],
    build: Callable[[OrderRow], OrderRequest],
    ends: Mapping[RefusalKind, str],
    *,
    is_protection: bool,
) -> list[Sent]:
    is_free = is_protection or rows[0].intent is Intent.STOP
    going, held = _free(executor, rows) if is_free else _allowed(executor, rows)
    if not going:
        return held
    facts = executor.facts
    executor.db.orders.mark_sent([row.client_order_id for row in going])
    if going[0].intent is Intent.STOP:
        executor.learn(stops_sent=facts.stops_sent + len(going))
    else:
        executor.learn(trades_sent=facts.trades_sent + len(going))
    guard = None if is_free else _guard(executor, facts, going[0].intent)
    requests = [build(row) for row in going]
    answers = executor.parallel.each(lambda request: executor.broker.place_order(request, guard=guard), requests)
    with executor.db.transaction():
        sent = [_settle(executor, row, answer, ends) for row, answer in zip(going, answers, strict=True)]
    return sent + held


def _settle(executor: Executor, row: OrderRow, answer: Order | DriftError, ends: Mapping[RefusalKind, str]) -> Sent:
    name = row.client_order_id
    if isinstance(answer, Order):
        booking = executor.db.orders.book(replace(answer, client_order_id=name))  # ours, whatever id the broker gave it
        if booking is None:
            raise AssertionError(f"the broker answered {name} with an order that is not ours")
        executor.note_closed([booking])
        return Sent(booking.order, Result.ACCEPTED, booking=booking)
    if isinstance(answer, BrokerRefusedError):
        logger.info("%s refused as %s: %s", name, answer.kind, answer.message)
        return Sent(_refused(executor, name, answer, ends.get(answer.kind)), Result.REFUSED, refusal=answer)
    if isinstance(answer, OutcomeUnknownError):
        executor.halt(answer)
        return Sent(_row(executor, name), Result.UNKNOWN, error=answer)
    executor.db.orders.mark_not_sent([name])  # a guard raised, or the request never left
    executor.halt(answer)
    return Sent(_row(executor, name), Result.NOT_SENT, error=answer)


def _refused(executor: Executor, name: str, refusal: BrokerRefusedError, end: str | None) -> OrderRow:
    if end == KEPT:
        executor.db.orders.mark_not_sent([name])
        return _row(executor, name)
    if end is not None:
        return executor.db.orders.abandon(name, end, f"{refusal.code} {refusal.message}")
    return executor.db.orders.mark_refused(name, refusal.code, refusal.message)


def _free(executor: Executor, rows: Sequence[OrderRow]) -> tuple[list[OrderRow], list[Sent]]:
    """Protection passes every limit; while the kill switch is on only stops may go out (I5)."""
    switch = executor.db.system_config.kill_switch()
    if rows[0].intent is Intent.STOP or not switch.on:
        return list(rows), []
    error = kill_switch_error(switch)
    return [], [Sent(row, Result.NOT_SENT, error=error) for row in rows]


def _allowed(executor: Executor, rows: Sequence[OrderRow]) -> tuple[list[OrderRow], list[Sent]]:
    """Split a batch into what may leave now and what is held, asking every guard in rank order."""
    going: list[OrderRow] = []
    for row in rows:
        if (error := ask_permission(executor, row, going)) is not None:
            held = [Sent(left, Result.NOT_SENT, error=error) for left in rows[len(going) :]]
            return going, held
        going.append(row)
    return going, []


def ask_permission(executor: Executor, row: OrderRow, going: Sequence[OrderRow] = ()) -> DriftError | None:
    """Return why an entry or exit may not leave; a limit that trips stops all that follow (F107)."""
    executor.watch()
    if executor.halted is not None:
        return executor.halted
    try:
        executor.check()
        refusal = order_refusal(executor.facts, row, going)
        if refusal is None:
            return None
        words = f"{row.ticker}: {refusal.words}"
        if refusal.exit_code != 11:
            return UnresolvedWorkError(words)
        raise SafetyLimitError(words, next_step="Nothing more is bought or sold today; stops stay.")
    except DriftError as error:
        executor.halt(error)
        return error


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
            raise UnresolvedWorkError("the entry cutoff has passed")

    return guard


def _row(executor: Executor, client_order_id: str) -> OrderRow:
    row = executor.db.orders.get(client_order_id)
    if row is None:
        raise AssertionError(f"{client_order_id} has no row")
    return row
