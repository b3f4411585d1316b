"""Reports how a run of the generator went: notes, decisions, open questions, closing lines, `--json`."""

from __future__ import annotations

from collections.abc import Iterable

from backtest.candidates import is_accepted
from backtest.model import SkipReason
from live.book.funds import Forecast
from live.book.lasting import count_new
from live.book.sync import SyncReport
from live.clock import NEW_YORK, new_york_text
from live.config import NotifyKind
from live.generate.closing_lines import closing_lines_of, doubtful_text, skip_counts
from live.generate.decisions import RunDecisions
from live.generate.decisions_text import decisions_json, print_decisions
from live.generate.funds_text import funds_json, funds_remark, funds_sentence
from live.generate.generator_state import GeneratorState
from live.generate.preparation import PreparedRun
from live.generate.reports import missed_reports
from live.generate.standing import Standing, late_remark, late_text, next_step_text
from live.orders import Intent, OrderStatus
from live.run.closing_lines import first_of
from live.run.entry_control_text import veto_text
from live.signals.reader import parse_signal_file
from live.state_db.records import PlanRow, SignalFileRow
from live.state_db.rows import OrderRow

RUN_AGAIN = "Run the same command again when the prices are there."


def report_run(
    prepared: PreparedRun, synced: SyncReport, decided: RunDecisions, state: GeneratorState, forecast: Forecast
) -> None:
    """Report what was read, what was decided and what needs a person; count what keeps the run from ending with 0."""
    run, market = prepared.run, decided.market
    notes = (*_missed(prepared, state), *decided.reports.notes, *_filtered(decided), *market.notes)
    for note in dict.fromkeys((*notes, *decided.offered.notes, *decided.primary.notes)):
        run.note(note)
    _report_shadows(prepared, decided)
    needs_hand = _report_book(prepared, synced)
    unanswered = list(_unanswered(prepared, decided))
    for words in unanswered:
        run.outcome.unresolved(words, RUN_AGAIN)
    if (without_value := _without_filter_value(decided)) is not None:
        run.outcome.unresolved(without_value, decided.market_filter.next_step)
        unanswered.append(without_value)
    none_accepted = _none_accepted(prepared, decided)
    _notify_doubtful(prepared, decided)
    print_decisions(run.console, f"{prepared.primary_id} (to execute)", decided.primary)
    for shadow in decided.shadows:
        print_decisions(run.console, f"{shadow.strategy} (shadow, only watched)", shadow.decisions)
    vetoed = _report_vetoes(prepared, decided)
    standing, entries, exits = prepared.standing, len(decided.primary.entries), len(decided.primary.exits)
    _report_lateness(prepared, standing, entries, exits)
    funds = _report_funds(prepared, forecast)
    run.report["trade_date"] = prepared.trade_date
    run.report["decisions"] = decisions_json(decided.primary)
    shadows = [{"strategy": one.strategy, **decisions_json(one.decisions)} for one in decided.shadows]
    run.report["shadow"] = decisions_json(decided.shadows[0].decisions) if decided.shadows else None
    run.report["shadows"] = shadows
    run.closing_lines = closing_lines_of(
        decided.primary,
        skipped="; ".join(filter(None, (skip_counts(decided.primary.skipped), _doubtful(prepared, decided)))),
        stopped_out=synced.stopped_out,
        needs_hand=[*needs_hand, *_differing(synced), *decided.reports.needs_hand, *none_accepted, *unanswered],
        next_step=next_step_text(
            standing,
            entries=entries,
            exits=exits,
            is_dry=prepared.options.dry_run,
            is_unresolved=bool(unanswered),
        ),
    )
    run.closing_lines.entries += late_remark(standing, entries) + funds
    if vetoed:
        run.closing_lines.entries += f"; vetoed: {first_of(vetoed)}"


def _report_shadows(prepared: PreparedRun, decided: RunDecisions) -> None:
    """Say which shadow keeps no book, and whose ledger waits."""
    strategy = prepared.config.strategy
    if len(strategy.watched) < len(strategy.shadows):
        prepared.run.note("the shadow is the executed strategy itself; only one is tracked")
    for waits in decided.offered.waiting:
        prepared.run.note(waits)
    for shadow in decided.shadows:
        if shadow.not_final:
            prepared.run.note(f"shadow {shadow.strategy}: {shadow.not_final}; its ledger follows with the next run")


def _report_lateness(prepared: PreparedRun, standing: Standing, entries: int, exits: int) -> None:
    """Say after the cutoff that entries are too late today, and what still goes out."""
    words = late_text(standing, entries, exits)
    if words is not None:
        prepared.run.note(words)
    prepared.run.report["too_late"] = words is not None


def _report_funds(prepared: PreparedRun, forecast: Forecast) -> str:
    """Say how far today's funds last while entries may go out, and return what stands behind them in a closing line."""
    source, has_limits = prepared.config.execution.funds, prepared.config.strategy.entry_limit_pct is not None
    prepared.run.report["funds"] = funds_json(forecast, source)
    if not forecast.entries or prepared.standing.is_late:
        return ""
    prepared.run.note(funds_sentence(forecast, source, has_limits=has_limits))
    return funds_remark(forecast)


