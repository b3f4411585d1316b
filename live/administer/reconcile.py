"""`reconcile`: state DB against broker, share by share and stop by stop; changes nothing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from backtest.money import format_price
from live.administer.advice import resolving_command
from live.administer.probe.undo import left_of, probes_of
from live.book.reconcile import Mismatch, foreign_tickers
from live.book.recover import archive_of
from live.book.stops import StopCheck
from live.book.sync import LOST_DB, LOST_DB_NEXT_STEP, SyncReport, sync
from live.errors import PositionMismatchError
from live.run.options import RunOptions
from live.run.program import Run
from live.run.runtime import Runtime
from live.run.startup import Connected, Opened, connect, open_run

PROTECT = "python -m live.executor --phase protect"


def reconcile_book(run: Run, options: RunOptions, runtime: Runtime | None) -> None:
    """Print every difference and what explains it.

    Ends 4 with an unexplained difference, 12 with shares without a live stop, 9 with a stop that is not exactly
    right or an order without a known outcome. Raises ConfigError (6), BrokerUnavailableError (8), StateDBError (13).
    """
    options = replace(options, dry_run=True)
    opened = open_run(run, options, runtime)
    report_differences(run, opened, connect(run, opened, options, runtime), booked="the next run books")


def report_differences(run: Run, opened: Opened, connected: Connected, *, booked: str = "booked") -> SyncReport:
    """Sync, print every difference with the command that resolves it, and count what keeps the run from ending with 0.

    booked: what is said of a change that the sync made in `opened.db`. Raises BrokerUnavailableError (8).
    """
    synced = sync(
        opened.db,
        connected.broker,
        ignore_tickers=opened.config.execution.ignore_tickers,
        archive=archive_of(opened.config, connected.broker, connected.account),
    )
    for sentence in synced.notes[: len(synced.notes) - len(synced.differences)]:
        run.note(f"{booked}: {sentence}")
    _judge(run, synced)
    _print(run, synced, synced.stop_checks)
    return synced


def _judge(run: Run, synced: SyncReport) -> None:
    if synced.lost_db:
        run.outcome.add_problem(4, LOST_DB, LOST_DB_NEXT_STEP)
    for mismatch in synced.differences:
        advice = _advice(synced, mismatch)
        if not synced.lost_db:  # single repairs are no way to make a whole book anew
            run.outcome.add_error(PositionMismatchError(mismatch.sentence(), next_step=advice))
    checks = synced.stop_checks
    naked = [check for check in checks if check.uncovered]
    if naked:
        words = ", ".join(f"{check.position.ticker} {check.uncovered}" for check in naked)
        run.outcome.add_problem(12, f"shares without a live stop: {words}", PROTECT)
    differing = set(synced.frozen)
    for check in checks:
        if not check.uncovered and not check.is_exact and check.position.ticker not in differing:
            run.outcome.unresolved(f"{check.position.ticker}: its stop is not the one it should have", PROTECT)
    for trouble in synced.foreign_troubles:
        run.outcome.unresolved(trouble.what, trouble.next_step)
    for problem in synced.problems:
        run.outcome.add_error(problem)
    for sentence in synced.unknown_sentences:
        run.outcome.unresolved(sentence, PROTECT)
    for row in synced.leftover_stops:
        run.outcome.unresolved(f"{row.ticker}: a stop of ours is left over", PROTECT)


def _print(run: Run, synced: SyncReport, checks: tuple[StopCheck, ...]) -> None:
    differing = {mismatch.ticker: mismatch for mismatch in synced.mismatches}
    at_broker = {position.ticker: position.qty for position in synced.broker_positions}
    rows = [
        (
            check.position.ticker,
            str(check.position.actual_shares),
            f"{at_broker.get(check.position.ticker, Decimal(0)):f}",
            format_price(check.position.stop_price),
            str(check.stopped),
            "DIFFERS" if check.position.ticker in differing else _stop_word(check),
        )
        for check in checks
    ]
    foreign = sorted(foreign_tickers(synced.broker_positions, synced.positions))
    rows += [
        (ticker, "0", f"{at_broker[ticker]:f}", "", "", "DIFFERS" if ticker in differing else "ignored")
        for ticker in foreign
    ]
    if rows:
        run.console.table(("ticker", "state DB", "broker", "stop", "stopped shares", ""), rows)
    for one in () if synced.lost_db else synced.differences:
        run.console.say(f"{one.sentence()}; resolve it: {_advice(synced, one)}")
    if not run.outcome.problems:
        run.console.say(f"{len(checks)} positions agree, every share is protected", "green")
    run.report |= {
        "positions": [
            dict(zip(("ticker", "state_db", "broker", "stop", "stopped", "state"), row, strict=True)) for row in rows
        ],
        "mismatches": [
            {
                "ticker": one.ticker,
                "kind": one.kind.value,
                "state_db": one.in_db,
                "broker": str(one.at_broker),
                "words": one.sentence(),
                "resolved_by": _advice(synced, one),
            }
            for one in synced.differences
        ],
        "ignored": [ticker for ticker in foreign if ticker not in differing],
    }


def _advice(synced: SyncReport, mismatch: Mismatch) -> str:
    foreign = {position.ticker: int(position.qty) for position in synced.broker_positions}
    probed = left_of(probes_of(synced.lists.orders), (), foreign).shares
    return resolving_command(mismatch, synced.mismatches, probed)


def _stop_word(check: StopCheck) -> str:
    if check.uncovered:
        return "NAKED"
    return "ok" if check.is_exact else "stop"
