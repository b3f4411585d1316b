"""The three kinds of run: trading (`all`, `place`, `poll`), protecting only, and under the kill switch.

Each compares plan, state DB and broker and does the next missing step. Nothing here re-ranks, re-sizes
or picks another candidate.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta

from backtest.errors import ConfigError
from live.errors import (
    BrokerUnavailableError,
    LockedError,
    PositionMismatchError,
    SafetyLimitError,
)
from live.execute import guards, report
from live.execute.buys import Choice, buy_entries, choose, drop_entries, look, look_closer, planned_entries
from live.execute.cancel import cancel_stale_entries, stale_entries
from live.execute.caps import safety_limits
from live.execute.decide.schedule import Phase, Step, steps_for, waits_for_open
from live.execute.desk import Desk
from live.execute.ending import finish, guarded, last_resort, rescuing
from live.execute.fills import poll_buys
from live.execute.opening import Opening, open_desk, read_broker, read_calendar
from live.execute.options import ExecutorOptions
from live.execute.plan import Today, accept_plan
from live.execute.protect import plan_all, protect
from live.execute.recount import require_agreement
from live.execute.sells import SaleAct, plan_sales, poll_sells, sell_exits
from live.orders import Intent
from live.run.program import Run
from live.run.runtime import Runtime
from live.run.startup import (
    Opened,
    connect,
    refuse_restricted,
    require_kill_switch_off,
)
from live.state_db.rows import PLANNED

logger = logging.getLogger(__name__)


def trade(desk: Desk, today: Today | None, options: ExecutorOptions) -> None:
    """`all`, `place`, `poll`: carry the verified plan out as far as the moment allows."""
    with rescuing(desk):
        _trade(desk, today, options)


def protect_only(run: Run, opened: Opened, options: ExecutorOptions, runtime: Runtime | None) -> None:
    """`--phase protect`: sync fills and stops; needs neither manifest nor signals nor market data."""
    desk = open_desk(run, opened, connect(run, opened, options, runtime, read_calendar=read_calendar), options)
    opening = read_broker(desk)
    _tell_mismatches(desk, opening, frozen=frozenset())
    refuse_restricted(desk.account)
    run.protect_attempt = lambda: last_resort(desk)
    if options.dry_run:
        report.tell_plan(desk, checks=plan_all(desk))
        return
    guarded(desk, lambda: protect(desk))
    finish(desk, frozenset(), waits=True, judges=False)


def under_kill_switch(run: Run, opened: Opened, options: ExecutorOptions, runtime: Runtime | None) -> None:
    """The kill switch is on: one protect pass, and our unfilled entries are canceled whatever their date.

    Needs keys and the bound account; without them nothing can be protected, told.
    """
    try:
        connected = connect(run, opened, options, runtime, read_calendar=read_calendar)
    except (ConfigError, BrokerUnavailableError, LockedError) as error:
        run.note(f"nothing could be protected: {error.what}")
        return
    desk = open_desk(run, opened, connected, options)
    guarded(desk, lambda: require_kill_switch_off(opened.kill_switch))
    opening = read_broker(desk)
    _tell_mismatches(desk, opening, frozen=frozenset())
    refuse_restricted(desk.account)
    run.protect_attempt = lambda: last_resort(desk)
    guarded(desk, lambda: cancel_stale_entries(desk, every=True))
    guarded(desk, lambda: protect(desk))
    finish(desk, frozenset(), waits=True, judges=False)


def _trade(desk: Desk, today: Today | None, options: ExecutorOptions) -> None:
    """`all`, `place`, `poll`: sync, stale entries, protect, then the steps of the phase table."""
    before = report.line_names(desk)
    opening = read_broker(desk)
    frozen = frozenset() if today is None else frozenset(today.signal.frozen)
    _tell_mismatches(desk, opening, frozen)
    refuse_restricted(desk.account)
    desk.run.protect_attempt = lambda: last_resort(desk)
    day_part = desk.moment.day_part
    steps = steps_for(options.phase, day_part, skip_time_check=options.skip_time_check)
    if desk.halted is not None:
        if not options.dry_run:  # what is at the broker already is looked after: buys end, fills get their stops
            guarded(desk, lambda: cancel_stale_entries(desk))
            guarded(desk, lambda: protect(desk))
            _take(desk, tuple(step for step in steps if step in (Step.POLL_SELLS, Step.POLL_BUYS)))
            finish(desk, before, waits=True, judges=False)
        return
    if today is not None and (steps or options.wait_for_open):
        accept_plan(desk.db, today, desk.config)
        before |= report.line_names(desk)
    _check_limits(desk)
    if options.dry_run:
        _dry_run(desk, steps)
        return
    guarded(desk, lambda: cancel_stale_entries(desk))
    skip = _to_be_sold(desk) if Step.SELL in steps and desk.halted is None else frozenset()
    guarded(desk, lambda: protect(desk, skip=skip))
    _take(desk, steps)
    waits = options.phase is Phase.PLACE
    if waits_for_open(options.phase, day_part):
        waits = not _after_open(desk, options)
    finish(desk, before, waits=waits, judges=True)


# steps


def _take(desk: Desk, steps: tuple[Step, ...]) -> None:
    """Do the steps in order; one that ends badly stops entries and exits, the later ones still look after fills."""
    doing: Mapping[Step, Callable[[Desk], None]] = {
        Step.SELL: sell_exits,
        Step.POLL_SELLS: poll_sells,
        Step.RECOUNT: lambda desk: require_agreement(desk) if planned_entries(desk) else None,
        Step.BUY: buy_entries,
        Step.POLL_BUYS: poll_buys,
        Step.DROP_ENTRIES: lambda desk: drop_entries(desk, "the entry cutoff has passed"),
        Step.DROP_LINES: _drop_lines,
    }
    for step in steps:
        if desk.run.interrupt.is_requested and not desk.winding_up:
            guarded(desk, desk.check)
            return
        guarded(desk, lambda step=step: doing[step](desk))  # type: ignore[misc]


def _to_be_sold(desk: Desk) -> frozenset[str]:
    """Return the tickers whose stop is not given back now, because their exit is sent in this pass."""
    return frozenset(sale.line.ticker for sale in plan_sales(desk) if sale.act is SaleAct.SELL)


def _drop_lines(desk: Desk) -> None:
    """The session is over: what was not sent never will be; exits stay pending and are listed again."""
    drop_entries(desk, "the session is over")
    for row in desk.lines(Intent.EXIT):
        if row.status == PLANNED:
            desk.db.orders.abandon(row.client_order_id, "after_close", "the session is over")


def _after_open(desk: Desk, options: ExecutorOptions) -> bool:
    """Wait for the open as far as asked, then go on as `poll`; tell whether that happened."""
    session = desk.moment.session
    if session is None or desk.halted is not None:
        return False
    opens = report.clock_text(session.open)
    wait = session.open - desk.now()
    if wait > timedelta(minutes=options.wait_for_open):
        desk.run.outcome.unresolved(
            f"the market opens {opens} New York", f"Run python -m live.executor --phase poll after {opens}."
        )
        return False
    desk.run.console.say(f"waiting for the open at {opens} New York")
    started = desk.now()
    guarded(desk, lambda: _wait_until_open(desk))
    desk.deadline += desk.now() - started
    desk.relocate()
    if desk.halted is None:
        _take(desk, steps_for(Phase.POLL, desk.moment.day_part, skip_time_check=options.skip_time_check))
    return True


def _wait_until_open(desk: Desk) -> None:
    session = desk.moment.session
    while session is not None and (left := (session.open - desk.now()).total_seconds()) > 0:
        desk.watch()
        if desk.halted is not None:
            return
        desk.sleep(min(left, 20.0))


# guards of the whole run


def _tell_mismatches(desk: Desk, opening: Opening, frozen: frozenset[str]) -> None:
    """A difference between DB and broker stops entries and exits (4); one that the file froze is left alone (9)."""
    for difference in opening.mismatches:
        desk.needs_hand.append(difference.words)
        if difference.ticker in frozen:
            desk.run.outcome.unresolved(f"left alone as the signal file says: {difference.words}")
        else:
            desk.halt(
                PositionMismatchError(
                    difference.words,
                    next_step="Find out why: python -m live.admin reconcile; the signal generator's --force goes on.",
                )
            )


def _check_limits(desk: Desk) -> None:
    """Drawdown, daily loss and the size of every entry, before anything is sent (F107)."""
    refusal = safety_limits(desk)
    for row in planned_entries(desk):
        if refusal is None and row.entry is not None:
            refusal = guards.position_value(row.entry.reference_price, row.qty, desk.config.safety.max_position_usd)
    if refusal is not None:
        desk.halt(SafetyLimitError(refusal.words, next_step="Nothing more is bought or sold today; stops stay."))


def _dry_run(desk: Desk, steps: tuple[Step, ...]) -> None:
    """Print what the steps would do, from the same pure questions that the real run asks."""
    sales = plan_sales(desk) if Step.SELL in steps and desk.halted is None else []
    to_sell = {sale.line.ticker for sale in sales if sale.act is SaleAct.SELL}
    checks = plan_all(desk, skip=to_sell)
    rows = planned_entries(desk) if Step.BUY in steps or Step.DROP_ENTRIES in steps else []
    picture = look(desk, selling=bool(to_sell), freed=len(to_sell))
    choices: list[Choice] = []
    if rows and desk.halted is None:
        choices = choose(desk, rows, look_closer(desk, picture, rows))
    report.tell_plan(desk, stale_entries(desk), checks, sales, choices, picture.funds.left)
