"""Advances the exchange's clock from event to event.

Events are the stages of each session day and, while the market is open, the moments at which the
price path reaches an order; a year without orders costs four steps a session.
"""

from __future__ import annotations

from backtest.errors import ConfigError
from live.sim.corporate import book_delistings, book_splits
from live.sim.fills import end, process_due, set_triggers
from live.sim.state import ExchangeState
from live.sim.timeline import NEVER, Stage, to_datetime


def advance(state: ExchangeState, to: int) -> None:
    """Let time pass until `to`; a moment in the past changes nothing.

    Raises ConfigError when the calendar copied into the file ends before that; the caller takes all back.
    """
    if to <= state.now:
        return
    line = state.market.timeline
    while True:
        moment, session, stage = line.next_stage(state.now)
        process_due(state, min(to, moment))
        if moment == NEVER:
            last = line.day(len(line) - 1)
            raise ConfigError(
                f"the exchange's calendar ends with {last}: {to_datetime(to):%Y-%m-%d} lies after it",
                next_step="Make a new exchange from prices that reach further.",
            )
        if moment > to:
            break
        state.now = moment
        _STAGES[stage](state, session)
    state.now = to


def _early(state: ExchangeState, session: int) -> None:
    """Splits are booked, orders that aged over a weekend end, the evening's GTC orders become live."""
    _age(state, session)
    book_splits(state, session)
    for order in list(state.open_orders.values()):
        if order.status == "accepted" and order.time_in_force == "gtc":
            state.touch(order, "new")


def _open(state: ExchangeState, session: int) -> None:
    for order in list(state.open_orders.values()):
        if order.status == "accepted":
            state.touch(order, "new")
    set_triggers(state)
    process_due(state, state.now)
    for order in [o for o in state.open_orders.values() if o.time_in_force == "opg" and o.session <= session]:
        end(state, order, "expired")


def _close(state: ExchangeState, session: int) -> None:
    """What is good for the day ends, delisted holdings are paid out, the day's equity is noted."""
    for order in list(state.open_orders.values()):
        order.trigger = NEVER
        if order.is_open and order.time_in_force != "gtc" and order.session <= session:
            end(state, order, "expired")
    book_delistings(state, session)
    state.add_equity(session, state.equity())


def _age(state: ExchangeState, session: int) -> None:
    """The broker's ageing job cancels good-till-canceled orders on their `expires_at` date."""
    for order in list(state.open_orders.values()):
        if order.is_open and order.time_in_force == "gtc" and order.expires <= state.now:
            end(state, order, "canceled")


_STAGES = {Stage.EARLY: _early, Stage.OPEN: _open, Stage.CLOSE: _close, Stage.AGEING: _age}
