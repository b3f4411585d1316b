"""Every open position gets its live stop back, and no more than one.

`live.execute.care` says what a position needs; `protect` asks it for all of them and does it, again and
again, until nothing is left to do.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import timedelta

from backtest.errors import DriftError
from backtest.money import format_price, to_decimal
from live.alpaca.refusals import RefusalKind, classify_refusal
from live.broker import BrokerRefusedError, Order
from live.errors import PositionMismatchError, SafetyLimitError, StateDBError
from live.execute.breach import sell_breached
from live.execute.cancel import cancel_orders, wait_terminal
from live.execute.care import Act, Care, plan_care
from live.execute.desk import Desk, kill_switch_error
from live.execute.order_forms import protective_stop
from live.execute.recount import require_agreement
from live.execute.send import Result, send_orders
from live.execute.unclear import is_unclear
from live.orders import Intent, OrderStatus
from live.state_db.rows import PLANNED, NewOrder, OrderRow, PositionRow, Via

TRIES = 3
TRY_SECONDS = 60


def plan_all(desk: Desk, *, skip: Collection[str] = (), only: Collection[str] | None = None) -> list[Care]:
    """Return the need of every open position, by ticker. skip: those whose exit is sent in this pass.

    A position the broker does not show is left as it is (F20, F58): no stop is canceled on the word of a
    list that nothing explains.
    """
    rows = desk.unfinished()
    now = desk.now()
    return [
        plan_care(position, desk.shares(position), _as_ending(desk, rows.get(position.ticker, ())), now)
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


def orphans(desk: Desk) -> tuple[OrderRow, ...]:
    """Return working stops of ours without shares to protect, here or at the broker: a sell too many (I3)."""
    rows = desk.unfinished()
    held = {position.ticker for position in desk.open_positions()} | set(desk.positions)
    found: list[OrderRow] = []
    for ticker, orders in rows.items():
        buying = any(row.intent is Intent.ENTRY and row.is_working for row in orders)
        if ticker not in held and not buying:
            found += [row for row in orders if row.intent is Intent.STOP and row.is_working]
    return tuple(row for row in found if row.status != "pending_cancel")


def protect(desk: Desk, *, skip: Collection[str] = (), only: Collection[str] | None = None) -> None:
    """Give every open position its live stop; what stays naked turns the kill switch on (12).

    A step that fails keeps no other from being tried. The first error is raised when something is left to do.
    """
    trouble = _tried(lambda: cancel_orders(desk, orphans(desk)))
    limit = desk.now() + timedelta(seconds=TRY_SECONDS)
    tries = 0
    while todo := [care for care in plan_all(desk, skip=skip, only=only) if not care.is_done]:
        is_waking = any(care.act is Act.WAKING for care in todo)  # a leg gets its time to wake up, then it is replaced
        if (tries >= TRIES and not is_waking) or (tries and desk.now() >= limit):
            break
        if tries:
            desk.broker.clock.sleep(float(desk.config.execution.poll_interval_s))
            trouble = _tried(desk.refresh_orders) or trouble
        tries += 1
        trouble = _do(desk, todo) or trouble
    _judge(desk, todo)
    if trouble is not None and (todo or orphans(desk)):
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
    todo = [care for care in plan_all(desk, only=tickers) if not care.is_done]
    if todo and (trouble := _do(desk, todo)) is not None:
        raise trouble


def _do(desk: Desk, todo: Sequence[Care]) -> DriftError | None:
    """Do what the cares ask, one kind after the other, and return an error that came in the way.

    A stop of another number of shares whose exchange was refused is canceled and placed anew.
    """
    refused = desk.refused_exchanges
    exchanges = [care for care in todo if care.act in (Act.REPLACE, Act.RENEW)]
    swaps = [care for care in todo if care.act is Act.SWAP]
    swaps += [care for care in exchanges if refused[care.position.position_id] and not care.has_right_number]
    exchanges = [care for care in exchanges if care not in swaps and refused[care.position.position_id] < TRIES]
    going = [row for care in todo for row in care.surplus] + [care.stop for care in swaps if care.stop is not None]
    trouble = _tried(lambda: cancel_orders(desk, going))
    settling = [care.stop for care in todo if care.act is Act.SETTLE and care.stop is not None]
    if settling:
        trouble = _tried(lambda: wait_terminal(desk, settling)) or trouble
    trouble = _tried(lambda: _replace(desk, exchanges)) or trouble
    tickers = {care.position.ticker for care in todo if care.act in (Act.PLACE, Act.SETTLE)}
    tickers |= {care.position.ticker for care in swaps}
    naked = [care for care in plan_all(desk, only=tickers) if care.act is Act.PLACE and not care.surplus]
    return _tried(lambda: _place(desk, naked)) or trouble


def _place(desk: Desk, cares: Sequence[Care]) -> None:
    """Send new stops; one that is refused because the market is below it becomes a sale."""
    if not cares:
        return
    rows = _stop_rows(desk, cares)
    by_name = {row.client_order_id: care for row, care in zip(rows, cares, strict=True)}
    for sent in send_orders(desk, rows, protective_stop):
        if sent.result is not Result.REFUSED or sent.refusal is None:
            continue
        care = by_name[sent.row.client_order_id]
        desk.run.console.detail(f"{sent.row.ticker}: stop refused: {sent.refusal.message}")
        if sent.kind is RefusalKind.STOP_ABOVE_MARKET:
            sell_breached(desk, care)
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


def _stop_rows(desk: Desk, cares: Sequence[Care]) -> list[OrderRow]:
    """Commit one planned row a stop; a row left over from a run that died is used again."""
    rows: list[OrderRow] = []
    with desk.db.transaction():
        for care in cares:
            rows.append(_stop_row(desk, care))
    return rows


def plan_restoration(desk: Desk, position: PositionRow) -> None:
    """Commit the stop that would be needed again before the live one is canceled.

    Should the sell not go out it is sent, even when the state DB can no longer be written (F73); when the
    position is sold, booking the sale gives it up.
    """
    rows = desk.unfinished().get(position.ticker, ())
    if not any(row.intent is Intent.STOP and row.via is Via.POST and row.status == PLANNED for row in rows):
        plan_stop(desk, position, position.actual_shares, None)


def _stop_row(desk: Desk, care: Care) -> OrderRow:
    position = care.position
    left_over = [
        row
        for row in desk.db.orders.of_position(position.position_id)
        if row.intent is Intent.STOP and row.via is Via.POST and (row.status == PLANNED or is_unclear(row))
    ]
    for row in left_over:
        if is_unclear(row):
            return row  # never another id while its outcome is unknown
        if row.planned_stop_price == position.stop_price:
            return desk.db.orders.set_planned_qty(row.client_order_id, care.shares)
        desk.db.orders.abandon(row.client_order_id, "other_price")
    return plan_stop(desk, position, care.shares, None)


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


def _replace(desk: Desk, cares: Sequence[Care]) -> None:
    """Exchange live stops for ones of the right quantity and price; a refused exchange keeps the old one (F42)."""
    if not cares:
        return
    with desk.db.transaction():
        rows = [
            plan_stop(desk, care.position, care.shares, care.stop.client_order_id if care.stop else None)
            for care in cares
        ]
        desk.db.orders.mark_sent([row.client_order_id for row in rows])
    work = list(zip(cares, rows, strict=True))
    answers = desk.each(lambda item: _send_replace(desk, *item), work)
    breached: list[Care] = []
    with desk.db.transaction():
        for (care, row), answer in zip(work, answers, strict=True):
            if isinstance(answer, Order):
                desk.book([replace(answer, client_order_id=row.client_order_id)])
            elif isinstance(answer, BrokerRefusedError):
                desk.db.orders.mark_refused(row.client_order_id, answer.code, answer.message)
                desk.refused_exchanges[care.position.position_id] += 1
                if classify_refusal("PATCH", answer) is RefusalKind.STOP_ABOVE_MARKET:
                    breached.append(care)
            else:  # unclear: either stop protects (F41); the next look at the broker tells which
                desk.run.outcome.unresolved(f"{row.ticker}: the exchange of its stop is not confirmed")
    for care in breached:
        sell_breached(desk, care)


def _send_replace(desk: Desk, care: Care, row: OrderRow) -> Order:
    if care.stop is None or care.stop.alpaca_order_id is None:
        raise AssertionError("a stop to be replaced is at the broker")
    return desk.broker.replace_order(
        care.stop.alpaca_order_id,
        qty=care.shares if care.stop.qty != care.shares else None,
        stop_price=to_decimal(care.position.stop_price),
        client_order_id=row.client_order_id,
    )


def _judge(desk: Desk, left: Sequence[Care]) -> None:
    """Tell what protection could not do; a naked share turns the kill switch on."""
    naked = [care for care in left if care.is_naked]
    for care in left:
        if care.act is Act.DOUBT:
            what = "its sell is unclear" if care.stop is None else f"its stop has the status {care.stop.broker_status}"
            desk.run.outcome.unresolved(f"{care.position.ticker}: {what}", "Run the same command again.")
        elif care.act not in (Act.SAFE, Act.WAIT) and not care.is_naked:
            desk.run.outcome.unresolved(f"{care.position.ticker}: its stop could not be corrected ({care.act})")
    for care in naked:
        desk.needs_hand.append(f"{care.position.ticker}: {care.shares} shares without a stop")
    if naked and not desk.is_dry:
        raise_alarm(desk, naked)


def tell_waiting(desk: Desk) -> None:
    """Tell the positions that nothing can be done for yet although they are not as they must be (I4)."""
    for care in plan_all(desk):
        if care.act is not Act.WAIT:
            continue
        name, shares = care.position.ticker, care.position.actual_shares
        if care.stop is None:
            words = f"{name}: {shares} shares are bought and the rest is still working, so they have no stop yet"
            desk.run.outcome.unresolved(words, "Run --phase poll: it ends the buy and places the stop.")
        else:
            price = format_price(care.position.stop_price)
            words = f"{name}: its stop ({care.stop.status}) is not yet one of {care.shares} shares at {price}"
            desk.run.outcome.unresolved(words, "Run the same command again.")


def raise_alarm(desk: Desk, naked: Sequence[Care]) -> None:
    """Turn the kill switch on because shares are unprotected, tell people, and end with 12 (F29)."""
    names = ", ".join(sorted(care.position.ticker for care in naked))
    words = f"no live stop could be placed for {names}"
    switch = desk.db.system_config.turn_kill_switch_on(words, "executor")
    desk.run.outcome.add_problem(
        12, words + "; kill switch on", "Place the stop or sell by hand, then: python -m live.admin kill-switch off"
    )
    desk.run.notifier.send("earnings-drift: UNPROTECTED POSITION", words)
    if desk.halted is None:
        desk.halted = kill_switch_error(switch)
