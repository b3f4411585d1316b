"""State DB against broker: do they agree, and is every share protected?"""

from __future__ import annotations

from backtest.money import format_price
from live.book.recover import archive_of
from live.book.sync import LOST_DB, LOST_DB_NEXT_STEP, sync
from live.doctor.answer import Answer, fail, ok, warn
from live.doctor.context import Context
from live.errors import PositionMismatchError

PROTECT = "python -m live.executor --phase protect"


def book(context: Context) -> Answer:
    """Compare the state DB's copy with the broker's lists.

    Raises PositionMismatchError (4), BrokerUnavailableError (8).
    """
    opened, connected = context.opened, context.connected
    archive = archive_of(opened.config, connected.broker, connected.account)
    ignored = opened.config.execution.ignore_tickers
    synced = context.synced = sync(opened.db, connected.broker, ignore_tickers=ignored, archive=archive)
    if synced.lost_db:
        raise PositionMismatchError(LOST_DB, next_step=LOST_DB_NEXT_STEP)
    if synced.differences:
        words = "; ".join(one.sentence() for one in synced.differences)
        raise PositionMismatchError(words, next_step="python -m live.admin reconcile")
    words = f"{len(synced.positions)} positions, as the broker has them"
    unclear = (*synced.unknown_sentences, *(problem.what for problem in synced.problems))
    if unclear:
        return warn(f"{words}; {'; '.join(unclear)}", "The next run asks again.")
    return ok(words)


def protection(context: Context) -> Answer:
    """Ask whether each open position has its stop."""
    checks = context.synced.stop_checks
    naked = [f"{one.position.ticker} {one.uncovered}" for one in checks if one.uncovered]
    if naked:
        return fail(12, f"shares without a live stop: {', '.join(naked)}", f"Give them their stops: {PROTECT}")
    inexact = [one.position for one in checks if not one.is_exact]
    if inexact:
        words = ", ".join(f"{one.ticker} (expected {format_price(one.stop_price)})" for one in inexact)
        return warn(f"not the stop it should have: {words}", f"Bring them right: {PROTECT}")
    return ok(f"{len(checks)} positions, every share is protected")
