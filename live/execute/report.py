"""What a run says in the end: the state of every line, the five closing lines, `--json`, the plan of a dry run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from backtest.model import ExitReason, Price
from backtest.money import format_price, format_usd
from backtest.timezone import NEW_YORK
from live.book.stops import StopCheck
from live.execute.buys import BuyAct, Choice
from live.execute.decide.schedule import DayPart, Moment, Phase
from live.execute.desk import Desk
from live.execute.guards import entry_need
from live.execute.sells import Sale, SaleAct, plan_sales
from live.orders import Intent
from live.state_db.rows import PLANNED, OrderRow, PositionRow

RERUN = "Run the same command again."
SHOWN = 6
"""How many tickers a closing line names before it only counts."""


def clock_text(moment: datetime) -> str:
    """Return New York wall time for people: 09:30."""
    return f"{moment.astimezone(NEW_YORK):%H:%M}"


def judge_lines(desk: Desk, open_before: frozenset[str], waits: bool) -> None:
    """Count what keeps the run from ending 0: lines left open, and lines that ended badly in this run.

    open_before: the ids of today's lines that were not over when the run began (and all of a plan it
    accepted). waits: the phase only places, so an accepted order is all it had to do, and an entry may
    wait for a sell that is working.
    """
    sales = plan_sales(desk)
    working_sells = any(sale.act is SaleAct.WORKING for sale in sales)
    for sale in sales:
        _judge_sale(desk, sale, open_before, waits)
    for row in desk.lines(Intent.ENTRY):
        if row.is_terminal:
            _judge_ended_entry(desk, row, open_before)
        elif row.status == PLANNED:
            if not (waits and working_sells):
                desk.run.outcome.unresolved(f"{row.ticker}: its entry has not gone out", RERUN)
        elif not (waits and row.is_working):
            desk.run.outcome.unresolved(f"{row.ticker}: its entry is still working", "Run --phase poll again.")


def _judge_sale(desk: Desk, sale: Sale, open_before: frozenset[str], waits: bool) -> None:
    name = sale.line.client_order_id
    if sale.act is SaleAct.DONE:
        return
    if sale.act is SaleAct.WORKING:
        if not waits:
            desk.run.outcome.unresolved(f"{sale.line.ticker}: its sell is still working", "Run --phase poll again.")
    elif sale.act is SaleAct.OVER:
        if name in open_before:
            why = sale.line.reject_reason or sale.line.status
            desk.run.outcome.unresolved(
                f"{sale.line.ticker}: not sold today ({why})", "The next signal file lists it again."
            )
    elif sale.act is SaleAct.LEFT_ALONE:
        desk.run.outcome.unresolved(f"{sale.line.ticker}: left alone, state DB and broker differ on it")
    else:
        desk.run.outcome.unresolved(f"{sale.line.ticker}: its sell has not gone out", RERUN)


def _judge_ended_entry(desk: Desk, row: OrderRow, open_before: frozenset[str]) -> None:
    if row.client_order_id not in open_before or row.filled_qty == row.qty:
        return
    if row.filled_qty:
        words = f"{row.ticker}: bought {row.filled_qty} of {row.qty} shares"
    else:
        words = f"{row.ticker}: not bought ({row.reject_reason or row.status})"
    desk.run.outcome.unresolved(words, "Nothing to do: the entry is over.")


def line_names(desk: Desk) -> frozenset[str]:
    """Return the ids of today's lines that are not over."""
    rows = (*desk.lines(Intent.EXIT), *desk.lines(Intent.ENTRY))
    return frozenset(row.client_order_id for row in rows if not row.is_terminal)


def stopped_out_text(position: PositionRow) -> str:
    """Return one stopped-out position with price and P&L."""
    price = "?" if position.exit_price is None else format_price(position.exit_price)
    pnl = "?" if position.pnl is None else format_usd(position.pnl)
    pct = "" if position.return_pct is None else f" ({position.return_pct:+.1f} %)"
    return f"{position.ticker} {position.sold_shares} at {price} on {position.exit_date}, P&L {pnl}{pct}"


def close_with(desk: Desk) -> None:
    """Fill in the five closing lines and the `--json` report from the state DB as it stands."""
    closing = desk.run.closing_lines
    closing.stopped_out = [stopped_out_text(p) for p in desk.closed if p.exit_reason is ExitReason.STOP_LOSS]
    sales = plan_sales(desk)
    entries = desk.lines(Intent.ENTRY)
    closing.exits = _counted(
        ([s.line.ticker for s in sales if s.act is SaleAct.DONE], "sold"),
        ([s.line.ticker for s in sales if s.act is SaleAct.WORKING], "working"),
        ([s.line.ticker for s in sales if s.act not in (SaleAct.DONE, SaleAct.WORKING)], "open"),
    )
    closing.entries = _counted(
        ([r.ticker for r in entries if r.filled_qty], "bought"),
        ([r.ticker for r in entries if r.is_working and not r.filled_qty], "working"),
        ([r.ticker for r in entries if not r.is_terminal and not r.is_working], "waiting"),
    )
    ended = [r for r in entries if r.is_terminal and not r.filled_qty]
    closing.skipped = ", ".join(f"{r.ticker} {short_reason(r)}" for r in ended) or "none"
    closing.needs_hand = "; ".join(desk.needs_hand) or "nothing"
    worst = desk.run.outcome.worst
    closing.next_step = (worst.next_step or "see above") if worst is not None else _usual_next(desk.phase, desk.moment)
    desk.run.report |= {
        "phase": desk.phase.value,
        "trade_date": desk.moment.today.isoformat(),
        "exits": [_line_json(sale.line) | {"state": sale.act.value} for sale in sales],
        "entries": [_line_json(row) for row in entries],
        "open_positions": len(desk.open_positions()),
        "requests": desk.broker.requests_sent().total,
    }


