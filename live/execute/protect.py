"""Every open position gets its live stop back, and no more than one.

`live.book.stops` says what a position needs; `protect` asks it for all of them and does it, again and
again, until nothing is left to do.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import timedelta

from backtest.errors import DriftError
from backtest.money import format_price, to_decimal
from live.book.stops import StopCheck, StopNeed, check_stop, leftover_stops
from live.broker import BrokerRefusedError, Order, RefusalKind
from live.errors import PositionMismatchError, SafetyLimitError, StateDBError
from live.execute.breach import sell_breached
from live.execute.cancel import cancel_orders, wait_terminal
from live.execute.desk import Desk, kill_switch_error
from live.execute.order_forms import protective_stop
from live.execute.recount import require_agreement
from live.execute.send import Result, send_orders
from live.orders import Intent, OrderStatus
from live.state_db.rows import PLANNED, NewOrder, OrderRow, PositionRow, Via

TRIES = 3
TRY_SECONDS = 60


def plan_all(desk: Desk, *, skip: Collection[str] = (), only: Collection[str] | None = None) -> list[StopCheck]:
    """Return the need of every open position, by ticker. skip: those whose exit is sent in this pass.

    A position the broker does not show is left as it is (F20, F58): no stop is canceled on the word of a
    list that nothing explains.
    """
    rows = desk.unfinished()
    now = desk.now()
    return [
        check_stop(position, desk.shares(position), _as_ending(desk, rows.get(position.ticker, ())), now)
        for position in desk.open_positions()
        if position.ticker not in skip and (only is None or position.ticker in only) and desk.shares(position)
    ]


def _as_ending(desk: Desk, rows: Sequence[OrderRow]) -> Sequence[OrderRow]:
    """Take an order that this run asked to cancel for what it is, though the broker may still call it `new`."""
    if not any(row.client_order_id in desk.ending for row in rows):
        return rows
    return [
        replace(row, status=OrderStatus.PENDING_CANCEL) if row.client_order_id in desk.ending else row for row in rows
    ]


def leftovers(desk: Desk) -> tuple[OrderRow, ...]:
    """Return working stops of ours without shares to protect, here or at the broker."""
    held = {position.ticker for position in desk.open_positions()} | set(desk.positions)
    return leftover_stops(held, desk.unfinished())


def protect(desk: Desk, *, skip: Collection[str] = (), only: Collection[str] | None = None) -> None:
    """Give every open position its live stop; what stays naked turns the kill switch on (12).

    A step that fails keeps no other from being tried. The first error is raised when something is left to do.
    """
    trouble = _tried(lambda: cancel_orders(desk, leftovers(desk)))
    limit = desk.now() + timedelta(seconds=TRY_SECONDS)
    tries = 0
    while todo := [check for check in plan_all(desk, skip=skip, only=only) if not check.is_done]:
        is_held = any(one.need is StopNeed.HELD for one in todo)  # a leg gets its time to arm, then it is replaced
        if (tries >= TRIES and not is_held) or (tries and desk.now() >= limit):
            break
        if tries:
            desk.broker.clock.sleep(float(desk.config.execution.poll_interval_s))
            trouble = _tried(desk.refresh_orders) or trouble
        tries += 1
        trouble = _do(desk, todo) or trouble
    _judge(desk, todo)
    if trouble is not None and (todo or leftovers(desk)):
        raise trouble


def _tried(action: Callable[[], object]) -> DriftError | None:
    """Do one step of protection; an expected error is handed back, a broken state DB is raised."""
    try:
        action()
    except StateDBError:
        raise
    except DriftError as error:
        return error
    return None


def true_up(desk: Desk, tickers: Collection[str]) -> None:
    """One pass over the positions of today's entries: replace or place what can be now, leave the rest for the next."""
    todo = [check for check in plan_all(desk, only=tickers) if not check.is_done]
    if todo and (trouble := _do(desk, todo)) is not None:
        raise trouble


