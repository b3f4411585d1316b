"""The passage of time: from event to event, never minute by minute.

Events are the stages of each session day and, while the market is open, the moments at which the
price path reaches an order; a year without orders costs four steps a session.
"""

from __future__ import annotations

from backtest.errors import ConfigError
from live.sim.corporate import book_delistings, book_splits
from live.sim.fills import arm_all, end, run_due
from live.sim.ledger import Ledger
from live.sim.timeline import NEVER, Stage, to_datetime


def advance(ledger: Ledger, to: int) -> None:
    """Let time pass until `to`; a moment in the past changes nothing.

    Raises ConfigError when the calendar copied into the file ends before that; the caller takes all back.
    """
    if to <= ledger.now:
        return
    line = ledger.tape.timeline
    while True:
        moment, session, stage = line.next_stage(ledger.now)
        run_due(ledger, min(to, moment))
        if moment == NEVER:
            last = line.day(len(line) - 1)
            raise ConfigError(
                f"the exchange's calendar ends with {last}: {to_datetime(to):%Y-%m-%d} lies after it",
                next_step="Make a new exchange from prices that reach further.",
            )
        if moment > to:
            break
        ledger.now = moment
        _STAGES[stage](ledger, session)
    ledger.now = to


def _early(ledger: Ledger, session: int) -> None:
    """Splits are booked, orders that aged over a weekend end, the evening's GTC orders become live."""
    _age(ledger, session)
    book_splits(ledger, session)
    for order in list(ledger.open_orders.values()):
        if order.status == "accepted" and order.time_in_force == "gtc":
            ledger.touch(order, "new")


def _open(ledger: Ledger, session: int) -> None:
    for order in list(ledger.open_orders.values()):
        if order.status == "accepted":
            ledger.touch(order, "new")
    arm_all(ledger)
    run_due(ledger, ledger.now)
    for order in [o for o in ledger.open_orders.values() if o.time_in_force == "opg" and o.session <= session]:
        end(ledger, order, "expired")


def _close(ledger: Ledger, session: int) -> None:
    """What is good for the day ends, delisted holdings are paid out, the day's equity is noted."""
    for order in list(ledger.open_orders.values()):
        order.trigger = NEVER
        if order.is_open and order.time_in_force != "gtc" and order.session <= session:
            end(ledger, order, "expired")
    book_delistings(ledger, session)
    ledger.add_equity(session, ledger.equity())


def _age(ledger: Ledger, session: int) -> None:
    """The broker's ageing job cancels good-till-canceled orders on their `expires_at` date."""
    for order in list(ledger.open_orders.values()):
        if order.is_open and order.time_in_force == "gtc" and order.expires <= ledger.now:
            end(ledger, order, "canceled")


_STAGES = {Stage.EARLY: _early, Stage.OPEN: _open, Stage.CLOSE: _close, Stage.AGEING: _age}
