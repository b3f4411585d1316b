"""What holds for every entry and exit whatever the plan says (I16), counted from the broker's facts; pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from live.config import OnTrip
from live.execute.decide import guards
from live.execute.decide.guards import Refusal
from live.execute.facts import Facts
from live.orders import Intent, OrderStatus
from live.state_db.rows import OrderRow


def order_refusal(facts: Facts, row: OrderRow, going: Sequence[OrderRow] = ()) -> Refusal | None:
    """Return why an entry or exit may not leave, or None. going: orders of the same batch, already allowed."""
    config = facts.config
    trades = facts.trades_sent + len(going)
    refusal = (
        guards.order_limit(trades, config.max_daily_trade_orders, "entry and exit orders")
        or guards.order_limit(trades + facts.stops_sent, config.safety.max_orders_per_day, "orders")
        or guards.account(facts.account)
        or safety_refusal(facts)
    )
    if refusal is not None or row.intent is Intent.EXIT:
        return refusal
    # sells_working only says whether the line is over, which `decide_entries` has judged: here it is held back, no more
    return (
        guards.entry_time(facts.moment, skip_time_check=facts.skip_time_check)
        or size_refusal(facts, row)
        or guards.slot(free_slots(facts) - len(going), sells_working=True)
        or guards.foreign_sell(row.ticker, facts.foreign_sells)
    )


def size_refusal(facts: Facts, row: OrderRow) -> Refusal | None:
    """Return why an entry is too large: that entry never goes out, everything else of the day does."""
    if row.entry is None:
        return None
    reference, config = row.entry.reference_price, facts.config
    return (
        guards.position_size(reference, row.qty, config.strategy.position_units)
        or guards.position_value(reference, row.qty, config.safety.max_position_usd)
        or guards.position_share(reference, row.qty, facts.account.equity, config.safety.max_position_pct)
    )


def safety_refusal(facts: Facts) -> Refusal | None:
    """Ask drawdown and daily loss for the account as last read."""
    safety = facts.config.safety
    return guards.safety_limits(facts.account, facts.peak_equity, safety.max_drawdown_pct, safety.max_daily_loss_pct)


def way_out(refusal: Refusal, on_trip: OnTrip) -> str:
    """Return what a person does about a limit that tripped."""
    if not refusal.is_loss:
        return "Nothing more is bought or sold today; stops stay."
    is_latched = on_trip is OnTrip.KILL_SWITCH
    switch = "python -m live.admin kill-switch off"
    if refusal.reason == guards.MAX_DRAWDOWN:
        reset = 'python -m live.admin limits reset-peak --reason "…"'
        return f"Find out why. To trade again both: {switch}, {reset}" if is_latched else f"To trade again: {reset}"
    return f"From the next session on: {switch}" if is_latched else "It holds until the next session; stops stay."


def stop_limit_problem(facts: Facts) -> str | None:
    """Return that more new stops than usual were sent today, or None; a stop is never held back for it."""
    limit = facts.config.execution.max_daily_stop_orders
    return f"{facts.stops_sent} new stop orders today, the limit is {limit}" if facts.stops_sent > limit else None


def is_too_old(facts: Facts) -> bool:
    """Return whether positions and funds were read too long ago for an order to go out on them in an open session."""
    limit = timedelta(seconds=facts.config.execution.max_snapshot_age_s)
    return facts.moment.is_open and facts.read_at is not None and facts.now - facts.read_at > limit


def free_slots(facts: Facts) -> int:
    """Return max_positions less what is held at the broker or on its way there.

    A position whose exit order is accepted has freed its slot; foreign and ignored holdings count.
    """
    held = {ticker for ticker, holding in facts.holdings.items() if holding.qty != 0}
    held |= {position.ticker for position in facts.positions}
    leaving = {
        position.ticker
        for position in facts.positions
        if any(row.intent is Intent.EXIT and row.is_working for row in facts.orders_of(position.ticker))
    }
    buying = {
        row.ticker for row in facts.unfinished() if row.intent is Intent.ENTRY and row.status is not OrderStatus.PLANNED
    }
    return facts.config.strategy.max_positions - len((held - leaving) | buying)
