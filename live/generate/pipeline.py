"""One run of the generator from the sync to the files: sync, fetch, decide, report, publish.

The refusals come in the contract's order (`live.generate.preparation`, then 4). Everything a run changes
in the state DB beyond the sync is one transaction, and the files are written after it: a run killed in
between is finished by the same command.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from backtest.files import require_place
from live.book.funds import Forecast, forecast_funds, funds_for_entries, needs_of
from live.book.recover import archive_of
from live.book.sync import LOST_DB, LOST_DB_NEXT_STEP, SyncReport, sync
from live.errors import PositionMismatchError, StateDBError
from live.generate.decisions import RunDecisions, decide_trade_date
from live.generate.generator_state import GeneratorState, load_state, state_of_run
from live.generate.preparation import PreparedRun
from live.generate.publish import publish, publish_again
from live.generate.signal_files import build_signal_files
from live.generate.summary import report_accepted_plan, report_run
from live.prices.registry import open_prices
from live.run.bound_strategy import refuse_other_strategy
from live.run.closing_lines import first_of
from live.run.runtime import Runtime
from live.run.startup import open_request
from live.signals.file import SignalFile, file_name

if TYPE_CHECKING:
    from backtest.prices.provider import PriceProvider

RECONCILE = "Find out why: python -m live.admin reconcile"


def generate(prepared: PreparedRun, runtime: Runtime | None) -> None:
    """Decide the trade date of a prepared run and publish its files. Raises DriftError, 4 for a mismatch."""
    synced = sync(
        prepared.db,
        prepared.broker,
        ignore_tickers=prepared.config.execution.ignore_tickers,
        archive=archive_of(prepared.config, prepared.broker, prepared.connected.account),
    )
    for sentence in synced.notes:
        prepared.run.note(sentence)
    _require_agreement(prepared, synced)
    if synced.problems:
        raise synced.problems[0]
    refuse_other_strategy(prepared.run, prepared.opened, prepared.options, prepared.trade_date)
    if _repeat_accepted(prepared, synced):
        return
    prices = _prices(prepared, runtime)
    state = load_state(prepared.db)
    decided = decide_trade_date(prepared, synced, prices, state)
    files = build_signal_files(prepared, synced, prices, decided)
    report_run(prepared, synced, decided, state, _forecast(prepared, files[0]))
    prepared.run.interrupt.check()
    if not prepared.options.dry_run:
        _begin(prepared)
        prepared.db.last_prices.keep(synced.broker_positions, synced.lists.at, prepared.run.program)
        _publish(prepared, files, decided, state)


def _forecast(prepared: PreparedRun, signal: SignalFile) -> Forecast:
    """Return how far the account's funds, as read, last for what the file wants to buy."""
    unfinished, vetoed = prepared.db.orders.unfinished(), prepared.db.entry_controls.vetoes(prepared.trade_date)
    funds = funds_for_entries(prepared.connected.account, prepared.config.execution, unfinished)
    return forecast_funds(funds, needs_of(signal, vetoed=vetoed), [line.ticker for line in signal.exits])


def _prices(prepared: PreparedRun, runtime: Runtime | None) -> PriceProvider:
    if runtime is not None and runtime.prices is not None:
        return runtime.prices
    settings = open_request(prepared.run, prepared.config, prepared.options)
    return open_prices(prepared.options.prices, prepared.broker, prepared.sessions, settings)


def _require_agreement(prepared: PreparedRun, synced: SyncReport) -> None:
    """Refuse (4) when DB and broker differ; with --force the differing tickers are frozen and the run ends 9.

    A lost DB is refused always: the files it would issue now would take the place of those that prove what is ours.
    """
    words = first_of([mismatch.sentence() for mismatch in synced.mismatches], "; ")
    if synced.lost_db:
        lost = f"{prepared.db.path or 'the state DB'}: {LOST_DB}"
        raise PositionMismatchError(f"{lost}; {words}" if words else lost, next_step=LOST_DB_NEXT_STEP)
    if not synced.mismatches:
        return
    if prepared.db.plans.of_date(prepared.trade_date) is not None:  # its file is not made again, nothing is frozen
        prepared.run.outcome.add_problem(4, f"state DB and broker differ: {words}", RECONCILE)
        return
    if not prepared.options.force:
        next_step = f"{RECONCILE}; --force goes on and leaves these tickers alone."
        raise PositionMismatchError(f"state DB and broker differ: {words}", next_step=next_step)
    prepared.run.outcome.unresolved(f"frozen by --force: {words}", RECONCILE)


def _repeat_accepted(prepared: PreparedRun, synced: SyncReport) -> bool:
    """Write the files of an accepted plan once more, for it is never decided again; return whether there is one."""
    plan = prepared.db.plans.get(prepared.primary_id, prepared.trade_date)
    if plan is None:
        return False
    accepted = prepared.db.signal_files.get(plan.signal_file_id)
    assert accepted is not None, "a plan references its file (foreign key)"
    if not prepared.options.dry_run:
        _begin(prepared)
        prepared.db.runs.set_trade_date(prepared.run.run_id, prepared.trade_date)
        prepared.db.last_prices.keep(synced.broker_positions, synced.lists.at, prepared.run.program)
        paths = publish_again(prepared.db, accepted, [*prepared.shadows], prepared.folder)
        prepared.run.report["files"] = [str(path) for path in paths]
    report_accepted_plan(prepared, plan, accepted, synced)
    return True


def _begin(prepared: PreparedRun) -> None:
    """Nothing has been written yet; from here on it is. Raises InputError (7) where no signal file can be written."""
    require_place(prepared.folder / file_name(prepared.primary_id, prepared.trade_date))
    prepared.run.begin()


def _publish(prepared: PreparedRun, files: Sequence[SignalFile], decided: RunDecisions, before: GeneratorState) -> None:
    offers = decided.offered.to_shadows(prepared.shadows)
    state = state_of_run(before, decided.market.references, prepared.trade_date, offers)
    paths = publish(prepared.run, prepared.db, files, prepared.folder, shadows=decided.shadows, state=state)
    _back_up(prepared)
    prepared.run.report["files"] = [str(path) for path in paths]
    prepared.run.console.say(f"written: {', '.join(str(path) for path in paths)}")


def _back_up(prepared: PreparedRun) -> None:
    """Keep a copy of what was just committed; that it failed needs a hand, and changes no exit code."""
    state_db, folder = prepared.db.path, prepared.config.paths.backups_dir
    if state_db is None or folder is None:
        return
    from live.state_db.backup import back_up_automatically  # late: a replay keeps none

    try:
        back_up_automatically(state_db, state_db.parent / folder, prepared.broker.clock.now())
    except StateDBError as error:
        words = f"no backup of the state DB was made: {error.what}"
        prepared.run.note(words)
        prepared.run.closing_lines.add_hand(words)
