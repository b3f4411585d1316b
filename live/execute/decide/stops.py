"""What has to be done so that every open position has its stop, and no more than one; pure.

`live.book.stops` says what one position needs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from backtest.money import format_price
from live.book.stops import StopCheck, StopNeed, check_stop, leftover_stops
from live.execute.decide.lines import RERUN, OpenLine
from live.execute.decide.sales import overdue_sells
from live.execute.facts import Facts
from live.orders import Intent, OrderStatus
from live.state_db.rows import OrderRow, PositionRow, Via

MAX_TRIES = 3
_NOT_DONE = {
    StopNeed.HELD: "the broker still holds its stop back",
    StopNeed.PLACE: "its stop could not be placed",
    StopNeed.REPLACE: "its stop could not be replaced",
    StopNeed.RENEW: "its stop could not be renewed",
    StopNeed.SWAP: "its stop could not be replaced",
    StopNeed.CANCELING: "the cancel of its stop has not ended",
}


def check_stops(facts: Facts, *, skip: Collection[str] = (), only: Collection[str] | None = None) -> list[StopCheck]:
    """Return the need of every open position, by ticker. skip: those whose exit is sent in this pass.

    A position the broker does not show is left as it is (F20, F58): no stop is canceled on the word of a
    list that nothing explains.
    """
    if not facts.stop_checks:
        facts.stop_checks.extend(list(_checks(facts)))  # all of them, or none
    return [
        check
        for check in facts.stop_checks
        if check.position.ticker not in skip and (only is None or check.position.ticker in only)
    ]


def _checks(facts: Facts) -> Iterator[StopCheck]:
    for position in facts.positions:
        if shares := facts.certain_shares(position):
            orders = _with_cancels(facts, facts.orders_of(position.ticker))
            foreign = facts.foreign_sells.get(position.ticker, ())
            yield check_stop(position, shares, orders, facts.now, foreign)


def open_needs(facts: Facts, *, skip: Collection[str] = (), only: Collection[str] | None = None) -> list[StopCheck]:
    """Return the checks that ask for something to be done."""
    return [check for check in check_stops(facts, skip=skip, only=only) if not check.is_done]


def _with_cancels(facts: Facts, rows: Sequence[OrderRow]) -> Sequence[OrderRow]:
    """Take an order that this run asked to cancel for what it is, though the broker may still call it `new`."""
    if not facts.canceling or facts.canceling.isdisjoint(row.client_order_id for row in rows):
        return rows
    canceling = OrderStatus.PENDING_CANCEL
    return [replace(row, status=canceling) if row.client_order_id in facts.canceling else row for row in rows]


def stops_without_shares(facts: Facts) -> tuple[OrderRow, ...]:
    """Return working stops of ours that protect no share, here or at the broker; none before that was asked."""
    if facts.read_at is None:
        return ()
    return leftover_stops({position.ticker for position in facts.positions} | facts.holdings.keys(), facts.orders)


@dataclass(frozen=True, slots=True)
class StopChanges:
    """The work of one pass. cancel: stops that go. await_end: those being canceled. replace: exchanges. place: tickers
    that get a new stop when nothing else is in the way."""

    cancel: tuple[OrderRow, ...]
    await_end: tuple[OrderRow, ...]
    replace: tuple[StopCheck, ...]
    place: frozenset[str]


def plan_stop_changes(facts: Facts, needs: Sequence[StopCheck]) -> StopChanges:
    """Return what the needs ask for.

    A stop of another number of shares whose exchange failed is canceled and placed anew; one of the right number
    after a few tries.
    """
    needs = [check for check in needs if not _is_exchange_unclear(facts, check)]
    swaps = [check for check in needs if check.need is StopNeed.SWAP]
    exchanges: list[StopCheck] = []
    for check in needs:
        if check.need not in (StopNeed.REPLACE, StopNeed.RENEW):
            continue
        (swaps if is_swapped(facts, check) else exchanges).append(check)
    new = [check for check in needs if check.need in (StopNeed.PLACE, StopNeed.CANCELING)]
    return StopChanges(
        cancel=tuple(row for check in needs for row in check.surplus)
        + tuple(check.stop for check in swaps if check.stop is not None),
        await_end=tuple(check.stop for check in new if check.stop is not None and check.need is StopNeed.CANCELING),
        replace=tuple(exchanges),
        place=frozenset(check.position.ticker for check in (*new, *swaps)),
    )


def _is_exchange_unclear(facts: Facts, check: StopCheck) -> bool:
    """Return whether nobody knows what became of an exchange of its stop: nothing else is tried meanwhile."""
    return any(row.via is Via.PATCH and row.has_unknown_outcome for row in facts.orders_of(check.position.ticker))


def planned_exchanges(rows: Iterable[OrderRow]) -> list[OrderRow]:
    """Return exchanges of stops that were committed and never reached the broker."""
    return [row for row in rows if row.via is Via.PATCH and row.status is OrderStatus.PLANNED]


def is_swapped(facts: Facts, check: StopCheck) -> bool:
    """Return whether a stop to be exchanged is canceled and placed anew, because exchanging it does not work."""
    if check.need not in (StopNeed.REPLACE, StopNeed.RENEW):
        return False
    return facts.failed_exchanges.get(check.position.position_id, 0) >= (MAX_TRIES if check.has_right_number else 1)


def stops_to_place(facts: Facts, tickers: Collection[str]) -> list[StopCheck]:
    """Return the positions whose new stop can go out now."""
    return [one for one in check_stops(facts, only=tickers) if one.need is StopNeed.PLACE and not one.surplus]


def planned_stops(rows: Sequence[OrderRow]) -> list[OrderRow]:
    """Return new stops that were committed and have not reached the broker for certain."""
    return [
        row
        for row in rows
        if row.intent is Intent.STOP
        and row.via is Via.POST
        and (row.status is OrderStatus.PLANNED or row.has_unknown_outcome)
    ]


def ended_stop(facts: Facts, rows: Sequence[OrderRow]) -> OrderRow | None:
    """Return the last stop among a position's orders when the broker ended it and not this run."""
    ended = (OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.REJECTED)
    sent = [row for row in rows if row.intent is Intent.STOP and row.alpaca_order_id is not None]
    last = max(sent, key=lambda row: row.id, default=None)
    return last if last and last.status in ended and last.client_order_id not in facts.canceling else None


