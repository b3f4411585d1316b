"""Brings state DB and facts up to what the broker says: at the start, before entries, at the end."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from backtest.errors import DriftError
from live.book.lists import read_lists, read_since
from live.book.reconcile import Mismatch
from live.book.recover import archive_of
from live.book.sync import LOST_DB, LOST_DB_NEXT_STEP, SyncReport, sync
from live.broker import Order
from live.errors import PositionMismatchError
from live.execute.cancel import read_together
from live.execute.decide.agreement import new_mismatches
from live.execute.decide.lines import RECONCILE, RERUN
from live.execute.executor import Executor
from live.execute.gather import day_start, with_broker_lists
from live.run.closing_lines import first_of
from live.state_db.rows import OrderRow, Via


def synchronize(executor: Executor, *, protect_agreeing: Callable[[], None] | None = None) -> tuple[Mismatch, ...]:
    """Sync the state DB with the broker, take over what the lists say, and return what nobody explains.

    protect_agreeing: called where something differs, with the facts as far as they are known, before anything is
    asked that might explain it (F111). What could not be read stops entries and exits (8). Raises
    BrokerUnavailableError (8) for the lists, and PositionMismatchError (4) when an empty DB meets orders of ours
    at the broker (F77).
    """
    db, broker, together = executor.db, executor.broker, executor.parallel.together
    lists = read_lists(broker, read_since(db, broker.clock.now()), together)
    ignored = executor.config.execution.ignore_tickers
    archive = archive_of(executor.config, broker, executor.facts.account)

    def on_difference(so_far: SyncReport) -> None:
        if protect_agreeing is not None:
            executor.take(with_broker_lists(executor.facts, so_far))
            protect_agreeing()

    try:
        synced = sync(
            db,
            broker,
            ignore_tickers=ignored,
            archive=archive,
            lists=lists,
            together=together,
            on_difference=on_difference,
        )
    except DriftError:
        _name_unjudged(executor)
        raise
    if synced.lost_db:
        raise PositionMismatchError(LOST_DB, next_step=LOST_DB_NEXT_STEP)
    for note in synced.notes:
        executor.run.console.say(note)
    executor.needs_hand += [one.sentence() for one in synced.unproven]
    for problem in synced.problems:
        executor.halt(problem)
    if not synced.problems:  # "missing" is concluded from complete answers only
        _plan_again(executor, [row for row in synced.unknown if row.has_unknown_outcome])
    executor.closed += synced.closed
    executor.report_oversold(synced.oversold)
    executor.take(with_broker_lists(executor.facts, synced))
    return synced.mismatches


def _name_unjudged(executor: Executor) -> None:
    """The lists could not be read a second time: what differed in the first ones is named before the run ends."""
    seen = [f"{mismatch.sentence()} (looked at once)" for mismatch in executor.facts.mismatches.values()]
    if seen:
        executor.run.closing_lines.needs_hand = first_of([*executor.needs_hand, *seen], "; ")


def require_agreement(executor: Executor) -> None:
    """Compare state DB and broker share by share, now (I4).

    A fill between two reads explains most differences, so orders and positions are read once more
    before one counts: today's by one listing, the differing tickers' older ones (a stop that fires just
    now) as well. From then on only the shares both sides agree on are ours for certain. One that an
    order of ours may explain whose fills are not known is left open (9, F13). Raises PositionMismatchError naming every
    other ticker.
    """
    executor.refresh_holdings()
    differing = new_mismatches(executor.facts)
    if not differing:
        return
    executor.wait_to_poll()
    executor.refresh_orders()
    tickers = {mismatch.ticker for mismatch in differing}
    executor.book(read_together(executor, _orders_that_moved(executor, tickers)))
    executor.refresh_holdings()
    facts = executor.facts
    if not (differing := new_mismatches(facts)):
        return
    executor.learn(mismatches={**facts.mismatches, **{mismatch.ticker: mismatch for mismatch in differing}})
    for mismatch in differing:
        if mismatch.unclear:
            executor.run.outcome.unresolved(mismatch.sentence(), RERUN)
    found = [mismatch.sentence() for mismatch in differing if not mismatch.unclear]
    if not found:
        return
    executor.needs_hand += found
    raise PositionMismatchError(first_of(found, "; "), next_step=RECONCILE)


def read_late_fills(executor: Executor) -> None:
    """Read today's orders and those this run canceled or replaced once more, and those of unknown outcome by id."""
    executor.refresh_orders()
    today = day_start(executor.facts.moment.today)
    changed = (*_canceled(executor), *_replaced(executor))
    older = [row for row in changed if row.submitted_at is None or row.submitted_at < today]
    executor.book(read_together(executor, older))
    look_up_unknown(executor)


def _orders_that_moved(executor: Executor, tickers: Collection[str]) -> list[OrderRow]:
    """Return the orders that may have moved these tickers: the working ones and those this run canceled."""
    working = [row for name in tickers for row in executor.facts.orders_of(name) if row.is_working]
    return working + [row for row in _canceled(executor) if row.is_final and row.ticker in tickers]


def _canceled(executor: Executor) -> list[OrderRow]:
    names = sorted(executor.facts.canceling)
    return [row for name in names if (row := executor.db.orders.get(name)) is not None]


def _replaced(executor: Executor) -> list[OrderRow]:
    """Return the stops that have a successor at the broker and are not over as far as we know."""
    rows = list(executor.facts.unfinished())
    parents = {row.parent_client_order_id for row in rows if row.via is Via.PATCH and row.is_working}
    return [row for row in rows if row.client_order_id in parents]


def look_up_unknown(executor: Executor, tickers: Collection[str] | None = None) -> None:
    """Ask for every order of unknown outcome by its id; "missing" needs a complete listing and this (I15).

    tickers: only theirs. What cannot be asked stays unknown.
    """
    unknown = (row for row in executor.facts.unfinished() if row.has_unknown_outcome)
    rows = [row for row in unknown if tickers is None or row.ticker in tickers]
    answers = executor.parallel.each(lambda row: _find(executor, row), rows)
    executor.book([answer for answer in answers if isinstance(answer, Order)])
    _plan_again(executor, [row for row, answer in zip(rows, answers, strict=True) if answer is None])


def _find(executor: Executor, row: OrderRow) -> Order | None:
    found = executor.broker.get_order_by_client_id(row.client_order_id)
    return None if found is None else executor.broker.get_order(found.id)


def _plan_again(executor: Executor, missing: Sequence[OrderRow]) -> None:
    """Take orders that never arrived for unsent: the next try bears the same id.

    Should one arrive after all, its id is taken and the next sync adopts it.
    """
    if missing:
        executor.db.orders.mark_not_sent([row.client_order_id for row in missing])
