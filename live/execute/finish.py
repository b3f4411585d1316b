"""The end of a run: late fills, every stop given back, state DB against broker; after a failure too."""

from __future__ import annotations

from live.errors import BrokerUnavailableError
from live.execute.cancel import cancel_stale_entries, cut_short_entries
from live.execute.decide.lines import RERUN
from live.execute.decide.stops import waiting_positions
from live.execute.executor import Executor
from live.execute.protect import protect
from live.execute.synchronize import read_late_fills, require_agreement
from live.execute.trip import latch_loss
from live.execute.unfilled import note_killed_reasons


def finish(executor: Executor) -> None:
    """Read once more what changed, give back every stop, compare with the broker, and record the equity."""
    executor.is_finishing = True
    executor.watch()
    if executor.has_acted:
        executor.guarded(lambda: read_late_fills(executor))
    was_stopped = executor.is_stopped
    if was_stopped:
        executor.guarded(lambda: cancel_stale_entries(executor, every=True))
    executor.guarded(lambda: cut_short_entries(executor))
    executor.guarded(lambda: protect(executor))
    latch_loss(executor)
    if executor.has_acted:
        executor.guarded(lambda: require_agreement(executor))
        executor.watch()
        if executor.is_stopped and not was_stopped:  # the kill switch went on while the run ended
            executor.guarded(lambda: cancel_stale_entries(executor, every=True))
        executor.guarded(lambda: protect(executor))  # what that booked; asks the broker nothing when all is well
    executor.guarded(lambda: note_killed_reasons(executor))
    facts = executor.facts
    for line in waiting_positions(facts):
        executor.run.outcome.unresolved(line.what, line.next_step)
    if facts.moment.is_day_unknown:
        executor.run.outcome.add_error(day_unknown())
    elif not facts.moment.clock_known:
        executor.run.outcome.unresolved("the broker's clock could not be read; nothing is bought without it", RERUN)
    with executor.db.transaction():
        executor.db.equity.record(facts.account, facts.moment.today, len(facts.positions))
        if facts.read_at is not None:
            executor.db.last_prices.keep(facts.holdings.values(), facts.read_at, executor.run.program)
        executor.db.runs.set_trade_date(executor.run.run_id, executor.trade_date)


def day_unknown() -> BrokerUnavailableError:
    """Return the end of a run that cannot know which day it is; the local date never says "no session" (I12)."""
    words = "the broker's clock cannot be read, so it is not known which day it is; only stops were looked after"
    return BrokerUnavailableError(words, next_step=RERUN)


def protect_after_bug(executor: Executor) -> None:
    """After a bug: one attempt to protect, nothing else."""
    executor.is_finishing = True
    protect(executor)