def needs_restoration_row(facts: Facts, position: PositionRow) -> bool:
    """Return whether the stop that would be needed again after a cancel has yet to be committed."""
    return not any(row.status is OrderStatus.PLANNED for row in planned_stops(facts.orders_of(position.ticker)))


def stop_problems(left: Sequence[StopCheck]) -> list[OpenLine]:
    """Return in words what protection could not do, naked shares apart."""
    problems: list[OpenLine] = []
    for check in left:
        if check.need is StopNeed.UNKNOWN:
            stop = check.stop
            what = "its sell is unclear" if stop is None else f"its stop has the status {stop.broker_status}"
            problems.append(OpenLine(f"{check.position.ticker}: {what}", RERUN))
        elif check.need not in (StopNeed.NOTHING, StopNeed.WAIT) and not check.is_naked:
            problems.append(OpenLine(f"{check.position.ticker}: {_NOT_DONE[check.need]}", RERUN))
    return problems


def doubtful_positions(facts: Facts) -> list[str]:
    """Return the tickers that may be without a stop.

    The cancel of it is not confirmed, a sell in its place is unclear, or shares are bought that cannot be booked yet
    (F13) and no stop of ours is live.
    """
    held = [
        check.position.ticker
        for check in check_stops(facts)
        if check.need is StopNeed.CANCELING or (check.need is StopNeed.UNKNOWN and check.stop is None)
    ]
    unbooked = [one.ticker for one in facts.mismatches.values() if one.unclear and one.at_broker > one.in_db]
    return [*held, *(ticker for ticker in unbooked if ticker not in held and not _has_live_stop(facts, ticker))]


def _has_live_stop(facts: Facts, ticker: str) -> bool:
    return any(row.intent is Intent.STOP and row.status.protects for row in facts.orders_of(ticker))


def waiting_positions(facts: Facts) -> list[OpenLine]:
    """Return the positions that nothing can be done for yet although they are not as they must be (I4)."""
    waiting = [
        OpenLine(f"{row.ticker}: its sell is still {row.status} after the close, so its shares have no stop yet", RERUN)
        for row in overdue_sells(facts)
    ]
    for check in check_stops(facts):
        if check.need is not StopNeed.WAIT:
            continue
        name, shares = check.position.ticker, check.position.actual_shares
        if check.stop is None:
            words = f"{name}: {shares} shares are bought and the rest is still working, so they have no stop yet"
            waiting.append(OpenLine(words, "Run --phase poll: it ends the buy and places the stop."))
        else:
            price = format_price(check.position.stop_price)
            words = f"{name}: its stop ({check.stop.status}) is not yet one of {shares} shares at {price}"
            waiting.append(OpenLine(words, RERUN))
    return waiting
