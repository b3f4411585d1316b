"""Phase D: each decided entry in rank order, with its stop; it goes out now, waits, or ends.

`choose` is pure: the plan that `--dry-run` prints is the plan that is carried out. An order whose
*form* the broker refuses goes out again as a plain buy under the same id, only while the market is
open and only in a run that polls it; any other refusal ends the entry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from backtest.model import SkipReason
from live.broker import LatestPrice, RefusalKind
from live.errors import SafetyLimitError
from live.execute import guards
from live.execute.caps import free_slots
from live.execute.decide.schedule import Phase
from live.execute.desk import Desk
from live.execute.guards import Funds, Refusal
from live.execute.order_forms import buy_with_stop, plain_buy
from live.execute.sells import sells_working
from live.execute.send import KEPT, Result, Sent, send_orders
from live.orders import Intent
from live.state_db.rows import PLANNED, OrderRow

ENDS: Mapping[RefusalKind, str] = {
    RefusalKind.BASE_PRICE: SkipReason.BELOW_STOP,
    RefusalKind.FUNDS: SkipReason.INSUFFICIENT_FUNDS,
    RefusalKind.ASSET: SkipReason.NOT_TRADABLE,
}
"""What a refused entry is called; the others keep the broker's words."""


class BuyAct(StrEnum):
    SEND = "send"
    WAIT = "wait"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Choice:
    """What happens to one planned entry in this pass, and why it does not go out."""

    row: OrderRow
    act: BuyAct
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything the choice depends on, as read just before.

    free_slots, funds: before the first of these entries. sells_working: some sell is on its way.
    latest: today's prices of the tickers that would go out; None: not asked yet.
    """

    free_slots: int
    funds: Funds
    sells_working: bool
    foreign_sells: frozenset[str] = frozenset()
    frozen: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()
    latest: Mapping[str, LatestPrice] | None = None


def choose(desk: Desk, rows: Sequence[OrderRow], picture: Picture) -> list[Choice]:
    """Return what to do with each planned entry, in rank order; slots and funds are reserved on the way.

    An entry that waits keeps its reservation, so nobody behind it moves up.
    """
    slots, left = picture.free_slots, picture.funds
    choices: list[Choice] = []
    for row in rows:
        need = 0 if row.entry is None else guards.entry_need(row.entry.reference_price, row.qty)
        refusal = _refusal(desk, row, picture, slots, left, need)
        if refusal is None or not refusal.final:
            slots, left = slots - 1, left.less(need)
        act = BuyAct.SEND if refusal is None else BuyAct.DROP if refusal.final else BuyAct.WAIT
        choices.append(Choice(row, act, refusal))
    return choices


def _refusal(desk: Desk, row: OrderRow, picture: Picture, slots: int, left: Funds, need: int) -> Refusal | None:
    """Ask the guards in their order: time, the ticker itself, slots, funds, price."""
    entry, stop = row.entry, row.planned_stop_price
    if entry is None or stop is None:
        return Refusal("incomplete", "its row has no decision", final=True)
    early = (
        guards.entry_time(desk.moment, skip_time_check=desk.skip_time_check)
        or guards.frozen(row.ticker, picture.frozen)
        or guards.foreign_sell(row.ticker, picture.foreign_sells)
        or guards.held_already(row.ticker, picture.held)
        or guards.slot(slots, sells_working=picture.sells_working)
        or guards.funds(left, need, sells_working=picture.sells_working)
    )
    if early is not None:
        return early
    latest = None if picture.latest is None else picture.latest.get(row.ticker)
    deviation = desk.config.strategy.max_price_deviation_bp
    return guards.price(latest, entry.reference_price, stop, deviation, desk.moment)


def planned_entries(desk: Desk) -> list[OrderRow]:
    """Return today's entries of which nothing was sent yet, in rank order."""
    return [row for row in desk.lines(Intent.ENTRY) if row.status == PLANNED]


def look(desk: Desk, *, selling: bool = False, freed: int = 0) -> Picture:
    """Return slots and funds as they are. selling, freed: what a dry run assumes of the sells before."""
    buys = [
        (row.entry.reference_price, row.remaining_qty)
        for orders in desk.unfinished().values()
        for row in orders
        if row.intent is Intent.ENTRY and row.entry is not None and row.status != PLANNED
    ]
    execution = desk.config.execution
    return Picture(
        free_slots=free_slots(desk) + freed,
        funds=guards.funds_for_entries(desk.account, execution.funds, execution.min_buying_power, buys),
        sells_working=selling or sells_working(desk),
        foreign_sells=desk.foreign_sells,
        frozen=frozenset(desk.uncertain),
        held=frozenset(desk.positions) | {position.ticker for position in desk.open_positions()},
    )


