"""Phase E: watches the buys, brings each stop to its fill, and ends what did not fill.

The rest of a plain buy (the fallback) is canceled five seconds after its first fill, so that its stop
can be placed; the rest of an OTO at the poll timeout. What is filled is booked and protected whatever
the status word.
"""

from __future__ import annotations

from datetime import timedelta

from live.book.stops import StopNeed
from live.execute.cancel import cancel_orders
from live.execute.decide.entries import bought_tickers, plain_buys_to_end, working_entries
from live.execute.decide.lines import RERUN
from live.execute.decide.stops import check_stops
from live.execute.executor import Executor
from live.execute.facts import Facts
from live.execute.protect import bring_to_fill, protect
from live.execute.unfilled import note_lost_reasons, note_unfilled


def poll_buys(executor: Executor) -> None:
    """Read the orders until every buy is over and every stop stands at its fill, at most `poll_timeout_s`.

    When the kill switch goes on it ends at once: the end of the run cancels what works and protects what filled.
    """
    note_lost_reasons(executor)
    execution = executor.config.execution
    limit = executor.facts.now + timedelta(seconds=execution.poll_timeout_s)
    if _is_settled(executor.facts):
        return
    while True:
        executor.watch()
        if executor.is_stopped:
            return
        executor.refresh_orders()
        bring_to_fill(executor, bought_tickers(executor.facts))
        cancel_orders(executor, plain_buys_to_end(executor.facts))
        if _is_settled(executor.facts):
            return
        if executor.facts.now >= limit:
            break
        executor.check()
        executor.sleep(float(execution.poll_interval_s))
    _end_unfilled(executor)


def _end_unfilled(executor: Executor) -> None:
    """Cancel the unfilled rest of today's buys, read it again, protect what filled, and name what did not."""
    rows = cancel_orders(executor, working_entries(executor.facts))
    for row in rows:
        if not row.is_final:
            words = f"{row.ticker}: the cancel of {row.client_order_id} is not confirmed"
            executor.run.outcome.unresolved(words, RERUN)
    unfilled = [row for row in rows if row.is_final and row.filled_qty == 0]
    note_unfilled(executor, [row for row in unfilled if row.limit_price is None])
    protect(executor, only=bought_tickers(executor.facts))
    # last, because it asks the broker: shares get their stops first
    note_unfilled(executor, [row for row in unfilled if row.limit_price is not None])


def _is_settled(facts: Facts) -> bool:
    """Return whether no buy of today works and no stop of one is missing or not yet at its fill."""
    checks = check_stops(facts, only=bought_tickers(facts))
    return not working_entries(facts) and all(check.need is StopNeed.NOTHING for check in checks)
