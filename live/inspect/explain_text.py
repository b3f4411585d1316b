"""The chain of `explain` for people: one row a sentence, in the order in which it happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from backtest.money import format_price
from backtest.tables import Column
from live.clock import new_york_second
from live.inspect.decision_words import reason_words, sentences_of, title_of
from live.inspect.explain_shadows import ShadowView
from live.inspect.explain_values import Decided, Explanation, Filed, Fill, Kind, Nearest, Ordered, ReportSeen
from live.inspect.position_words import entry_words, exit_words
from live.inspect.reading_words import reading_words, verdict_words
from live.inspect.status_text import run_program
from live.orders import Intent
from live.run.entry_control_text import veto_text
from live.run.program import Run
from live.state_db.records import RunRow
from live.state_db.rows import Via

STEPS = (Column("step"), Column("what happened"))
HASH_SIGNS = 12
NEVER_FILED = "no signal file of the executed strategy is on record for this trade date"


def print_explanation(run: Run, found: Explanation, shadows: Sequence[ShadowView]) -> None:
    """Print the chain. shadows: what each of them decided."""
    title = title_of(found.decided[0]) if found.decided else "nothing decided"
    run.console.say(f"{found.ticker}, trade date {found.trade_date}: {title}{_outcome(found)}", "bold")
    steps = (
        ("report", _report_words(found)),
        ("reading", reading_words(found)),
        ("verdict", verdict_words(found)),
        ("decision", _decision_words(found)),
        ("orders", map(_order_words, found.orders)),
        ("fills", map(_fill_words, found.fills)),
        ("position", entry_words(found)),
        ("exit", exit_words(found)),
        ("shadow" if len(shadows) < 2 else "shadows", (line for one in shadows for line in _shadow_lines(title, one))),
    )
    run.console.table(STEPS, [row for step, words in steps for row in _rows(step, words)])


def _outcome(found: Explanation) -> str:
    """Return what became of it: of the position, else of the entry that was decided."""
    if found.position is not None:
        row = found.position
        return "; the position is open" if row.is_open else f"; the position was closed {row.exit_date}"
    entry = next((one.row for one in found.orders if one.row.intent is Intent.ENTRY), None)
    if entry is None:
        return "; no run accepted it" if found.decided and found.decided[0].kind is Kind.BUY else ""
    return f"; it was not: {entry.end_reason or entry.status}" if entry.is_final else f"; its order is {entry.status}"


def nothing_known(ticker: str, day: date | None, nearest: Nearest) -> str:
    """Return that nothing is on record, and when something is."""
    if day is None:
        return f"nothing is known of {ticker}: no signal file, order or position names it"
    around = [
        f"{one} {word}" for one, word in ((nearest.before, "before"), (nearest.after, "after")) if one is not None
    ]
    found = f"the nearest trade dates: {', '.join(around)}" if around else "on no other trade date either"
    return f"nothing is known of {ticker} on {day}; {found}"


def run_text(row: RunRow | None, run_id: str | None) -> str:
    """Return which run it was: `executor place`."""
    if row is None:
        return f"run {run_id}" if run_id else "no run on record"
    return run_program(row)


def _rows(step: str, words: Iterator[str]) -> Iterator[tuple[str, str]]:
    lines = list(words) or ["none"]
    yield step, lines[0]
    for line in lines[1:]:
        yield "", line


def _report_words(found: Explanation) -> Iterator[str]:
    filed = found.read_by
    if filed is None or found.candidate is None:
        return
    scan = filed.signal.inputs.scan
    if scan is not None:
        yield f"none; it was proposed by {scan.source}, version {scan.version}"
        yield f"its symbols: {scan.symbols_file}, sha256 {scan.symbols_sha256[:HASH_SIGNS]}…"
    elif not filed.signal.inputs.reports:
        yield f"none was read for {filed.signal.trade_date}"
    yield from map(_seen_words, found.reports)


def _seen_words(seen: ReportSeen) -> str:
    name = f"{seen.ref.file}, sha256 {seen.ref.sha256[:HASH_SIGNS]}…"
    if seen.path is None:
        return f"{name}; the file is not there any more (--report-dir names another folder)"
    return f"{name}; in {Path(seen.path).parent}: {seen.why_not or 'unchanged'}"


def _decision_words(found: Explanation) -> Iterator[str]:
    filed = found.filed
    if found.entered is not None and found.entered_by is not None:
        yield from _dated(found.entered, found.entered_by)
    if filed is None:
        yield NEVER_FILED
        return
    for decided in found.decided:
        yield from _dated(decided, filed)
    if found.left is not None:
        yield from _dated(found.left, None)
    if found.vetoed is not None:
        yield veto_text(found.ticker, found.trade_date, found.vetoed)
    yield (
        f"{filed.signal.file_name}, content {filed.row.content_sha256[:HASH_SIGNS]}…, made "
        f"{new_york_second(filed.row.issued_at)} New York by {run_text(filed.made_by, filed.row.run_id)}"
    )
    if filed.plan is None:
        yield "no run accepted this file: nothing of it was sent"
    else:
        by = run_text(filed.accepted_by, filed.plan.run_id)
        yield f"accepted as the plan {new_york_second(filed.plan.accepted_at)} by {by}"


def _dated(decided: Decided, filed: Filed | None) -> Iterator[str]:
    first, *more = sentences_of(decided, {} if filed is None else filed.strategy)
    yield f"{decided.trade_date} (close of {decided.as_of}, {decided.strategy}): {first}"
    yield from more


def _order_words(order: Ordered) -> str:
    row = order.row
    reason = "" if row.exit_reason is None else f" ({row.exit_reason.value})"
    stop = "" if row.limit_price is None else f", at most {format_price(row.limit_price)}"
    stop += "" if row.planned_stop_price is None else f", stop {format_price(row.planned_stop_price)}"
    ended = "" if row.reject_reason is None else f" ({_end_words(row.reject_reason)})"
    said = f"{order.name}: {row.side} {row.qty}{reason}{stop}: {row.status.value}{ended}"
    return "; ".join([said, *_moments(order)])


def _moments(order: Ordered) -> Iterator[str]:
    """Yield when an order was planned and sent, and by which run; when the broker had it, and when it ended."""
    row = order.row
    if row.via is not Via.LEG:
        planned = f"planned {new_york_second(row.created_at)} by {_by(order, row.run_id)}"
        sent = [f"sent {new_york_second(event.ts)} by {_by(order, event.run_id)}" for event in order.sent]
        if [one.removeprefix("sent ") for one in sent] == [planned.removeprefix("planned ")]:
            yield f"planned and {sent[0]}"
        else:
            yield from (planned, *sent)
    if row.submitted_at is not None:
        yield f"at the broker {new_york_second(row.submitted_at)}"
    if row.is_final:
        yield f"ended {new_york_second(row.filled_at or row.updated_at)}"


def _by(order: Ordered, run_id: str | None) -> str:
    return run_text(order.run_of(run_id), run_id)


def _end_words(reason: str) -> str:
    """Return why an order ended: the short word explained, then what was said behind it."""
    word, colon, rest = reason.partition(": ")
    return f"{reason_words(word)}{colon}{rest}"


def _fill_words(fill: Fill) -> str:
    verb = "bought" if fill.side == "buy" else "sold"
    average = "" if fill.filled == fill.shares else " (average so far)"
    said = f"{new_york_second(fill.at)}: {verb} {fill.shares} at {fill.price:f}{average}"
    return f"{said}, {fill.filled} of {fill.of} by {fill.name}"


def _shadow_lines(executed: str, one: ShadowView) -> Sequence[str]:
    """Return what a shadow decided; why, where it is not what the executed strategy did."""
    return one.lines if one.title != executed else one.lines[:1]
