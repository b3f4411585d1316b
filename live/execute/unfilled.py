"""Writes why entries that are over bought nothing; asks for the trades of those with a limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from backtest.model import SkipReason
from live.broker import LatestPrice
from live.errors import BrokerUnavailableError
from live.execute.decide.unfilled import is_unexplained, lost_reason, unfilled_reason
from live.execute.executor import Executor
from live.execute.gather import day_start
from live.state_db.rows import OrderRow

KILL_SWITCH, BY_HAND = "kill_switch", "closed_by_hand"
"""Why an entry ended that the kill switch, or `admin close` and `flatten`, took back."""
_SELLS_BY_HAND = ("admin-close", "admin-flatten")


def note_unfilled(executor: Executor, rows: Sequence[OrderRow]) -> None:
    """Write of each entry that ended at the broker without a share why; without trades it is `no_price_data`."""
    latest = _latest_trades(executor, [row.ticker for row in rows if row.limit_price is not None])
    for row in rows:
        reason = unfilled_reason(row, latest.get(row.ticker), executor.facts.moment)
        executor.db.orders.note_end(row.client_order_id, reason)


def note_lost_reasons(executor: Executor) -> None:
    """Write of today's entries that were canceled without a word why they bought nothing, where the market says it."""
    facts = executor.facts
    rows = [row for row in facts.entries if is_unexplained(row)]
    if not rows:
        return
    try:
        latest = executor.broker.get_latest_trades([row.ticker for row in rows])
    except BrokerUnavailableError:
        return  # nothing depends on it
    for row in rows:
        reason = lost_reason(row, latest.get(row.ticker), facts.moment)
        if reason is not None:
            executor.db.orders.note_end(row.client_order_id, reason)


def note_killed_reasons(executor: Executor) -> None:
    """Write why today's entries ended that a killed run has canceled and did not live to say so (F122).

    By a veto, else by the kill switch that is on, else by hand, else as at the poll timeout.
    """
    facts, db = executor.facts, executor.db
    rows = [row for row in facts.entries if is_unexplained(row)]
    killed = db.runs.killed_since(day_start(facts.moment.today)) if rows else frozenset()
    if not killed:
        return
    is_on, is_by_hand = db.system_config.kill_switch().on, not killed.isdisjoint(_SELLS_BY_HAND)
    unfilled = []
    for row in rows:
        if row.ticker in facts.holds.vetoes:
            db.orders.note_end(row.client_order_id, SkipReason.VETOED)
        elif is_on or is_by_hand:
            db.orders.note_end(row.client_order_id, KILL_SWITCH if is_on else BY_HAND)
        else:
            unfilled.append(row)
    note_unfilled(executor, unfilled)


def _latest_trades(executor: Executor, tickers: Sequence[str]) -> Mapping[str, LatestPrice]:
    """Return the latest trades; none, and a problem of the run, when the broker does not answer."""
    if not tickers:
        return {}
    try:
        return executor.broker.get_latest_trades(tickers)
    except BrokerUnavailableError as error:
        executor.run.outcome.add_error(error)
        return {}
