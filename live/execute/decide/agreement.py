"""Where state DB and broker differ, beyond what is known already; pure."""

from __future__ import annotations

from live.book.reconcile import Mismatch, reconcile
from live.execute.facts import Facts


def new_mismatches(facts: Facts) -> tuple[Mismatch, ...]:
    """Return the differences, by ticker, that this run has not reported yet; ignored holdings are none."""
    found = reconcile(
        facts.positions, facts.holdings.values(), facts.config.execution.ignore_tickers, facts.unfinished()
    )
    return tuple(mismatch for mismatch in found if mismatch.ticker not in facts.mismatches)
