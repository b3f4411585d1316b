"""The three kinds of run: trading (`all`, `place`, `poll`), protecting only, and under the kill switch.

Each compares plan, state DB and broker and does the next missing step. Nothing here re-ranks, re-sizes
or picks another candidate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from backtest.errors import ConfigError
from live.book.reconcile import Mismatch
from live.errors import BrokerUnavailableError, LockedError, PositionMismatchError
from live.execute.buys import buy_entries, drop_entries
from live.execute.cancel import cancel_stale_entries
from live.execute.decide.entries import available_funds, planned_entries
from live.execute.decide.lines import RECONCILE, RERUN, entries_ended_since, unfinished_lines
from live.execute.decide.sales import tickers_to_sell
from live.execute.decide.schedule import Phase, Step, clock_text, steps_for, waits_for_open
from live.execute.decide.stops import check_stops
from live.execute.dry_run import report_plan
from live.execute.executor import Executor
from live.execute.fills import poll_buys
from live.execute.finish import day_unknown, finish, protect_after_bug
from live.execute.options import ExecutorOptions
from live.execute.plan import Today, accept_plan, archive_issued
from live.execute.protect import protect, report_naked
from live.execute.report import report_lines, report_result
from live.execute.restore import restoring_stops
from live.execute.revive import revive_late_entries
from live.execute.sells import drop_exits, poll_sells, sell_exits
from live.execute.start import start_unverified
from live.execute.synchronize import require_agreement, synchronize
from live.execute.trip import ask_loss_limits
from live.orders import Intent, order_id
from live.run.bound_strategy import note_changes
from live.run.closing_lines import first_of
from live.run.program import Run
from live.run.runtime import Runtime
from live.run.startup import Opened, refuse_restricted, require_kill_switch_off

WATCH_SECONDS = 5.0
"""How often the kill switch is read while a run waits for the open."""


def protect_only(run: Run, opened: Opened, options: ExecutorOptions, runtime: Runtime | None) -> None:
    """`--phase protect`: sync fills and stops; needs neither manifest nor signals nor market data."""
    protect_book(start_unverified(run, opened, options, runtime), is_dry=options.dry_run, asks_limits=True)


def protect_book(executor: Executor, *, is_dry: bool = False, asks_limits: bool = False) -> None:
    """Sync, give every position its stop, and report. asks_limits: ask the loss limits once the stops stand."""
    _begin(executor, is_dry=is_dry)
    if is_dry:
        report_plan(executor)
        return
    executor.guarded(lambda: protect(executor))
    if asks_limits:
        ask_loss_limits(executor)
    finish(executor)
    report_result(executor)


def under_kill_switch(run: Run, opened: Opened, options: ExecutorOptions, runtime: Runtime | None) -> None:
    """The kill switch is on: one protect pass, and our unfilled entries are canceled whatever their date.

    Needs keys and the bound account; without them nothing can be protected, which is reported.
    """
    try:
        executor = start_unverified(run, opened, options, runtime)
    except (ConfigError, BrokerUnavailableError, LockedError) as error:
        run.note(f"nothing could be protected: {error.what}")
        return
    executor.guarded(lambda: require_kill_switch_off(opened.kill_switch))
    _begin(executor, is_dry=options.dry_run)
    executor.guarded(lambda: cancel_stale_entries(executor, every=True))
    executor.guarded(lambda: protect(executor))
    finish(executor)
    report_result(executor)


def trade(executor: Executor, today: Today | None, options: ExecutorOptions) -> None:
    """`all`, `place`, `poll`: carry the verified plan out as far as the moment allows."""
    with restoring_stops(executor):
        _trade(executor, today, options)


def _trade(executor: Executor, today: Today | None, options: ExecutorOptions) -> None:
    """Sync, accept the plan, cancel stale entries, protect, then do the steps of the phase table."""
    killed_at = executor.db.runs.oldest_killed()
    open_before = unfinished_lines(executor.facts)
    if killed_at is not None:
        open_before |= entries_ended_since(executor.facts, killed_at)
    frozen = frozenset() if today is None else frozenset(today.signal.frozen)
    _begin(executor, frozen, is_dry=options.dry_run)
    day_part = executor.facts.moment.day_part
    steps = steps_for(options.phase, day_part, skip_time_check=options.skip_time_check)
    if today is None and not executor.facts.moment.clock_known:
        executor.halt(day_unknown())
        steps = ()
    if executor.halted is not None:
        if not options.dry_run:
            _look_after_fills(executor, steps)
        return
    if today is not None and (steps or options.wait_for_open):
        open_before |= _accept(executor, today)
        executor.guarded(lambda: revive_late_entries(executor))
        open_before |= unfinished_lines(executor.facts)
    ask_loss_limits(executor)
    if options.dry_run:
        report_plan(executor, steps)
        return
    if today is not None and (problem := archive_issued(today.issued)) is not None:
        executor.run.note(problem)
    executor.guarded(lambda: cancel_stale_entries(executor))
    sells_now = Step.SELL in steps and executor.halted is None
    skip = tickers_to_sell(executor.facts) if sells_now else frozenset()
    executor.guarded(lambda: protect(executor, skip=skip))
    _do_steps(executor, steps)
    only_places = options.phase is Phase.PLACE
    if waits_for_open(options.phase, day_part):
        only_places = not _go_on_after_open(executor, options)
    finish(executor)
    report_lines(executor, open_before, only_places=only_places)
    report_result(executor)


def _accept(executor: Executor, today: Today) -> frozenset[str]:
    """Accept the plan; return our ids of the entries that ended with the acceptance."""
    facts = executor.facts
    with executor.db.transaction():  # `admin skip` finds the plan accepted or not yet, and says what becomes of a pair
        given_up = accept_plan(executor.db, today, executor.config, available_funds(facts), executor.read_entry_holds())
    for one in given_up:
        executor.run.note(f"{one.ticker} is not bought and {one.replaces} is kept: {one.words} ({one.reason})")
    return frozenset(order_id(today.signal.trade_date, one.ticker, Intent.ENTRY) for one in given_up)


def _begin(executor: Executor, frozen: frozenset[str] = frozenset(), *, is_dry: bool) -> None:
    """Sync and judge what the broker says, before anything is changed there."""
    note_changes(executor.run, executor.db, executor.config, executor.facts.moment.today)
    protect_first = None if is_dry else lambda: _protect_agreeing(executor)
    _judge_mismatches(executor, synchronize(executor, protect_agreeing=protect_first), frozen)
    if executor.facts.account.problem is not None and not is_dry:
        _report_restricted(executor)
    refuse_restricted(executor.facts.account)
    if not is_dry:
        executor.run.begin()
        executor.run.protect_attempt = lambda: protect_after_bug(executor)


def _report_restricted(executor: Executor) -> None:
    """The account may not trade, so no stop can be placed: what has none is reported as naked (F50)."""
    if not any(check.is_naked for check in check_stops(executor.facts)):
        return
    executor.run.begin()
    report_naked(executor)
    executor.run.closing_lines.needs_hand = first_of([*executor.needs_hand, str(executor.facts.account.problem)], "; ")


def _protect_agreeing(executor: Executor) -> None:
    """Something differs: the tickers that agree get their stops before anything is asked about the others."""
    if executor.facts.account.problem is None:
        executor.run.begin()
        executor.guarded(lambda: protect(executor, skip=executor.facts.mismatches))


def _judge_mismatches(executor: Executor, mismatches: Sequence[Mismatch], frozen: frozenset[str]) -> None:
    """A difference between DB and broker stops entries and exits (4).

    One that the file froze is left alone, one that an order of ours may explain is not judged before that is clear (9).
    """
    for mismatch in mismatches:
        words = mismatch.sentence()
        if mismatch.unclear:
            executor.run.outcome.unresolved(words, RERUN)
            continue
        executor.needs_hand.append(words)
        if mismatch.ticker in frozen:
            executor.run.outcome.unresolved(f"left alone as the signal file says: {words}", RECONCILE)
        else:
            executor.halt(PositionMismatchError(words, next_step=_way_on(executor)))


def _way_on(executor: Executor) -> str:
    """Return what to do about a difference; only a file that no plan was accepted of can still leave it alone."""
    is_accepted = executor.db.plans.of_date(executor.facts.moment.today) is not None
    return RECONCILE if is_accepted else f"{RECONCILE}; the signal generator's --force goes on."


def _look_after_fills(executor: Executor, steps: Sequence[Step]) -> None:
    """The run was stopped: what is at the broker already is looked after, buys end, fills get their stops."""
    executor.guarded(lambda: cancel_stale_entries(executor))
    executor.guarded(lambda: protect(executor))
    _do_steps(executor, [step for step in steps if step in (Step.POLL_SELLS, Step.POLL_BUYS)])
    finish(executor)
    report_result(executor)


def _do_steps(executor: Executor, steps: Sequence[Step]) -> None:
    """Do the steps in order; one that ends badly stops entries and exits, the later ones still look after fills."""
    actions: Mapping[Step, Callable[[Executor], None]] = {
        Step.SELL: sell_exits,
        Step.POLL_SELLS: poll_sells,
        Step.RECOUNT: _recount,
        Step.BUY: buy_entries,
        Step.POLL_BUYS: poll_buys,
        Step.DROP_ENTRIES: lambda executor: drop_entries(executor, "the entry cutoff has passed"),
        Step.DROP_LINES: _drop_lines,
    }
    for step in steps:
        if executor.run.interrupt.is_requested and not executor.is_finishing:
            executor.guarded(executor.check)
            return
        executor.guarded(lambda step=step: actions[step](executor))  # type: ignore[misc]


def _recount(executor: Executor) -> None:
    """Phase C: only entries depend on it."""
    if planned_entries(executor.facts):
        require_agreement(executor)


def _drop_lines(executor: Executor) -> None:
    drop_entries(executor, "the session is over")
    drop_exits(executor)


def _go_on_after_open(executor: Executor, options: ExecutorOptions) -> bool:
    """Wait for the open as far as asked, then go on as `poll`; return whether that happened."""
    moment = executor.facts.moment
    if moment.session is None or executor.halted is not None:
        return False
    opens = clock_text(moment.session.open)
    if moment.session.open - moment.now > timedelta(minutes=options.wait_for_open):
        executor.run.outcome.unresolved(
            f"the market opens {opens} New York", f"Run python -m live.executor --phase poll after {opens}."
        )
        return False
    executor.run.console.say(f"waiting for the open at {opens} New York")
    executor.guarded(lambda: _wait_until_open(executor))
    now = executor.facts.moment
    executor.deadline += now.now - moment.now
    if executor.halted is None:
        _do_steps(executor, steps_for(Phase.POLL, now.day_part, skip_time_check=options.skip_time_check))
    return True


def _wait_until_open(executor: Executor) -> None:
    while True:
        moment = executor.facts.moment
        left = 0.0 if moment.session is None else (moment.session.open - moment.now).total_seconds()
        if left <= 0:
            return
        executor.watch()
        if executor.halted is not None:
            return
        executor.sleep(min(left, WATCH_SECONDS))
