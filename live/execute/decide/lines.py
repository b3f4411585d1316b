"""Which lines of the plan keep a run from ending 0: left open, or ended badly; pure."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from backtest.model import SkipReason
from live.book.foreign import foreign_troubles
from live.book.lasting import LastingTrouble
from live.execute.decide.entry_holds import HELD_BACK
from live.execute.decide.sales import Sale, SaleState, any_in, plan_sales
from live.execute.decide.schedule import DayPart, poll_command
from live.execute.facts import Facts
from live.orders import OrderStatus
from live.state_db.rows import OrderRow

RERUN = "Run the same command again."
POLL_AGAIN = "Run --phase poll again."
ENTRY_IS_OVER = "Nothing to do: the entry is over."
CANCEL_UNCONFIRMED = "the cancel of its stop is not confirmed; not sold"
NEXT_FILE = "The next signal file lists it again."
RECONCILE = "Find out why: python -m live.admin reconcile"
BUY_LATE = "To buy it today all the same: python -m live.executor --phase poll --skip-time-check"

AS_DECIDED = (*HELD_BACK, SkipReason.ABOVE_LIMIT)
"""Ends of an entry that somebody wanted: a person, or the rules with its limit."""


class OpenLine(NamedTuple):
    """What is open, and what to do. is_entry: it is an entry."""

    what: str
    next_step: str
    is_entry: bool = False


def unfinished_lines(facts: Facts) -> frozenset[str]:
    """Return our ids of today's lines that are not over."""
    return frozenset(row.client_order_id for row in (*facts.exits, *facts.entries) if not row.is_final)


def entries_ended_since(facts: Facts, moment: datetime) -> frozenset[str]:
    """Return our ids of today's entries that have ended since: a run that was killed then could not say so."""
    return frozenset(row.client_order_id for row in facts.entries if row.is_final and row.updated_at >= moment)


def open_lines(facts: Facts, open_before: frozenset[str], *, only_places: bool) -> list[OpenLine]:
    """Return what keeps the run from ending 0.

    open_before: the ids of today's lines that were not over when the run began (and all of a plan it accepted), or
    that ended in a run that was killed before it could say so.
    only_places: the phase only places, so an accepted order is all it had to do, and an entry may wait for a
    sell that is working.
    """
    sales = plan_sales(facts)
    found = [_open_sale(facts, sale, only_places=only_places) for sale in sales]
    may_wait = only_places and any_in(SaleState.WORKING, sales)
    goes_on = only_places and facts.moment.day_part is not DayPart.CLOSED
    after = f"{poll_command(facts.moment)}." if goes_on else ENTRY_IS_OVER
    for row in facts.entries:
        if row.is_final:
            step = BUY_LATE if _may_be_late(facts, row) else after
            found.append(_ended_entry(row, step) if row.client_order_id in open_before else None)
        else:
            waits = may_wait or facts.holds.refusal(row.ticker) is not None
            found.append(_open_entry(row, may_wait=waits, may_work=only_places))
    return [line for line in found if line is not None]


def _may_be_late(facts: Facts, row: OrderRow) -> bool:
    """Return whether `--skip-time-check` could still take up an entry that was given up for lateness."""
    return row.is_given_up_late and facts.moment.is_open and not facts.config.live.enabled


def lasting_troubles(facts: Facts) -> list[LastingTrouble]:
    """Return what stays as it is until the day is over: exits that did not sell, foreign sell orders."""
    foreign = (foreign_troubles(one, facts.foreign_sells.get(one.ticker, ())) for one in facts.positions)
    return [*ended_sales(facts), *(trouble for found in foreign for trouble in found)]


def ended_sales(facts: Facts) -> list[LastingTrouble]:
    """Return the exits of today whose newest order is over although shares are left: rejected, expired, never sent."""
    unsold = (SaleState.OVER, SaleState.SELL)
    return [_ended_sale(sale) for sale in plan_sales(facts) if sale.line.is_final and sale.state in unsold]


def _ended_sale(sale: Sale) -> LastingTrouble:
    line = sale.line
    sold = f"{line.filled_qty} of {line.qty} shares sold" if line.filled_qty else "not sold"
    words = f"{line.ticker}: {sold} today ({line.reject_reason or line.status})"
    is_sent_again = sale.state is SaleState.SELL
    again = "Run --phase poll: it sends it once more." if is_sent_again else NEXT_FILE
    return LastingTrouble(line.client_order_id, words, again)


def _open_sale(facts: Facts, sale: Sale, *, only_places: bool) -> OpenLine | None:
    line = sale.line
    match sale.state:
        case SaleState.DONE | SaleState.KEPT | SaleState.OVER | SaleState.HELD:  # the last two are lasting troubles
            return None
        case SaleState.WORKING:
            return None if only_places else OpenLine(f"{line.ticker}: its sell is still working", POLL_AGAIN)
        case SaleState.LEFT_ALONE:
            return OpenLine(f"{line.ticker}: left alone, state DB and broker differ on it", RECONCILE)
        case _ if line.ticker in facts.not_freed:
            return OpenLine(f"{line.ticker}: {CANCEL_UNCONFIRMED}", RERUN)
        case _:
            return OpenLine(f"{line.ticker}: its sell has not gone out", RERUN)


def _open_entry(row: OrderRow, *, may_wait: bool, may_work: bool) -> OpenLine | None:
    if row.status is OrderStatus.PLANNED:
        return None if may_wait else OpenLine(f"{row.ticker}: its entry has not gone out", RERUN, True)
    if may_work and row.is_working:
        return None
    return OpenLine(f"{row.ticker}: its entry is still working", POLL_AGAIN, True)


def _ended_entry(row: OrderRow, next_step: str) -> OpenLine | None:
    if row.filled_qty == row.qty or row.end_reason in AS_DECIDED:
        return None
    if row.filled_qty:
        words = f"{row.ticker}: bought {row.filled_qty} of {row.qty} shares"
    else:
        words = f"{row.ticker}: not bought ({row.reject_reason or row.status})"
    return OpenLine(words, next_step, True)
