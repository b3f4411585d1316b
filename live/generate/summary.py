"""The end of a run in words: notes, decisions, what needs a hand, the five closing lines, `--json`."""

from __future__ import annotations

from collections.abc import Iterable

from live.book.sync import SyncReport
from live.clock import NEW_YORK, new_york_text
from live.generate.day import Day
from live.generate.decided import Decided
from live.generate.memory import Memory
from live.generate.reports import missed_reports
from live.generate.tell import (
    close_with,
    decisions_json,
    listing,
    next_step_text,
    stopped_out_text,
    tell_decisions,
)
from live.signals.reader import parse_signal_file
from live.state_db.records import PlanRow, SignalFileRow

AGAIN = "Run the same command again when the prices are there."


def tell_run(day: Day, synced: SyncReport, decided: Decided, memory: Memory) -> None:
    """Say what was read, what was decided and what needs a hand; count what keeps the run from ending 0."""
    run, market, shadow = day.run, decided.market, decided.shadow
    for note in dict.fromkeys((*_missed(day, memory), *day.reports.notes, *market.notes, *decided.primary.notes)):
        run.note(note)
    if shadow is None:
        run.note("the shadow is the executed strategy itself; only one is tracked")
    elif shadow.holds_back:
        run.note(f"shadow: {shadow.holds_back}; its ledger follows with the next run")
    unanswered = list(_unanswered(day, decided))
    for words in unanswered:
        run.outcome.unresolved(words, AGAIN)
    tell_decisions(run.console, f"{day.primary_id} (to execute)", decided.primary)
    if shadow is not None:
        tell_decisions(run.console, f"{day.shadow_id} (shadow, only watched)", shadow.decisions)
    run.report["trade_date"] = day.trade_date
    run.report["decisions"] = decisions_json(decided.primary)
    run.report["shadow"] = None if shadow is None else decisions_json(shadow.decisions)
    close_with(
        run.closing_lines,
        decided.primary,
        stopped_out=synced.stopped_out,
        needs_hand=[*_differing(synced), *unanswered],
        next_step=next_step_text(
            is_dry=day.options.dry_run,
            trade_date=day.trade_date,
            is_today=day.broker.clock.now().astimezone(NEW_YORK).date() == day.trade_date,
            has_orders=bool(decided.primary.exits or decided.primary.entries),
            is_unresolved=bool(unanswered),
        ),
    )


def tell_accepted(day: Day, plan: PlanRow, accepted: SignalFileRow, synced: SyncReport) -> None:
    """Say that the plan of the trade date stands and what it contains."""
    signal = parse_signal_file(accepted.text.encode(), where=accepted.path).signal
    verb = "would be written" if day.options.dry_run else "is written"
    day.run.note(
        f"the plan of {plan.strategy} for {plan.trade_date} was accepted {new_york_text(plan.accepted_at)}; nothing is "
        f"decided again, its file {verb} once more"
    )
    day.run.report["trade_date"] = plan.trade_date
    closing = day.run.closing_lines
    closing.stopped_out = [stopped_out_text(row) for row in synced.stopped_out]
    closing.exits = listing([f"{line.ticker} {line.reason.value}" for line in signal.exits])
    closing.entries = listing([f"{line.ticker} {line.shares}" for line in signal.entries])
    closing.skipped = f"{len(signal.skipped)}" if signal.skipped else "none"
    closing.needs_hand = "; ".join(_differing(synced)) or "nothing"
    closing.next_step = "python -m live.executor goes on with the accepted plan"


def _missed(day: Day, memory: Memory) -> tuple[str, ...]:
    return missed_reports(
        day.options.report_dir,
        memory.last_trade_date,
        day.trade_date,
        day.config.strategy.entry_mode,
        day.sessions,
    )


def _unanswered(day: Day, decided: Decided) -> Iterable[str]:
    """Exit checks without an answer: never read as "hold"."""
    if decided.primary.unresolved:
        yield f"exit check without usable prices: {', '.join(decided.primary.unresolved)}"
    if decided.shadow is not None and decided.shadow.decisions.unresolved:
        yield f"exit check of the shadow without usable prices: {', '.join(decided.shadow.decisions.unresolved)}"
    if decided.market.as_of_is_empty:
        yield f"no bar of the session {day.as_of} for any ticker asked"


def _differing(synced: SyncReport) -> list[str]:
    found = [mismatch.sentence() for mismatch in synced.mismatches]
    return found + [f"{row.ticker}: {row.client_order_id} was sent, its outcome is unclear" for row in synced.unknown]
