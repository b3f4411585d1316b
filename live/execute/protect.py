"""Every open position gets its live stop back, and no more than one.

`decide.stops` says what is to be done; `protect` does it, again and again, until nothing is left to do.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import timedelta

from backtest.errors import DriftError
from live.book.foreign import describe
from live.book.stops import StopCheck, StopNeed
from live.config import NotifyKind
from live.errors import PositionMismatchError, SafetyLimitError
from live.execute.breach import sell_breached
from live.execute.cancel import cancel_orders, wait_until_final
from live.execute.decide.limits import stop_limit_problem
from live.execute.decide.sales import overdue_sells
from live.execute.decide.stops import (
    MAX_TRIES,
    check_stops,
    ended_stop,
    is_swapped,
    needs_restoration_row,
    open_needs,
    plan_stop_changes,
    planned_exchanges,
    planned_stops,
    stop_problems,
    stops_to_place,
    stops_without_shares,
)
from live.execute.exchange_stops import exchange_stops
from live.execute.executor import Executor, attempted, kill_switch_error
from live.execute.holders import learn_holders
from live.execute.order_forms import protective_stop
from live.execute.order_rows import plan_stop
from live.execute.send import send_orders
from live.execute.synchronize import look_up_unknown, require_agreement
from live.notify.notifier import code_topic
from live.refusals import (
    RefusalKind,
)
from live.state_db.rows import OrderRow, PositionRow

TRY_FOR = timedelta(seconds=60)
UNPROTECTED = 12
"""The exit code of shares without a live stop."""


def protect(executor: Executor, *, skip: Collection[str] = (), only: Collection[str] | None = None) -> None:
    """Give every open position its live stop; what stays naked turns the kill switch on (12).

    A step that fails does not stop the others. The first error is raised when something is left to do.
    """
    gone = (*stops_without_shares(executor.facts), *overdue_sells(executor.facts))
    error = attempted(lambda: cancel_orders(executor, gone))
    limit = executor.facts.now + TRY_FOR
    tries = 0
    while needs := open_needs(executor.facts, skip=skip, only=only):
        is_held = any(one.need is StopNeed.HELD for one in needs)  # a leg gets its time to arm, then it is replaced
        is_over = (tries >= MAX_TRIES and not is_held) or (tries and executor.facts.now >= limit)
        may_swap = tries <= MAX_TRIES and any(is_swapped(executor.facts, one) for one in needs)
        if is_over and not may_swap:
            break
        if tries:
            executor.wait_to_poll()
            error = attempted(executor.refresh_orders) or error
        tries += 1
        error = _apply(executor, needs) or error
    _give_up_exchanges(executor)
    _report(executor, needs)
    if error is not None and (needs or stops_without_shares(executor.facts)):
        raise error


def bring_to_fill(executor: Executor, tickers: Collection[str]) -> None:
    """One pass over the positions of today's entries: replace or place what can be now, leave the rest for the next."""
    needs = open_needs(executor.facts, only=tickers)
    if needs and (error := _apply(executor, needs)) is not None:
        raise error


def plan_restorations(executor: Executor, positions: Sequence[PositionRow]) -> None:
    """Commit the stops that would be needed again before the live ones are canceled.

    Should the sell not go out such a stop is sent, even when the state DB can no longer be written (F73); when the
    position is sold, booking the sale gives it up.
    """
    facts = executor.facts
    with executor.db.transaction():
        for position in positions:
            if needs_restoration_row(facts, position):
                plan_stop(executor.db, position, position.actual_shares)


def _apply(executor: Executor, needs: Sequence[StopCheck]) -> DriftError | None:
    """Do what is needed, one kind after the other, and return the last error that came in the way.

    An exchange of unknown outcome is looked up before anything else is done about its stop.
    """
    tickers = {check.position.ticker for check in needs}
    look_up_unknown(executor, tickers)
    changes = plan_stop_changes(executor.facts, open_needs(executor.facts, only=tickers))
    steps: tuple[Callable[[], object], ...] = (
        lambda: cancel_orders(executor, changes.cancel),
        lambda: wait_until_final(executor, changes.await_end),
        lambda: exchange_stops(executor, changes.replace),
        lambda: _place(executor, stops_to_place(executor.facts, changes.place)),
    )
    errors = [error for step in steps if (error := attempted(step)) is not None]
    return errors[-1] if errors else None


