"""What happens to holdings without an order: splits before the open, payouts of delisted shares.

Members of OTO, bracket and OCO groups carry the broker's do-not-reduce instruction: a split leaves
their quantity and prices as they are. For plain good-till-canceled limits and stops nothing is
promised; here a forward split replaces them by adjusted ones (`replaced`, `replaced_by`) and a
reverse split cancels them, the behaviour users report. Market orders are never touched: they are
meant in the units of the session they were sent for. Dividends are not paid.
"""

from __future__ import annotations

from fractions import Fraction

from backtest.money import split_price, split_shares, split_stop
from live.sim.fills import end
from live.sim.model import Activity, SimOrder, make_uuid
from live.sim.state import ExchangeState


def book_splits(state: ExchangeState, session: int) -> None:
    """Apply the splits of a session's early morning to position and plain orders."""
    for split in state.market.splits_of_session(session):
        position = state.positions.get(split.symbol)
        if position is not None:
            _split_position(state, split.symbol, split.ratio)
        for order in state.open_for(split.symbol):
            if not order.is_complex and order.time_in_force == "gtc" and order.type != "market":
                _split_order(state, order, split.ratio)


def _split_position(state: ExchangeState, symbol: str, ratio: Fraction) -> None:
    position = state.positions[symbol]
    shares = split_shares(position.qty, ratio)
    cost = int(position.cost * Fraction(shares) / (position.qty * ratio))
    before = position.qty
    state.set_position(symbol, shares, cost)
    state.add_activity(
        Activity(
            at=state.now,
            id=state.activity_id("split", symbol, state.now),
            type="SPLIT",
            symbol=symbol,
            qty=shares - before,
            net_amount=0,
            sub_type="FSPLIT" if ratio > 1 else "RSPLIT",
            description=f"split {ratio.numerator}:{ratio.denominator}, {before} shares became {shares}",
        )
    )


def _split_order(state: ExchangeState, order: SimOrder, ratio: Fraction) -> None:
    shares = split_shares(order.remaining, ratio)
    if ratio < 1 or shares == 0:
        end(state, order, "canceled")
        return
    key = make_uuid(state.settings.seed, "split", order.id, state.now)
    make_successor(
        state,
        order,
        client_order_id=key,
        qty=shares,
        limit_price=None if order.limit_price is None else split_price(order.limit_price, ratio),
        stop_price=None if order.stop_price is None else split_stop(order.stop_price, ratio),
    )


def make_successor(
    state: ExchangeState,
    order: SimOrder,
    *,
    client_order_id: str,
    qty: int,
    limit_price: int | None,
    stop_price: int | None,
    expires: int | None = None,
    time_in_force: str | None = None,
) -> SimOrder:
    """Replace an order by a new one in the same place; the old one ends `replaced`."""
    successor = SimOrder(
        id=make_uuid(state.settings.seed, "order", client_order_id),
        client_order_id=client_order_id,
        symbol=order.symbol,
        side=order.side,
        type=order.type,
        time_in_force=time_in_force or order.time_in_force,
        order_class=order.order_class,
        qty=qty,
        status="new" if order.is_live else order.status,
        submitted=state.now,
        updated=state.now,
        expires=order.expires if expires is None else expires,
        session=order.session,
        limit_price=limit_price,
        stop_price=stop_price,
        replaces=order.id,
        group=order.group,
        role=order.role,
        position_intent=order.position_intent,
    )
    order.replaced, order.replaced_by = state.now, successor.id
    state.touch(order, "replaced")
    state.add_order(successor)
    return successor


def book_delistings(state: ExchangeState, session: int) -> None:
    """Pay out holdings that had no bar for `delisted_after_sessions` sessions, at their last close."""
    for symbol in sorted(state.positions):
        last = state.market.last_session(symbol, session)
        if last is None or session - last < state.settings.delisted_after_sessions:
            continue
        position = state.positions[symbol]
        price = state.mark(symbol)
        for order in state.open_for(symbol):
            if order.is_open:
                end(state, order, "canceled")
        state.cash += price * position.qty
        state.set_position(symbol, 0, 0)
        state.add_activity(
            Activity(
                at=state.now,
                id=state.activity_id("delisted", symbol, state.now),
                type="MA",
                symbol=symbol,
                qty=-position.qty,
                price=price,
                net_amount=price * position.qty,
                sub_type="CMA",
                description=f"delisted, {position.qty} shares paid out at the last close",
            )
        )