def _do(desk: Desk, todo: Sequence[StopCheck]) -> DriftError | None:
    """Do what the checks ask, one kind after the other, and return an error that came in the way.

    A stop of another number of shares whose exchange was refused is canceled and placed anew.
    """
    refused = desk.refused_exchanges
    exchanges = [check for check in todo if check.need in (StopNeed.REPLACE, StopNeed.RENEW)]
    swaps = [check for check in todo if check.need is StopNeed.SWAP]
    swaps += [check for check in exchanges if refused[check.position.position_id] and not check.has_right_number]
    exchanges = [check for check in exchanges if check not in swaps and refused[check.position.position_id] < TRIES]
    going = [row for check in todo for row in check.surplus] + [check.stop for check in swaps if check.stop is not None]
    trouble = _tried(lambda: cancel_orders(desk, going))
    settling = [check.stop for check in todo if check.need is StopNeed.CANCELING and check.stop is not None]
    if settling:
        trouble = _tried(lambda: wait_terminal(desk, settling)) or trouble
    trouble = _tried(lambda: _replace(desk, exchanges)) or trouble
    tickers = {check.position.ticker for check in todo if check.need in (StopNeed.PLACE, StopNeed.CANCELING)}
    tickers |= {check.position.ticker for check in swaps}
    naked = [check for check in plan_all(desk, only=tickers) if check.need is StopNeed.PLACE and not check.surplus]
    return _tried(lambda: _place(desk, naked)) or trouble


def _place(desk: Desk, checks: Sequence[StopCheck]) -> None:
    """Send new stops; one that is refused because the market is below it becomes a sale."""
    if not checks:
        return
    rows = _stop_rows(desk, checks)
    by_name = {row.client_order_id: check for row, check in zip(rows, checks, strict=True)}
    for sent in send_orders(desk, rows, protective_stop):
        if sent.result is not Result.REFUSED or sent.refusal is None:
            continue
        check = by_name[sent.row.client_order_id]
        desk.run.console.detail(f"{sent.row.ticker}: stop refused: {sent.refusal.message}")
        if sent.kind is RefusalKind.STOP_ABOVE_MARKET:
            sell_breached(desk, check)
        elif sent.kind is RefusalKind.HELD_SHARES:
            _count_again(desk)
    limit = desk.config.execution.max_daily_stop_orders
    if desk.stops_today > limit:
        words = f"{desk.stops_today} new stop orders today, the limit is {limit}"
        desk.halt(SafetyLimitError(words, next_step="Find out why stops keep dying; none was held back."))


def _count_again(desk: Desk) -> None:
    """The broker does not hold what a stop was to cover: the next try covers what both sides agree on."""
    try:
        require_agreement(desk)
    except PositionMismatchError as error:
        desk.halt(error)


def _stop_rows(desk: Desk, checks: Sequence[StopCheck]) -> list[OrderRow]:
    """Commit one planned row a stop; a row left over from a run that died is used again."""
    rows: list[OrderRow] = []
    with desk.db.transaction():
        for check in checks:
            rows.append(_stop_row(desk, check))
    return rows


def plan_restoration(desk: Desk, position: PositionRow) -> None:
    """Commit the stop that would be needed again before the live one is canceled.

    Should the sell not go out it is sent, even when the state DB can no longer be written (F73); when the
    position is sold, booking the sale gives it up.
    """
    rows = desk.unfinished().get(position.ticker, ())
    if not any(row.intent is Intent.STOP and row.via is Via.POST and row.status == PLANNED for row in rows):
        plan_stop(desk, position, position.actual_shares, None)


def _stop_row(desk: Desk, check: StopCheck) -> OrderRow:
    position = check.position
    left_over = [
        row
        for row in desk.db.orders.of_position(position.position_id)
        if row.intent is Intent.STOP and row.via is Via.POST and (row.status == PLANNED or row.has_unknown_outcome)
    ]
    for row in left_over:
        if row.has_unknown_outcome:
            return row  # never another id while its outcome is unknown
        if row.planned_stop_price == position.stop_price:
            return desk.db.orders.set_planned_qty(row.client_order_id, check.shares)
        desk.db.orders.abandon(row.client_order_id, "other_price")
    return plan_stop(desk, position, check.shares, None)


def plan_stop(desk: Desk, position: PositionRow, shares: int, parent: str | None) -> OrderRow:
    """Commit a position's next stop as `planned`. parent: the stop it is to replace, None for a new one."""
    order = NewOrder(
        client_order_id=desk.db.orders.next_id(position.trade_date, position.ticker, Intent.STOP),
        ticker=position.ticker,
        intent=Intent.STOP,
        trade_date=position.trade_date,
        qty=shares,
        stop_price=position.stop_price,
        position_id=position.position_id,
        asset_id=position.asset_id,
        strategy=position.strategy,
        parent_client_order_id=parent,
        via=Via.POST if parent is None else Via.PATCH,
    )
    return desk.db.orders.plan([order])[0]


