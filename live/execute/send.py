"""The only place that sends an order: caps, write-ahead, outcome.

Every POST passes `send_orders`: the kill switch is read again, the hard caps are counted, the row is
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
from live.execute.caps import hard_caps
from live.execute.desk import Desk, kill_switch_error
from live.orders import Intent, OrderRequest
from live.state_db.rows import Booking, OrderRow

logger = logging.getLogger(__name__)

KEPT = "kept"
NO_NAMES: Mapping[RefusalKind, str] = MappingProxyType({})


class Result(StrEnum):
    """How the sending of one order ended. HELD: nothing left, its row is `planned` as before."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    HELD = "held"


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
    desk: Desk,
    rows: Sequence[OrderRow],
    build: Callable[[OrderRow], OrderRequest],
    *,
    ends: Mapping[RefusalKind, str] = NO_NAMES,
    is_protection: bool = False,
) -> tuple[Sent, ...]:
    """Send the rows of one intent in their order, `max_workers` at a time, and book every answer.

    ends: what a refused row is abandoned as, by kind; KEPT leaves it `planned`, because the same id may
    be sent in another form; without a name the broker's words are the reason. What is not sent because
    of a guard is HELD. An unknown outcome, a guard that trips and an unreachable broker stop entries
    and exits (`desk.halted`), never stops. is_protection: a sell in place of a stop; only the kill
    switch holds it back.
    """
    sent: list[Sent] = []
    size = desk.config.execution.max_workers
    for start in range(0, len(rows), size):
        sent += _send_batch(desk, rows[start : start + size], build, ends, is_protection=is_protection)
    return tuple(sent)


def _send_batch(
    desk: Desk,
    rows: Sequence[OrderRow],
    build: Callable[[OrderRow], OrderRequest],
    ends: Mapping[RefusalKind, str],
    *,
    is_protection: bool,
) -> list[Sent]:
    is_free = is_protection or rows[0].intent is Intent.STOP
    going, held = _free(desk, rows) if is_free else _allowed(desk, rows)
    if not going:
        return held
    desk.db.orders.mark_sent([row.client_order_id for row in going])
    _count(desk, going)
    guard = None if is_free else _guard(desk, going[0].intent)
    requests = [build(row) for row in going]
    answers = desk.each(lambda request: desk.broker.place_order(request, guard=guard), requests)
    with desk.db.transaction():
        sent = [_settle(desk, row, answer, ends) for row, answer in zip(going, answers, strict=True)]
    return sent + held


def _settle(desk: Desk, row: OrderRow, answer: Order | DriftError, ends: Mapping[RefusalKind, str]) -> Sent:
    name = row.client_order_id
    if isinstance(answer, Order):
        booking = desk.db.orders.book(replace(answer, client_order_id=name))  # ours, whatever id the broker gave it
        if booking is None:
            raise AssertionError(f"the broker answered {name} with an order that is not ours")
        desk.remember([booking])
        return Sent(booking.order, Result.ACCEPTED, booking=booking)
    if isinstance(answer, BrokerRefusedError):
        logger.info("%s refused as %s: %s", name, answer.kind, answer.message)
        return Sent(_refused(desk, name, answer, ends.get(answer.kind)), Result.REFUSED, refusal=answer)
    if isinstance(answer, OutcomeUnknownError):
        desk.halt(answer)
        return Sent(_row(desk, name), Result.UNKNOWN, error=answer)
    desk.db.orders.mark_not_sent([name])  # a guard raised, or the request never left
    desk.halt(answer)
    return Sent(_row(desk, name), Result.HELD, error=answer)


def _refused(desk: Desk, name: str, refusal: BrokerRefusedError, end: str | None) -> OrderRow:
    if end == KEPT:
        desk.db.orders.mark_not_sent([name])
        return _row(desk, name)
    if end is not None:
        return desk.db.orders.abandon(name, end, f"{refusal.code} {refusal.message}")
    return desk.db.orders.mark_refused(name, refusal.code, refusal.message)


def _free(desk: Desk, rows: Sequence[OrderRow]) -> tuple[list[OrderRow], list[Sent]]:
    """Protection passes every limit; while the kill switch is on only stops may go out (I5)."""
    switch = desk.db.system_config.kill_switch()
    if rows[0].intent is Intent.STOP or not switch.on:
        return list(rows), []
    error = kill_switch_error(switch)
    return [], [Sent(row, Result.HELD, error=error) for row in rows]


def _allowed(desk: Desk, rows: Sequence[OrderRow]) -> tuple[list[OrderRow], list[Sent]]:
    """Split a batch into what may leave now and what is held, asking every guard in rank order."""
    going: list[OrderRow] = []
    for row in rows:
        if (error := refusal_of(desk, row, going)) is not None:
            held = [Sent(left, Result.HELD, error=error) for left in rows[len(going) :]]
            return going, held
        going.append(row)
    return going, []


def refusal_of(desk: Desk, row: OrderRow, going: Sequence[OrderRow] = ()) -> DriftError | None:
    """Return why an entry or exit may not leave; a limit that trips stops all that follow (F107)."""
    desk.watch()
    if desk.halted is not None:
        return desk.halted
    try:
        desk.check()
        refusal = hard_caps(desk, row, going)
        if refusal is None:
            return None
        words = f"{row.ticker}: {refusal.words}"
        if refusal.exit_code != 11:
            return UnresolvedWorkError(words)
        raise SafetyLimitError(words, next_step="Nothing more is bought or sold today; stops stay.")
    except DriftError as error:
        desk.halt(error)
        return error


def _guard(desk: Desk, intent: Intent) -> Guard:
    """Return what is asked right before every POST of a batch, repeats included, in the worker's thread.

    What has stopped the orders behind this batch (a limit) does not stop the batch itself.
    """
    known = desk.halted
    cutoff = desk.moment.cutoff if intent is Intent.ENTRY and not desk.skip_time_check else None

    def guard() -> None:
        if desk.halted is known:
            desk.watch()  # this very moment when the order is sent from here, else read by the thread that waits
        if desk.halted is not None and desk.halted is not known:
            raise desk.halted
        desk.run.interrupt.check()
        if cutoff is not None and desk.broker.clock.now() >= cutoff:
            raise UnresolvedWorkError("the entry cutoff has passed")

    return guard


def _count(desk: Desk, rows: Sequence[OrderRow]) -> None:
    if rows[0].intent is Intent.STOP:
        desk.stops_today += len(rows)
    else:
        desk.trades_today += len(rows)


def _row(desk: Desk, client_order_id: str) -> OrderRow:
    row = desk.db.orders.get(client_order_id)
    if row is None:
        raise AssertionError(f"{client_order_id} has no row")
    return row
