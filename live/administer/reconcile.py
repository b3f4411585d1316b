"""`reconcile`: state DB against broker, share by share and stop by stop; changes nothing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from backtest.money import format_price
from live.book.reconcile import foreign_tickers
from live.book.stops import StopCheck
from live.book.sync import LOST_DB, SyncReport, sync
from live.errors import PositionMismatchError
from live.run.options import RunOptions
from live.run.program import Run
from live.run.runtime import Runtime
from live.run.startup import connect, open_run


def reconcile_book(run: Run, options: RunOptions, runtime: Runtime | None) -> None:
    """Print every difference and what explains it.

    Ends 4 with an unexplained difference, 12 with shares without a live stop, 9 with a stop that is not exactly
    right or an order without a known outcome. Raises ConfigError (6), BrokerUnavailableError (8), StateDBError (13).
    """
    options = replace(options, dry_run=True)
    opened = open_run(run, options, runtime)
    connected = connect(run, opened, options, runtime)
    synced = sync(opened.db, connected.broker, ignore_tickers=opened.config.execution.ignore_tickers)
    checks = synced.stop_checks
    for sentence in synced.notes[: len(synced.notes) - len(synced.mismatches)]:
        run.note(f"the next run books: {sentence}")
    _judge(run, synced, checks)
    _print(run, synced, checks)


def _judge(run: Run, synced: SyncReport, checks: tuple[StopCheck, ...]) -> None:
    if synced.lost_db:
        run.outcome.add_problem(4, LOST_DB, "Give the right --state-db.")
    for mismatch in synced.mismatches:
        error = PositionMismatchError(
            mismatch.sentence(), next_step="Find out what happened at the broker; nothing is guessed."
        )
        run.outcome.add_error(error)
    naked = [check for check in checks if check.uncovered]
    if naked:
        words = ", ".join(f"{check.position.ticker} {check.uncovered}" for check in naked)
        run.outcome.add_problem(12, f"shares without a live stop: {words}", "python -m live.executor --phase protect")
    for check in checks:
        if not check.uncovered and not check.is_exact:
            run.outcome.unresolved(
                f"{check.position.ticker}: its stop is not the one it should have",
                "python -m live.executor --phase protect",
            )
    for sentence in synced.unknown_sentences:
        run.outcome.unresolved(sentence)
    for row in synced.leftover_stops:
        run.outcome.unresolved(f"{row.ticker}: a stop of ours is left over", "python -m live.executor --phase protect")


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
            }
            for one in synced.mismatches
        ],
        "ignored": [ticker for ticker in foreign if ticker not in differing],
    }


def _stop_word(check: StopCheck) -> str:
    if check.uncovered:
        return "NAKED"
    return "ok" if check.is_exact else "stop"