def short_reason(row: OrderRow) -> str:
    """Return an ended entry's reason without the broker's words."""
    return (row.reject_reason or row.status).split(":")[0]


def _line_json(row: OrderRow) -> dict[str, object]:
    return {
        "client_order_id": row.client_order_id,
        "ticker": row.ticker,
        "qty": row.qty,
        "filled_qty": row.filled_qty,
        "fill_price": None if row.fill_price is None else str(row.fill_price),
        "status": row.status,
        "reason": row.exit_reason.value if row.exit_reason else row.reject_reason,
    }


def _counted(*parts: tuple[Sequence[str], str]) -> str:
    """Return how many lines stand where, with their tickers: `2 bought: AAA, BBB; 1 working: CCC`."""
    return "; ".join(f"{len(found)} {word}: {_first(found)}" for found, word in parts if found) or "none"


def _first(tickers: Sequence[str]) -> str:
    more = f" and {len(tickers) - SHOWN} more" if len(tickers) > SHOWN else ""
    return ", ".join(tickers[:SHOWN]) + more


def _usual_next(phase: Phase, moment: Moment) -> str:
    session = moment.session
    if moment.day_part is DayPart.BEFORE_OPEN and session is not None:
        return f"python -m live.executor --phase poll after {clock_text(session.open)}"
    if moment.is_open and session is not None and phase is not Phase.PROTECT:
        return f"python -m live.executor --phase protect before {clock_text(session.close)}"
    ahead = moment.next_session
    return "nothing to do" if ahead is None else f"next session {ahead.day}, opens {clock_text(ahead.open)} New York"


def tell_plan(
    desk: Desk,
    stale: Sequence[OrderRow] = (),
    checks: Sequence[StopCheck] = (),
    sales: Sequence[Sale] = (),
    choices: Sequence[Choice] = (),
    funds: Price = 0,
) -> None:
    """Print what a real run would do now (`--dry-run`): the same plan it would carry out.

    funds: what entries may use before the first of them, in 1/10,000 USD.
    """
    todo = [sale for sale in sales if sale.act is SaleAct.SELL]
    buys = [choice for choice in choices if choice.act is BuyAct.SEND]
    fixes = [check for check in checks if not check.is_done]
    stops = [stop for sale in todo for stop in sale.stops]
    say = desk.run.console.say
    for row in stale:
        say(f"cancel entry   {row.ticker} of {row.trade_date}, {row.remaining_qty} shares unfilled")
    for check in fixes:
        price = format_price(check.position.stop_price)
        say(f"{check.need.value:<14} stop {check.position.ticker} {check.shares} at {price}")
    for stop in stops:
        say(f"cancel stop    {stop.ticker} {stop.remaining_qty}")
    for sale in todo:
        shares = sale.position.actual_shares if sale.position else sale.line.qty
        say(f"sell           {sale.line.ticker} {shares} ({sale.line.exit_reason})")
    for choice in choices:
        row, words = choice.row, "" if choice.refusal is None else f": {choice.refusal.words}"
        verb = {BuyAct.SEND: "buy", BuyAct.WAIT: "wait", BuyAct.DROP: "skip"}[choice.act]
        at = "" if row.planned_stop_price is None else f", stop {format_price(row.planned_stop_price)}"
        say(f"{verb:<14} {row.ticker} {row.qty}{at}{words}")
    held = len(desk.open_positions())
    left = held - len(todo) + len(buys)
    cost = sum(entry_need(r.entry.reference_price, r.qty) for c in buys if (r := c.row).entry is not None)
    money = f", funds {format_usd(funds)} - {format_usd(cost)} = {format_usd(funds - cost)} USD" if buys else ""
    say(f"cancel {len(stops)} stops, sell {len(todo)}, buy {len(buys)}, leaving {left} positions, {left} stops{money}")
    desk.run.report |= {
        "dry_run": True,
        "phase": desk.phase.value,
        "cancel_entries": [row.client_order_id for row in stale],
        "stops": [{"ticker": check.position.ticker, "do": check.need.value, "shares": check.shares} for check in fixes],
        "cancel_stops": [stop.client_order_id for stop in stops],
        "sell": [sale.line.client_order_id for sale in todo],
        "buy": [choice.row.client_order_id for choice in buys],
        "wait": [choice.row.client_order_id for choice in choices if choice.act is BuyAct.WAIT],
        "skip": [choice.row.client_order_id for choice in choices if choice.act is BuyAct.DROP],
        "positions_after": left,
    }
    closing = desk.run.closing_lines
    closing.exits = f"{len(todo)} to sell" if todo else "none"
    closing.entries = f"{len(buys)} to buy" if buys else "none"
    dropped = [choice for choice in choices if choice.act is BuyAct.DROP and choice.refusal]
    closing.skipped = ", ".join(f"{c.row.ticker} {c.refusal.reason}" for c in dropped if c.refusal) or "none"
    closing.needs_hand = "; ".join(desk.needs_hand) or "nothing"
    closing.next_step = "the same command without --dry-run"