def _replace(desk: Desk, checks: Sequence[StopCheck]) -> None:
    """Exchange live stops for ones of the right quantity and price; a refused exchange keeps the old one (F42)."""
    if not checks:
        return
    with desk.db.transaction():
        rows = [
            plan_stop(desk, check.position, check.shares, check.stop.client_order_id if check.stop else None)
            for check in checks
        ]
        desk.db.orders.mark_sent([row.client_order_id for row in rows])
    work = list(zip(checks, rows, strict=True))
    answers = desk.each(lambda item: _send_replace(desk, *item), work)
    breached: list[StopCheck] = []
    with desk.db.transaction():
        for (check, row), answer in zip(work, answers, strict=True):
            if isinstance(answer, Order):
                desk.book([replace(answer, client_order_id=row.client_order_id)])
            elif isinstance(answer, BrokerRefusedError):
                desk.db.orders.mark_refused(row.client_order_id, answer.code, answer.message)
                desk.refused_exchanges[check.position.position_id] += 1
                if answer.kind is RefusalKind.STOP_ABOVE_MARKET:
                    breached.append(check)
            else:  # unclear: either stop protects (F41); the next look at the broker tells which
                desk.run.outcome.unresolved(f"{row.ticker}: the exchange of its stop is not confirmed")
    for check in breached:
        sell_breached(desk, check)


def _send_replace(desk: Desk, check: StopCheck, row: OrderRow) -> Order:
    if check.stop is None or check.stop.alpaca_order_id is None:
        raise AssertionError("a stop to be replaced is at the broker")
    return desk.broker.replace_order(
        check.stop.alpaca_order_id,
        qty=check.shares if check.stop.qty != check.shares else None,
        stop_price=to_decimal(check.position.stop_price),
        client_order_id=row.client_order_id,
    )


def _judge(desk: Desk, left: Sequence[StopCheck]) -> None:
    """Tell what protection could not do; a naked share turns the kill switch on."""
    naked = [check for check in left if check.is_naked]
    for check in left:
        if check.need is StopNeed.UNKNOWN:
            what = (
                "its sell is unclear" if check.stop is None else f"its stop has the status {check.stop.broker_status}"
            )
            desk.run.outcome.unresolved(f"{check.position.ticker}: {what}", "Run the same command again.")
        elif check.need not in (StopNeed.NOTHING, StopNeed.WAIT) and not check.is_naked:
            desk.run.outcome.unresolved(f"{check.position.ticker}: its stop could not be corrected ({check.need})")
    for check in naked:
        desk.needs_hand.append(f"{check.position.ticker}: {check.shares} shares without a stop")
    if naked and not desk.is_dry:
        raise_alarm(desk, naked)


def tell_waiting(desk: Desk) -> None:
    """Tell the positions that nothing can be done for yet although they are not as they must be (I4)."""
    for check in plan_all(desk):
        if check.need is not StopNeed.WAIT:
            continue
        name, shares = check.position.ticker, check.position.actual_shares
        if check.stop is None:
            words = f"{name}: {shares} shares are bought and the rest is still working, so they have no stop yet"
            desk.run.outcome.unresolved(words, "Run --phase poll: it ends the buy and places the stop.")
        else:
            price = format_price(check.position.stop_price)
            words = f"{name}: its stop ({check.stop.status}) is not yet one of {check.shares} shares at {price}"
            desk.run.outcome.unresolved(words, "Run the same command again.")


def raise_alarm(desk: Desk, naked: Sequence[StopCheck]) -> None:
    """Turn the kill switch on because shares are unprotected, tell people, and end with 12 (F29)."""
    names = ", ".join(sorted(check.position.ticker for check in naked))
    words = f"no live stop could be placed for {names}"
    switch = desk.db.system_config.turn_kill_switch_on(words, "executor")
    desk.run.outcome.add_problem(
        12, words + "; kill switch on", "Place the stop or sell by hand, then: python -m live.admin kill-switch off"
    )
    desk.run.notifier.send("earnings-drift: UNPROTECTED POSITION", words)
    if desk.halted is None:
        desk.halted = kill_switch_error(switch)
