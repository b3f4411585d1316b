"""`--dry-run`: the plan that a real run would carry out now, from the same decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from backtest.model import Price
from backtest.money import format_price, format_usd
from live.book.funds import need_of
from live.book.stops import StopCheck, StopNeed
from live.execute.decide.entries import (
    EntryAction,
    EntryDecision,
    available_funds,
    decide_entries,
    is_held_back,
    planned_entries,
    stale_entries,
    to_send,
)
from live.execute.decide.lines import lasting_troubles
from live.execute.decide.sales import Sale, overdue_sells, plan_sales, to_sell
from live.execute.decide.schedule import Step
from live.execute.decide.stops import open_needs
from live.execute.executor import Executor
from live.run.closing_lines import counted, first_of
from live.state_db.rows import OrderRow

_STOP_WORDS = {
    StopNeed.PLACE: ("place stop", ""),
    StopNeed.REPLACE: ("replace stop", ""),
    StopNeed.RENEW: ("renew stop", ": it expires soon"),
    StopNeed.SWAP: ("replace stop", ": canceled first, then placed anew"),
    StopNeed.CANCELING: ("place stop", ": once the cancel of the old one has ended"),
    StopNeed.HELD: ("wait for stop", ": the broker holds it back; a new one is placed if it stays so"),
    StopNeed.UNKNOWN: ("leave stop", ": what it or the sell beside it does at the broker is not known"),
}


@dataclass(frozen=True, slots=True)
class RunPlan:
    """What a real run would do. funds: what entries may use before the first of them, in 1/10,000 USD."""

    stale: Sequence[OrderRow]
    overdue: Sequence[OrderRow]
    needs: Sequence[StopCheck]
    sales: Sequence[Sale]
    entries: Sequence[EntryDecision]
    funds: Price
    held: int

    @property
    def buys(self) -> list[OrderRow]:
        return to_send(self.entries)

    @property
    def stops(self) -> list[OrderRow]:
        """The stops that go so that their shares can be sold."""
        return [stop for sale in self.sales for stop in sale.stops]

    @property
    def left(self) -> int:
        """Positions after it."""
        return self.held - len(self.sales) + len(self.buys)


def report_plan(executor: Executor, steps: Sequence[Step] = ()) -> None:
    """Print what the steps would do after the protection that every run begins with."""
    plan = _make_plan(executor, steps)
    for line in _plan_lines(plan):
        executor.run.console.say(line)
    executor.run.report |= {"dry_run": True, "phase": executor.phase.value, **_plan_json(plan)}
    dropped = [one for one in plan.entries if one.action is EntryAction.DROP]
    closing = executor.run.closing_lines
    closing.exits = counted(([one.line.ticker for one in plan.sales], "to sell"))
    closing.entries = counted(([row.ticker for row in plan.buys], "to buy"))
    closing.skipped = counted(([f"{one.row.ticker} {one.refusal.reason}" for one in dropped if one.refusal], ""))
    lasting = [trouble.what for trouble in lasting_troubles(executor.facts)]
    closing.needs_hand = first_of([*executor.needs_hand, *lasting], "; ") or "nothing"
    closing.next_step = "the same command without --dry-run"


def _make_plan(executor: Executor, steps: Sequence[Step]) -> RunPlan:
    facts, may_trade = executor.facts, executor.halted is None
    sales = to_sell(plan_sales(facts)) if Step.SELL in steps and may_trade else []
    entries: list[EntryDecision] = []
    rows = planned_entries(facts)
    if rows and may_trade and (Step.BUY in steps or Step.DROP_ENTRIES in steps):
        prices = executor.broker.get_latest_trades([row.ticker for row in rows])
        entries = decide_entries(facts, prices, selling=bool(sales), freed_slots=len(sales))
    return RunPlan(
        stale=stale_entries(facts),
        overdue=overdue_sells(facts),
        needs=open_needs(facts, skip={sale.line.ticker for sale in sales}),
        sales=sales,
        entries=entries,
        funds=available_funds(facts).left,
        held=len(facts.positions),
    )


def _plan_lines(plan: RunPlan) -> list[str]:
    stale = plan.stale
    lines = [f"cancel entry   {row.ticker} of {row.trade_date}, {row.remaining_qty} shares unfilled" for row in stale]
    lines += [
        f"cancel sell    {row.ticker} of {row.trade_date}, {row.remaining_qty} shares unsold" for row in plan.overdue
    ]
    for check in plan.needs:
        lines += _stop_lines(check)
    lines += [f"cancel stop    {stop.ticker} {stop.remaining_qty}" for stop in plan.stops]
    for sale in plan.sales:
        shares = sale.position.actual_shares if sale.position else sale.line.qty
        lines.append(f"sell           {sale.line.ticker} {shares} ({sale.line.exit_reason})")
    lines += [_entry_line(one) for one in plan.entries]
    cost = sum(need_of(row.entry, row.qty) for row in plan.buys if row.entry is not None)
    total = f"cancel {len(plan.stops)} stops, sell {len(plan.sales)}, buy {len(plan.buys)}, "
    total += f"leaving {plan.left} positions, {plan.left} stops"
    if plan.buys:
        total += f", funds {format_usd(plan.funds)} - {format_usd(cost)} = {format_usd(plan.funds - cost)} USD"
    return [*lines, total]


def _stop_lines(check: StopCheck) -> list[str]:
    lines = [f"cancel stop    {stop.ticker} {stop.remaining_qty}: surplus" for stop in check.surplus]
    if check.need in _STOP_WORDS:
        verb, note = _STOP_WORDS[check.need]
        price = format_price(check.position.stop_price)
        lines.append(f"{verb:<14} {check.position.ticker} {check.shares} at {price}{note}")
    return lines


def _entry_line(decision: EntryDecision) -> str:
    row, words = decision.row, "" if decision.refusal is None else f": {decision.refusal.words}"
    if is_held_back(decision) and decision.refusal is not None:
        words = f": {decision.refusal.reason}{words}"
    verb = {EntryAction.SEND: "buy", EntryAction.WAIT: "wait", EntryAction.DROP: "skip"}[decision.action]
    at = "" if row.limit_price is None else f", at most {format_price(row.limit_price)}"
    at += "" if row.planned_stop_price is None else f", stop {format_price(row.planned_stop_price)}"
    return f"{verb:<14} {row.ticker} {row.qty}{at}{words}"


def _plan_json(plan: RunPlan) -> dict[str, object]:
    def names(action: EntryAction) -> list[str]:
        return [one.row.client_order_id for one in plan.entries if one.action is action]

    return {
        "cancel_entries": [row.client_order_id for row in plan.stale],
        "cancel_sells": [row.client_order_id for row in plan.overdue],
        "stops": [{"ticker": one.position.ticker, "do": one.need.value, "shares": one.shares} for one in plan.needs],
        "cancel_stops": [stop.client_order_id for stop in plan.stops],
        "sell": [sale.line.client_order_id for sale in plan.sales],
        "buy": names(EntryAction.SEND),
        "wait": names(EntryAction.WAIT),
        "skip": names(EntryAction.DROP),
        "positions_after": plan.left,
    }