def _place(executor: Executor, checks: Sequence[StopCheck]) -> None:
    """Send new stops; one that is refused because the market is below it becomes a sale."""
    if not checks:
        return
    for check in checks:
        ended = ended_stop(executor.facts, executor.db.orders.of_position(check.position.position_id))
        if ended is not None:
            executor.run.note(f"{ended.ticker}: its stop was {ended.status} at the broker; a new one is placed")
    with executor.db.transaction():
        rows = [_row_to_send(executor, check) for check in checks]
    by_name = {row.client_order_id: check for row, check in zip(rows, checks, strict=True)}
    for refused in send_orders(executor, rows, protective_stop):
        executor.run.console.detail(f"{refused.row.ticker}: stop refused: {refused.refusal.message}")
        if refused.kind is RefusalKind.STOP_ABOVE_MARKET:
            sell_breached(executor, by_name[refused.row.client_order_id])
        elif refused.kind is RefusalKind.HELD_SHARES:
            learn_holders(executor, refused.row.ticker, refused.refusal)
            _count_again(executor)
    if (words := stop_limit_problem(executor.facts)) is not None:
        executor.halt(SafetyLimitError(words, next_step="Find out why stops keep dying; none was held back."))


def _row_to_send(executor: Executor, check: StopCheck) -> OrderRow:
    """Return the committed row of a new stop; one left over from a run that died is used again."""
    orders, position = executor.db.orders, check.position
    for row in planned_stops(orders.of_position(position.position_id)):
        if row.has_unknown_outcome:
            return row  # never another id while its outcome is unknown
        if row.planned_stop_price == position.stop_price:
            return orders.set_planned_qty(row.client_order_id, check.shares)
        orders.abandon(row.client_order_id, "other_price")
    _abandon_exchanges(executor, planned_exchanges(orders.of_position(position.position_id)))
    return plan_stop(executor.db, position, check.shares)


def _give_up_exchanges(executor: Executor) -> None:
    """Give up exchanges that never left and that nothing asks for any more, whatever positions were looked at."""
    if rows := planned_exchanges(executor.facts.unfinished()):
        asked = {check.position.position_id for check in open_needs(executor.facts)}
        _abandon_exchanges(executor, [row for row in rows if row.position_id not in asked])


def _abandon_exchanges(executor: Executor, rows: Sequence[OrderRow]) -> None:
    for row in rows:
        executor.db.orders.abandon(row.client_order_id, "not_replaced")


def _count_again(executor: Executor) -> None:
    """The broker does not hold what a stop was to cover: the next try covers what both sides agree on."""
    try:
        require_agreement(executor)
    except PositionMismatchError as error:
        executor.halt(error)


def report_naked(executor: Executor) -> None:
    """Report shares without a stop where nothing can be done for them; they turn the kill switch on (12)."""
    _report_naked(executor, check_stops(executor.facts))


def _report(executor: Executor, left: Sequence[StopCheck]) -> None:
    """Report what protection could not do; a naked share turns the kill switch on."""
    for line in stop_problems(left):
        executor.run.outcome.unresolved(line.what, line.next_step)
    _report_naked(executor, left)


def _report_naked(executor: Executor, left: Sequence[StopCheck]) -> None:
    naked = [check for check in left if check.is_naked]
    for check in naked:
        executor.needs_hand.append(f"{check.position.ticker}: {check.shares} shares without a stop")
    if naked:
        _raise_alarm(executor, naked)


def _raise_alarm(executor: Executor, naked: Sequence[StopCheck]) -> None:
    """Turn the kill switch on because shares are unprotected, notify people, and end with 12 (F29)."""
    names = ", ".join(sorted(check.position.ticker for check in naked))
    words = f"no live stop could be placed for {names}"
    holders = [order for check in naked for order in executor.facts.foreign_sells.get(check.position.ticker, ())]
    if holders:
        words += f"; {'; '.join(f'{one.ticker}: {describe(one)} that is not ours is open' for one in holders)}"
    if executor.facts.account.problem is not None:
        words += f"; {executor.facts.account.problem}"
    switch = executor.db.system_config.turn_kill_switch_on(words, "executor")
    executor.run.outcome.add_problem(
        UNPROTECTED,
        words + "; kill switch on",
        "Place the stop or sell by hand, then: python -m live.admin kill-switch off",
    )
    title = "earnings-drift: UNPROTECTED POSITION"
    executor.run.notifier.send(NotifyKind.UNPROTECTED, title, words, topic=code_topic(UNPROTECTED))
    if executor.halted is None:
        executor.halted = kill_switch_error(switch)
