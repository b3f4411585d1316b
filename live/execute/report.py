"""What a run says in the end: the lines that are open, the five closing lines and `--json`."""

from __future__ import annotations

from backtest.model import ExitReason
from backtest.money import format_usd, to_price
from backtest.text import how_many
from live.book.lasting import count_new
from live.config import NotifyKind
from live.errors import BrokerUnavailableError
from live.execute.decide.lines import lasting_troubles, open_lines, unfinished_lines
from live.execute.decide.sales import SaleState, plan_sales
from live.execute.decide.schedule import DayPart, Phase, clock_text, poll_command
from live.execute.decide.stops import doubtful_positions
from live.execute.executor import Executor
from live.execute.facts import Facts
from live.notify.notifier import code_topic
from live.run.closing_lines import counted, first_of, stopped_out_text
from live.state_db.rows import OrderRow

NOT_OPEN = (SaleState.DONE, SaleState.WORKING, SaleState.KEPT)
"""Where an exit is not waiting to go out."""


def report_lines(executor: Executor, open_before: frozenset[str], *, only_places: bool) -> None:
    """Count the lines that keep the run from ending 0, see `decide.lines.open_lines`."""
    for line in open_lines(executor.facts, open_before, only_places=only_places):
        executor.run.outcome.unresolved(line.what, line.next_step, is_entry=line.is_entry)


def report_common(executor: Executor, usual_next: str) -> None:
    """Fill in the closing lines that every acting run has. usual_next: what to do when all went well."""
    _report_doubtful(executor)
    _report_lasting(executor)
    closing = executor.run.closing_lines
    stopped_out = [one for one in executor.closed if one.exit_reason is ExitReason.STOP_LOSS]
    closing.stopped_out = [stopped_out_text(position) for position in stopped_out]
    closing.needs_hand = first_of(tuple(dict.fromkeys(executor.needs_hand)), "; ") or "nothing"
    worst = executor.run.outcome.worst
    closing.next_step = usual_next if worst is None else worst.next_step or "see above"


def _report_doubtful(executor: Executor) -> None:
    """Name the positions that may be without a stop, in the last line too where that would be about something else.

    That is so when the broker stopped answering (8) or does not take the keys any more (6).
    """
    doubtful = doubtful_positions(executor.facts)
    if not doubtful:
        return
    count = how_many(len(doubtful), "position")
    words = f"{count} may be without a stop: {first_of(doubtful)}"
    executor.needs_hand.append(words)
    outcome = executor.run.outcome
    worst = outcome.worst
    if worst is not None and worst.code <= BrokerUnavailableError.exit_code:
        if worst.code == BrokerUnavailableError.exit_code:
            outcome.lead(worst.code, words, "Run the same command again at once.")
        else:
            outcome.lead(worst.code, f"{words}; {worst.what}", worst.next_step)
        title = "earnings-drift: POSITIONS MAY BE WITHOUT A STOP"
        executor.run.notifier.send(NotifyKind.UNPROTECTED, title, words, topic=code_topic(worst.code))


def _report_lasting(executor: Executor) -> None:
    """Name what stays as it is until the day is over; the first run that meets it ends 9."""
    facts = executor.facts
    troubles = lasting_troubles(facts)
    for trouble in count_new(executor.db, facts.moment.today, troubles, executor.run.program):
        executor.run.outcome.unresolved(trouble.what, trouble.next_step)
    executor.needs_hand += [trouble.what for trouble in troubles]


def report_result(executor: Executor) -> None:
    """Fill in the five closing lines and the `--json` report from the state DB as it stands."""
    facts, closing = executor.facts, executor.run.closing_lines
    sales, entries = plan_sales(facts), facts.entries
    report_common(executor, _usual_next(executor.phase, facts))
    closing.exits = counted(
        ([s.line.ticker for s in sales if s.state is SaleState.DONE], "sold"),
        ([s.line.ticker for s in sales if s.state is SaleState.WORKING], "working"),
        ([s.line.ticker for s in sales if s.state not in NOT_OPEN], "open"),
    )
    closing.entries = counted(
        ([r.ticker for r in entries if r.filled_qty], "bought"),
        ([r.ticker for r in entries if r.is_working and not r.filled_qty], "working"),
        ([r.ticker for r in entries if not r.is_final and not r.is_working], "waiting"),
    )
    ended = [f"{r.ticker} {r.end_reason or r.status}" for r in entries if r.is_final and not r.filled_qty]
    kept = [f"{s.line.ticker} kept" for s in sales if s.state is SaleState.KEPT]
    closing.skipped = counted(([*ended, *kept], ""))
    _notify_summary(executor)
    executor.run.report |= {
        "phase": executor.phase.value,
        "trade_date": facts.moment.today.isoformat(),
        "exits": [_line_json(sale.line) | {"state": sale.state.value} for sale in sales],
        "entries": [_line_json(row) for row in entries],
        "open_positions": len(facts.positions),
        "requests": executor.broker.requests_sent().total,
    }


def _notify_summary(executor: Executor) -> None:
    """The day in a few lines, by the first run that protects after its close."""
    facts, closing = executor.facts, executor.run.closing_lines
    moment = facts.moment
    if executor.phase is not Phase.PROTECT or moment.session is None or moment.day_part is not DayPart.CLOSED:
        return
    stopped_out = [f"stopped out: {one}" for one in closing.stopped_out]
    held = f"{len(facts.positions)} positions, equity {format_usd(to_price(facts.account.equity))}"
    body = "\n".join((held, *stopped_out, *closing.lines()))
    executor.run.notifier.send(NotifyKind.SUMMARY, f"earnings-drift: {moment.today}", body)


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


def _usual_next(phase: Phase, facts: Facts) -> str:
    moment, session = facts.moment, facts.moment.session
    is_left = moment.day_part is DayPart.BEFORE_OPEN or (phase is Phase.PLACE and unfinished_lines(facts))
    if session is not None and is_left and moment.day_part is not DayPart.CLOSED:
        return poll_command(moment)
    if moment.is_open and session is not None:
        when = "after" if phase is Phase.PROTECT else "before"
        return f"python -m live.executor --phase protect {when} {clock_text(session.close)}"
    ahead = moment.next_session
    return "nothing to do" if ahead is None else f"next session {ahead.day}, opens {clock_text(ahead.open)} New York"