def look_closer(desk: Desk, picture: Picture, rows: Sequence[OrderRow]) -> Picture:
    """Add today's prices of the entries that would go out, in one request. Raises BrokerUnavailableError.

    Whether an instrument may be traded was asked when it was decided; here the broker's refusal says it.
    """
    return replace(picture, latest=desk.broker.get_latest_trades([row.ticker for row in rows]))


def buy_entries(desk: Desk) -> None:
    """Phase D: send the entries that may go out, end those that never will, leave the rest planned."""
    rows = planned_entries(desk)
    if not rows or desk.halted is not None:
        return
    desk.check()
    desk.relocate()
    picture = look(desk)
    choices = choose(desk, rows, picture)
    going = [choice.row for choice in choices if choice.act is BuyAct.SEND]
    if going:
        choices = choose(desk, rows, look_closer(desk, picture, going))
    _tell(desk, choices)
    _send(desk, [choice.row for choice in choices if choice.act is BuyAct.SEND])


def _tell(desk: Desk, choices: Sequence[Choice]) -> None:
    """End the dropped entries, say why the waiting ones wait."""
    with desk.db.transaction():
        for choice in choices:
            refusal = choice.refusal
            if refusal is None:
                continue
            desk.run.console.detail(f"{choice.row.ticker}: {refusal.words}")
            if choice.act is BuyAct.DROP:
                desk.db.orders.abandon(choice.row.client_order_id, refusal.reason, refusal.words)
            elif refusal.exit_code == 11:
                desk.halt(SafetyLimitError(f"{choice.row.ticker}: {refusal.words}"))
            elif refusal.exit_code:
                desk.run.outcome.add_problem(refusal.exit_code, f"{choice.row.ticker}: {refusal.words}")


def _send(desk: Desk, rows: Sequence[OrderRow]) -> None:
    size = desk.config.execution.max_workers
    for start in range(0, len(rows), size):
        sent = send_orders(desk, rows[start : start + size], buy_with_stop, ends={**ENDS, RefusalKind.ORDER_FORM: KEPT})
        ends = _fall_back(desk, sent)
        _say_refused(desk, ends)
        if any(one.kind is RefusalKind.FUNDS for one in ends):
            _drop_for_funds(desk, rows[start + size :])
            return
        if desk.halted is not None:
            return


def _fall_back(desk: Desk, sent: Sequence[Sent]) -> Sequence[Sent]:
    """Send plain buys for the entries whose order form was refused, where a stop can follow within seconds."""
    refused = [one.row for one in sent if one.kind is RefusalKind.ORDER_FORM]
    polls = desk.phase in (Phase.ALL, Phase.POLL)
    if not refused or not polls or not desk.moment.is_open:
        return sent
    again = send_orders(desk, refused, plain_buy, ends=ENDS)
    return [one for one in sent if one.kind is not RefusalKind.ORDER_FORM] + list(again)


def _say_refused(desk: Desk, sent: Sequence[Sent]) -> None:
    for one in sent:
        if one.result is Result.REFUSED and one.refusal is not None:
            later = "; bought plainly by --phase poll" if one.row.status == PLANNED else ""
            desk.run.outcome.unresolved(f"{one.row.ticker}: its entry was refused: {one.refusal.message}{later}")


def _drop_for_funds(desk: Desk, rows: Sequence[OrderRow]) -> None:
    """The broker said that the money is used up: nobody behind is tried (F52); with sells working they wait."""
    if sells_working(desk):
        return
    with desk.db.transaction():
        for row in rows:
            desk.db.orders.abandon(row.client_order_id, SkipReason.INSUFFICIENT_FUNDS, "used up by entries before it")


def drop_entries(desk: Desk, why: str) -> None:
    """End every entry that was not sent: the cutoff or the session is over.

    The reason is what still stood in its way: funds or a slot, else `after_cutoff`.
    """
    rows = planned_entries(desk)
    if not rows:
        return
    picture = look(desk)
    slots, left = picture.free_slots, picture.funds
    with desk.db.transaction():
        for row in rows:
            need = 0 if row.entry is None else guards.entry_need(row.entry.reference_price, row.qty)
            blocked = guards.slot(slots, sells_working=False) or guards.funds(left, need, sells_working=False)
            slots, left = slots - 1, left.less(need)
            reason = SkipReason.AFTER_CUTOFF.value if blocked is None else blocked.reason
            desk.db.orders.abandon(row.client_order_id, reason, why if blocked is None else blocked.words)
