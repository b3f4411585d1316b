"""`probe`: asks the paper broker what docs/broker.md cannot know, writes the answers, and undoes what it did."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from backtest.confirm import confirm
from backtest.errors import DriftError
from backtest.files import require_place
from backtest.money import format_price
from live.administer.probe.asking import Asking, State
from live.administer.probe.one_share import one_share
from live.administer.probe.questions import GROUPS, QUESTIONS, Group
from live.administer.probe.record import Probe, free_path, left_json, probe_json, write_record
from live.administer.probe.resting import queued_oto, refusals, resting_order, resting_oto
from live.administer.probe.start import UNDO, Start, held_shares, judge, refuse_live, wire_of
from live.administer.probe.text import COLUMNS, plan_text, questions_asked, result_text, rows, sentences
from live.administer.probe.undo import LOOK_BACK, Left, Undo, look
from live.administer.probe.wire import UnclearError, Wire
from live.broker import Broker
from live.clock import NEW_YORK
from live.errors import UnresolvedWorkError
from live.run.closing_lines import first_of
from live.run.interrupt import watch_waits
from live.run.lock import account_lock_path, db_lock_path, lock_problem
from live.run.options import RunOptions
from live.run.program import Run
from live.run.runtime import Runtime
from live.run.startup import Connected, Opened, connect, open_run, require_kill_switch_off
from live.state_db.db import StateDB

WORD = "PROBE"
LIMIT = timedelta(minutes=10)
"""How long questions are asked; what was done is undone after that, within the 15 minutes of a run."""
_ASKED_BY: Mapping[Group, Callable[[Asking], None]] = {
    Group.RESTING: resting_order,
    Group.REFUSALS: refusals,
    Group.OTO: resting_oto,
    Group.QUEUED: queued_oto,
    Group.SHARE: one_share,
}


def probe_broker(
    run: Run,
    options: RunOptions,
    runtime: Runtime | None,
    *,
    ticker: str,
    most_usd: int,
    out: Path | None,
    is_sure: bool,
) -> None:
    """Ask every question that can be asked now, once it is confirmed at the terminal.

    Raises UsageError (2), KillSwitchError (3), SafetyLimitError (11), InputError (7) when the file cannot be written,
    and the start-up refusals (6, 8, 10, 13). Ends 9 when a question has no answer or something is left at the broker.
    """
    opened, connected = _look(run, options, runtime)
    start = judge(opened, connected, ticker, most_usd)
    folder = out or (options.state_db or opened.config.paths.state_db).parent
    require_place(free_path(folder, start.broker.clock.now().astimezone(NEW_YORK).date()))
    asked = questions_asked(start.is_open)
    for line in plan_text(ticker, start.price, asked, is_open=start.is_open, market=start.market):
        run.console.say(line)
    price = format_price(start.price)
    run.report["plan"] = {"ticker": ticker, "price": price, "market": start.market, "questions": len(asked)}
    if start.next_run is not None:
        run.note(f"{start.next_run}; while a probe is running it would end 10")
    if options.dry_run:
        return
    if not is_sure:
        confirm(WORD, f"to send these orders to the {start.broker.mode.lower()} account")
    opened, connected = _begin(run, options, runtime)
    start = judge(opened, connected, ticker, most_usd)
    run.begin()
    _report(run, folder, start, _ask_and_undo(run, opened, start))


def undo_probes(run: Run, options: RunOptions, runtime: Runtime | None, *, is_sure: bool) -> None:
    """Cancel and sell what earlier probes have left. Raises as `probe_broker`; ends 9 while something is left."""
    opened, connected = _look(run, options, runtime)
    wire_of(connected.broker)
    left = look(connected.broker, connected.broker.clock.now() - LOOK_BACK, held_shares(opened.db))
    run.console.say(f"left by probes: {left.words() or 'nothing'}")
    run.report["left"] = left_json(left)
    if left.is_nothing or options.dry_run:
        return
    if not is_sure:
        confirm(WORD, "to cancel and sell it")
    opened, connected = _begin(run, options, runtime)
    run.begin()
    broker, held = connected.broker, held_shares(opened.db)
    left = _undo(run, opened.db, broker, since=broker.clock.now() - LOOK_BACK, held=held, unclear={})
    run.report["left"] = left_json(left)
    _count_left(run, left)


def _look(run: Run, options: RunOptions, runtime: Runtime | None) -> tuple[Opened, Connected]:
    """Ask what a run would be refused for, with a copy of the state DB and without any lock."""
    refuse_live(options)
    asked = replace(options, dry_run=True)
    opened = open_run(run, asked, runtime)
    problem = lock_problem(db_lock_path(options.state_db or opened.config.paths.state_db))
    if problem is not None:
        raise problem
    require_kill_switch_off(opened.kill_switch)
    connected = connect(run, opened, asked, runtime)
    broker = connected.broker
    problem = lock_problem(account_lock_path(broker.id, connected.account.id, broker.lock_folder))
    if problem is not None:
        raise problem
    return opened, connected


def _begin(run: Run, options: RunOptions, runtime: Runtime | None) -> tuple[Opened, Connected]:
    opened = open_run(run, options, runtime)
    require_kill_switch_off(opened.kill_switch)
    return opened, connect(run, opened, options, runtime)


def _ask_and_undo(run: Run, opened: Opened, start: Start) -> Probe:
    """Ask group by group; whatever happens, what was done is undone, and what was found is returned."""
    clock = start.broker.clock
    began, held = clock.now(), held_shares(opened.db)
    until = began + LIMIT

    def check() -> None:
        run.interrupt.check()
        if clock.now() >= until:
            raise UnresolvedWorkError("the questions took longer than 10 minutes", next_step="Run it again.")

    wire = Wire(
        start.wire,
        clock,
        sleep_until_signal=lambda seconds: run.interrupt.sleep(clock, seconds),
        check=check,
        may_trade=lambda: require_kill_switch_off(opened.db.system_config.kill_switch()),
    )
    asking = Asking(wire, run.run_id or "", start.ticker, start.price, start.is_open)

    def undo() -> Left:
        return _undo(run, opened.db, start.broker, since=began - timedelta(minutes=1), held=held, unclear=wire.unclear)

    left = Left()
    why = "the probe ended before"
    try:
        _ask_all(asking, undo)
    except DriftError as error:
        run.outcome.add_error(error)
        why = error.what
    finally:
        left = undo()
        _count_left(run, left)
    for question in QUESTIONS:
        fits = asking.fits(question.asked)
        asking.leave(question.id, State.UNANSWERED if fits else State.NOT_ASKED, why if fits else start.market)
    return Probe(
        run_id=run.run_id or "",
        began=began,
        broker=start.broker.id,
        mode=start.broker.mode.lower(),
        host=start.host,
        market=start.market,
        ticker=start.ticker,
        price=start.price,
        findings=tuple(asking.findings[question.id] for question in QUESTIONS),
        left=left,
    )


def _ask_all(asking: Asking, undo: Callable[[], Left]) -> None:
    """Ask group by group; one that breaks off is undone before the next, and ends the probe when that fails."""
    for group, ask in _ASKED_BY.items():
        names = [question.id for question in GROUPS[group] if asking.fits(question.asked)]
        if not names:
            continue
        try:
            ask(asking)
        except UnclearError as error:
            for name in names:
                asking.leave(name, State.UNANSWERED, str(error))
        left = undo()
        if left.orders or left.shares or left.problem:
            return


def _undo(
    run: Run, db: StateDB, broker: Broker, *, since: datetime, held: Mapping[str, int], unclear: dict[str, str]
) -> Left:
    """End what is at the broker, interrupted or not; with the kill switch on, or without a session, nothing is sold."""
    watch_waits(broker, None)
    try:
        is_open = broker.get_clock().is_open
    except DriftError:
        is_open = False
    may_sell = is_open and not db.system_config.kill_switch().on
    return Undo(broker, since, run.run_id or "", held, may_sell, unclear).end_all()


def _count_left(run: Run, left: Left) -> None:
    """What is left decides the last line."""
    if not left.is_nothing:
        run.outcome.lead(9, f"left at the broker: {left.words()}", f"End it: {UNDO}")


def _report(run: Run, folder: Path, start: Start, probe: Probe) -> None:
    """Print what was found, and write the file."""
    console = run.console
    console.table(COLUMNS, rows(probe.findings))
    for sentence in sentences(probe):
        console.prose(sentence)
    console.say(result_text(probe))
    path = free_path(folder, probe.began.astimezone(NEW_YORK).date())
    run.report["probe"] = probe_json(probe, with_requests=False)
    write_record(path, probe, run.redactor, (start.account_id, start.account_number))
    run.report["file"] = str(path)
    console.say(f"written: {path}")
    unanswered = [one.question.id for one in probe.findings if one.state is State.UNANSWERED]
    if unanswered and not run.outcome.problems:
        run.outcome.unresolved(f"no answer to {first_of(unanswered)}", "Run it again: it asks all of them anew.")