def _report_vetoes(prepared: PreparedRun, decided: RunDecisions) -> list[str]:
    """Say which decided entries a person has vetoed, and return them; they stand in the file, and are not sent."""
    vetoes = prepared.db.entry_controls.vetoes(prepared.trade_date)
    found = [one.ticker for one in decided.primary.entries if one.ticker in vetoes]
    for ticker in found:
        prepared.run.note(veto_text(ticker, prepared.trade_date, vetoes[ticker]))
    return found


def _doubtful(prepared: PreparedRun, decided: RunDecisions) -> str | None:
    return doubtful_text(decided.offered.to(prepared.primary_id), prepared.config.strategy.accept)


def _none_accepted(prepared: PreparedRun, decided: RunDecisions) -> list[str]:
    """Return what needs a hand when the reports have candidates and none is accepted."""
    candidates = decided.offered.to(prepared.primary_id)
    if not candidates or any(is_accepted(one, prepared.config.strategy.accept) for one in candidates):
        return []
    return [f"every candidate of {prepared.trade_date} is doubtful ({len(candidates)}), none is bought"]


def _notify_doubtful(prepared: PreparedRun, decided: RunDecisions) -> None:
    """Notify a person of the candidates that their verdicts keep out."""
    words = _doubtful(prepared, decided)
    if words is not None:
        every = "every candidate is" if _none_accepted(prepared, decided) else "candidates are"
        topic = f"doubtful:{prepared.trade_date}:{words}"
        prepared.run.notifier.send(NotifyKind.DOUBTFUL, f"signal_generator: {every} doubtful", words, topic=topic)


def report_accepted_plan(prepared: PreparedRun, plan: PlanRow, accepted: SignalFileRow, synced: SyncReport) -> None:
    """Report that the trade date has an accepted plan, and what it contains."""
    signal = parse_signal_file(accepted.text.encode(), where=accepted.path).signal
    verb = "would be written" if prepared.options.dry_run else "is written"
    prepared.run.note(
        f"the plan of {plan.strategy} for {plan.trade_date} was accepted {new_york_text(plan.accepted_at)}; nothing is "
        f"decided again, its file {verb} once more"
    )
    standing, rows = prepared.standing, prepared.db.orders.of_trade_date(plan.trade_date)
    unsent = [row for row in rows if row.intent is Intent.ENTRY and _is_unsent(row)]
    unsold = [row for row in rows if row.intent is Intent.EXIT and not row.is_final]
    _report_lateness(prepared, standing, len(unsent), len(unsold))
    prepared.run.report["trade_date"] = plan.trade_date
    prepared.run.closing_lines = closing_lines_of(
        signal,
        skipped=f"{len(signal.skipped)}" if signal.skipped else "none",
        stopped_out=synced.stopped_out,
        needs_hand=[*_report_book(prepared, synced), *_differing(synced)],
        next_step="python -m live.executor goes on with the accepted plan",
    )
    prepared.run.closing_lines.entries += late_remark(standing, len(unsent))


def _is_unsent(row: OrderRow) -> bool:
    return row.status is OrderStatus.PLANNED or row.is_given_up_late


def _missed(prepared: PreparedRun, state: GeneratorState) -> tuple[str, ...]:
    return missed_reports(
        prepared.options.report_dir,
        state.last_trade_date,
        prepared.trade_date,
        prepared.config.strategy.entry_mode,
        prepared.sessions,
    )


def _unanswered(prepared: PreparedRun, decided: RunDecisions) -> Iterable[str]:
    """Exit checks without an answer: never read as "hold"."""
    if decided.primary.unresolved:
        yield f"exit check without usable prices: {', '.join(decided.primary.unresolved)}"
    for shadow in decided.shadows:
        if shadow.decisions.unresolved:
            tickers = ", ".join(shadow.decisions.unresolved)
            yield f"exit check of the shadow {shadow.strategy} without usable prices: {tickers}"
    if decided.market.as_of_is_empty:
        yield f"no bar of the session {prepared.as_of} for any ticker asked"


def _filtered(decided: RunDecisions) -> Iterable[str]:
    """Yield that the market filter lets nothing pass, and why."""
    yield from filter(None, (decided.market_filter.note, decided.market_filter.problem))


def _without_filter_value(decided: RunDecisions) -> str | None:
    """Return why the market filter has no value, when a candidate was skipped for it."""
    every = (decided.primary, *(shadow.decisions for shadow in decided.shadows))
    skipped = {skip.reason for decisions in every for skip in decisions.skipped}
    return decided.market_filter.problem if SkipReason.FILTERED_MARKET in skipped else None


def _report_book(prepared: PreparedRun, synced: SyncReport) -> list[str]:
    """Count what is not as it must be in the book, and return it in words: the generator sends nothing.

    Every position that nothing protects now (one whose stop covers too few shares, after a split before the open, is
    corrected by the next run); foreign sell orders, once a day.
    """
    naked = [one for one in synced.stop_checks if one.uncovered and not one.live]
    found = [f"{one.position.ticker}: {one.uncovered} shares without a stop" for one in naked]
    for words in found:
        prepared.run.outcome.unresolved(words, "python -m live.executor --phase protect")
    today = prepared.broker.clock.now().astimezone(NEW_YORK).date()
    for trouble in count_new(prepared.db, today, synced.foreign_troubles, prepared.run.program):
        prepared.run.outcome.unresolved(trouble.what, trouble.next_step)
    return [*found, *(trouble.what for trouble in synced.foreign_troubles)]


def _differing(synced: SyncReport) -> list[str]:
    return [*(mismatch.sentence() for mismatch in synced.differences), *synced.unknown_sentences]
