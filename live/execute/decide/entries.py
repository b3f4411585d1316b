"""What happens to each decided entry now: it goes out, waits, or ends; pure.

Nothing here re-ranks, re-sizes or picks another candidate. `--dry-run` prints the decisions that a real run
carries out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from backtest.model import SkipReason
from live.book.funds import Funds, funds_for_entries, need_of
from live.broker import LatestPrice
from live.execute.decide import guards
from live.execute.decide.entry_holds import HELD_BACK
from live.execute.decide.guards import Refusal
from live.execute.decide.limits import free_slots, size_refusal
from live.execute.decide.sales import Sale, SaleState, is_sell_working, plan_sales
from live.execute.facts import Facts
from live.orders import Intent, OrderStatus
from live.state_db.rows import OrderRow

FIRST_FILL_GRACE = timedelta(seconds=5)


class EntryAction(StrEnum):
    SEND = "send"
    WAIT = "wait"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class EntryDecision:
    """What happens to one planned entry in this pass, and why it does not go out."""

    row: OrderRow
    action: EntryAction
    refusal: Refusal | None = None


def planned_entries(facts: Facts) -> list[OrderRow]:
    """Return today's entries of which nothing was sent yet, in rank order."""
    return [row for row in facts.entries if row.status is OrderStatus.PLANNED]


def working_entries(facts: Facts) -> list[OrderRow]:
    """Return today's entries that are at the broker and not over."""
    return [row for row in facts.entries if row.is_working]


def bought_tickers(facts: Facts) -> frozenset[str]:
    """Return the tickers of today's entries that have bought shares."""
    return frozenset(row.ticker for row in facts.entries if row.filled_qty > 0)


def available_funds(facts: Facts) -> Funds:
    """Return what entries may use before the first of them."""
    return funds_for_entries(facts.account, facts.config.execution, facts.unfinished())


def decide_entries(
    facts: Facts,
    prices: Mapping[str, LatestPrice] | None = None,
    *,
    selling: bool = False,
    freed_slots: int = 0,
) -> list[EntryDecision]:
    """Return what to do with each planned entry, in rank order; slots and funds are reserved on the way.

    prices: today's, by ticker; None: not asked yet, they refuse nothing. selling, freed_slots: what a dry run
    assumes of the sells before. An entry that waits keeps its reservation, so nobody behind it moves up.
    """
    slots, left = free_slots(facts) + freed_slots, available_funds(facts)
    selling = selling or is_sell_working(facts)
    decisions: list[EntryDecision] = []
    for row in planned_entries(facts):
        need = _need(row)
        refusal = _refusal(facts, row, prices or {}, slots, left, selling=selling)
        if refusal is None or not refusal.final:
            slots, left = slots - 1, left.less(need)
        action = EntryAction.SEND if refusal is None else EntryAction.DROP if refusal.final else EntryAction.WAIT
        decisions.append(EntryDecision(row, action, refusal))
    return decisions


def is_held_back(decision: EntryDecision) -> bool:
    """Return whether a person's word keeps the entry back."""
    return decision.refusal is not None and decision.refusal.reason in HELD_BACK


def to_send(decisions: Sequence[EntryDecision]) -> list[OrderRow]:
    """Return the entries that go out."""
    return [one.row for one in decisions if one.action is EntryAction.SEND]


def _refusal(
    facts: Facts, row: OrderRow, prices: Mapping[str, LatestPrice], slots: int, left: Funds, *, selling: bool
) -> Refusal | None:
    """Ask the guards in their order: a person's word, time, the ticker itself, size, slots, funds, price."""
    entry, stop = row.entry, row.planned_stop_price
    if entry is None or stop is None:
        return Refusal("incomplete", "its row has no decision", final=True)
    held = facts.holdings.keys() | {position.ticker for position in facts.positions}
    sale = _sale_before(facts, row)
    selling = selling or (sale is not None and not sale.line.is_final)
    return (
        facts.holds.refusal(row.ticker)
        or guards.entry_time(facts.moment, skip_time_check=facts.skip_time_check)
        or guards.frozen(row.ticker, facts.mismatches)
        or guards.foreign_sell(row.ticker, facts.foreign_sells)
        or guards.held_already(row.ticker, held)
        or size_refusal(facts, row)
        or guards.slot(slots, sells_working=selling)
        or _funds(left, row, sale, sells_working=selling)
        or guards.price(
            prices.get(row.ticker),
            entry.reference_price,
            stop,
            facts.config.strategy.max_price_deviation_bp,
            facts.moment,
        )
    )


def _need(row: OrderRow) -> int:
    return 0 if row.entry is None else need_of(row.entry, row.qty)


def _sale_before(facts: Facts, row: OrderRow) -> Sale | None:
    """Return the sell that makes room for a replacement; None for every other entry."""
    replaced = None if row.entry is None else row.entry.replaces
    return None if replaced is None else next(iter(plan_sales(facts, only=(replaced,))), None)


def _funds(left: Funds, row: OrderRow, sale: Sale | None, *, sells_working: bool) -> Refusal | None:
    """Ask for funds, but not after the sell of a rotation: the pair was judged once, when the plan was accepted."""
    is_sold = sale is not None and sale.state is SaleState.DONE
    return None if is_sold else guards.funds(left, _need(row), sells_working=sells_working)


def end_entries(facts: Facts, why: str) -> list[EntryDecision]:
    """Return the end of every entry that was not sent when the cutoff has passed or the session is over.

    The reason is what still stood in its way: a person's word, a slot or funds, else `after_cutoff`. why: its
    words then.
    """
    slots, left = free_slots(facts), available_funds(facts)
    decisions: list[EntryDecision] = []
    for row in planned_entries(facts):
        refusal = facts.holds.refusal(row.ticker)
        if refusal is None:
            blocked = guards.slot(slots, sells_working=False) or _funds(
                left, row, _sale_before(facts, row), sells_working=False
            )
            slots, left = slots - 1, left.less(_need(row))
            refusal = blocked or Refusal(SkipReason.AFTER_CUTOFF, why, final=True)
        decisions.append(EntryDecision(row, EntryAction.DROP, refusal))
    return decisions


def stale_entries(facts: Facts, *, every: bool = False) -> list[OrderRow]:
    """Return the entries that are not over although their session is, planned ones included; all with `every`."""
    entries = (row for row in facts.unfinished() if row.intent is Intent.ENTRY)
    return [row for row in entries if every or facts.moment.is_over(row.trade_date)]


def plain_buys_to_end(facts: Facts) -> list[OrderRow]:
    """Return buys without a stop leg whose first fill is long enough ago: their rest must go before a stop can come."""
    parents = {row.parent_client_order_id for row in facts.unfinished() if row.intent is Intent.STOP and row.is_working}
    return [
        row
        for row in working_entries(facts)
        if row.client_order_id not in parents
        and row.filled_qty
        and row.filled_at is not None
        and facts.now - row.filled_at >= FIRST_FILL_GRACE
    ]
