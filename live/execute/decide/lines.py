"""Which lines of the plan keep a run from ending 0: left open, or ended badly in this run; pure."""

from __future__ import annotations

from typing import NamedTuple

from live.execute.decide.sales import Sale, SaleState, any_in, plan_sales
from live.execute.facts import Facts
from live.orders import OrderStatus
from live.state_db.rows import OrderRow

RERUN = "Run the same command again."
POLL_AGAIN = "Run --phase poll again."


class OpenLine(NamedTuple):
    """What is open, and what to do."""

    what: str
    next_step: str = ""


def unfinished_lines(facts: Facts) -> frozenset[str]:
    """Return our ids of today's lines that are not over."""
    return frozenset(row.client_order_id for row in (*facts.exits, *facts.entries) if not row.is_final)


def open_lines(facts: Facts, open_before: frozenset[str], *, only_places: bool) -> list[OpenLine]:
    """Return what keeps the run from ending 0.

    open_before: the ids of today's lines that were not over when the run began (and all of a plan it accepted).
    only_places: the phase only places, so an accepted order is all it had to do, and an entry may wait for a
    sell that is working.
    """
    sales = plan_sales(facts)
    found = [_open_sale(sale, open_before, only_places=only_places) for sale in sales]
    may_wait = only_places and any_in(SaleState.WORKING, sales)
    found += [_open_entry(row, open_before, may_wait=may_wait, may_work=only_places) for row in facts.entries]
    return [line for line in found if line is not None]


def _open_sale(sale: Sale, open_before: frozenset[str], *, only_places: bool) -> OpenLine | None:
    line = sale.line
    match sale.state:
        case SaleState.DONE:
            return None
        case SaleState.WORKING:
            return None if only_places else OpenLine(f"{line.ticker}: its sell is still working", POLL_AGAIN)
        case SaleState.OVER:
            if line.client_order_id not in open_before:
                return None
            why = line.reject_reason or line.status
            return OpenLine(f"{line.ticker}: not sold today ({why})", "The next signal file lists it again.")
        case SaleState.LEFT_ALONE:
            return OpenLine(f"{line.ticker}: left alone, state DB and broker differ on it")
        case _:
            return OpenLine(f"{line.ticker}: its sell has not gone out", RERUN)


def _open_entry(row: OrderRow, open_before: frozenset[str], *, may_wait: bool, may_work: bool) -> OpenLine | None:
    if row.is_final:
        return _ended_entry(row) if row.client_order_id in open_before else None
    if row.status is OrderStatus.PLANNED:
        return None if may_wait else OpenLine(f"{row.ticker}: its entry has not gone out", RERUN)
    if may_work and row.is_working:
        return None
    return OpenLine(f"{row.ticker}: its entry is still working", POLL_AGAIN)


def _ended_entry(row: OrderRow) -> OpenLine | None:
    if row.filled_qty == row.qty:
        return None
    if row.filled_qty:
        words = f"{row.ticker}: bought {row.filled_qty} of {row.qty} shares"
    else:
        words = f"{row.ticker}: not bought ({row.reject_reason or row.status})"
    return OpenLine(words, "Nothing to do: the entry is over.")
