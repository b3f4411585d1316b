"""`--skip-time-check` takes up again what a run of the same day gave up for lateness."""

from __future__ import annotations

from live.execute.decide.late import late_entries, revival_refusal
from live.execute.executor import Executor


def revive_late_entries(executor: Executor) -> None:
    """Plan today's late entries again, as far as their price check holds. Raises BrokerUnavailableError (8)."""
    facts = executor.facts
    rows = late_entries(facts)
    if not rows or executor.halted is not None:
        return
    prices = executor.broker.get_latest_trades([row.ticker for row in rows])
    with executor.db.transaction():
        for row in rows:
            refusal = revival_refusal(facts, row, prices.get(row.ticker))
            if refusal is None:
                executor.db.orders.revive(row.client_order_id)
                executor.run.note(f"{row.ticker}: given up for lateness today, now taken up again")
            else:
                executor.run.note(f"{row.ticker}: stays given up for lateness: {refusal.words}")
