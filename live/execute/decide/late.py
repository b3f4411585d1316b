"""Entries that were given up for lateness today, and which of them `--skip-time-check` may revive; pure."""

from __future__ import annotations

from backtest.model import SkipReason
from live.broker import LatestPrice
from live.execute.decide import guards
from live.execute.decide.guards import Refusal
from live.execute.decide.schedule import DayPart
from live.execute.facts import Facts
from live.state_db.rows import OrderRow


def late_entries(facts: Facts) -> list[OrderRow]:
    """Return today's entries that ended only because the cutoff had passed, while the run may still send them.

    Nothing of them ever left, so their id is still free (I1).
    """
    if not facts.skip_time_check or facts.moment.day_part is not DayPart.AFTER_CUTOFF or not facts.moment.clock_known:
        return []
    return [row for row in facts.entries if row.is_given_up_late]


def revival_refusal(facts: Facts, row: OrderRow, latest: LatestPrice | None) -> Refusal | None:
    """Return why a late entry stays given up: today's market is not where it was sized, or nobody knows where it is."""
    entry, stop = row.entry, row.planned_stop_price
    if entry is None or stop is None:
        return Refusal("incomplete", "its row has no decision", final=True)
    if latest is None or not guards.is_of_today(latest, facts.moment):
        return Refusal(SkipReason.NO_PRICE_DATA, "there is no price of today to check", final=True)
    deviation = facts.config.strategy.max_price_deviation_bp
    return guards.price(latest, entry.reference_price, stop, deviation, facts.moment)
