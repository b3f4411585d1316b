"""One run of the generator from start to the two files: gather, decide, tell, write.

The refusals come in the contract's order (`live.generate.day`, then 4). Everything a run changes in the
state DB beyond the sync is one transaction, and the files are written after it: a run killed in
between is healed by the same command.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from backtest.model import Decisions
from live.book.reconcile import foreign_tickers
from live.book.sync import SyncReport, sync
from live.errors import PositionMismatchError
from live.generate.day import Day
from live.generate.decided import Decided
from live.generate.gather import book_for, market_needs, prices_ref
from live.generate.issue import issue, remembered, write_again
from live.generate.market import fetch_market
from live.generate.memory import Memory, load_memory
from live.generate.prices import open_prices
from live.generate.primary import Hands, decide_primary, drop_untradable
from live.generate.shadow import run_shadow
from live.generate.shadow_book import name_exits, read_shadow
from live.generate.summary import tell_accepted, tell_run
from live.run.runtime import Runtime
from live.signals.file import Inputs, SignalFile, from_decisions

if TYPE_CHECKING:
    from backtest.prices.provider import PriceProvider


def generate(day: Day, runtime: Runtime | None) -> None:
    """Decide the trade date of a run that has begun and write its files. Raises DriftError, 4 for a mismatch."""
    synced = sync(day.db, day.broker, ignore_tickers=day.config.execution.ignore_tickers)
    for sentence in synced.notes:
        day.run.note(sentence)
    _require_agreement(day, synced)
    if _repeat_accepted(day, synced):
        return
    prices = _prices(day, runtime)
    memory = load_memory(day.db)
    decided = _decide(day, synced, prices, memory)
    tell_run(day, synced, decided, memory)
    day.run.interrupt.check()
    if not day.options.dry_run:
        _issue(day, synced, prices, decided, memory)


def _prices(day: Day, runtime: Runtime | None) -> PriceProvider:
    if runtime is not None and runtime.prices is not None:
        return runtime.prices
    return open_prices(day.config, day.options.prices, day.broker, day.sessions, read_only=day.options.dry_run)


def _require_agreement(day: Day, synced: SyncReport) -> None:
    """Refuse (4) when DB and broker differ; with --force the differing tickers are frozen and the run ends 9."""
    if not synced.mismatches and not synced.lost_db:
        return
    words = "; ".join(mismatch.sentence() for mismatch in synced.mismatches)
    next_step = "See python -m live.admin reconcile; --force goes on and leaves these tickers alone."
    if synced.lost_db:
        lost = f"{day.db.path or 'the state DB'} is empty, but the broker has orders of ours"
        words = f"{lost}; {words}" if words else lost
        next_step = "Give the right --state-db or its backup; it can be rebuilt from the broker and the signal files."
    if not day.options.force:
        raise PositionMismatchError(f"state DB and broker differ: {words}", next_step=next_step)
    day.run.outcome.unresolved(f"frozen by --force: {words}", "Clear it up: python -m live.admin reconcile.")


def _repeat_accepted(day: Day, synced: SyncReport) -> bool:
    """An accepted plan is never decided again: its files are written once more. Tells whether there is one."""
    plan = day.db.plans.get(day.primary_id, day.trade_date)
    if plan is None:
        return False
    accepted = day.db.signal_files.get(plan.signal_file_id)
    assert accepted is not None, "a plan references its file (foreign key)"
    if not day.options.dry_run:
        day.db.runs.set_trade_date(day.run.run_id, day.trade_date)
        paths = write_again(day.db, accepted, [day.shadow_id] if day.shadow_id else [], day.folder)
        day.run.report["files"] = [str(path) for path in paths]
    tell_accepted(day, plan, accepted, synced)
    return True


def _decide(day: Day, synced: SyncReport, prices: PriceProvider, memory: Memory) -> Decided:
    """Fetch the market, decide for the executed strategy, let the shadow live up to D and decide."""
    params, candidates, rows = day.config.strategy, day.reports.candidates, synced.positions
    start = read_shadow(day.db, day.shadow_id, memory.offers) if day.shadow_id else None
    needs = market_needs([row.as_holding() for row in rows], start, candidates, day.trade_date, day.sessions, params)
    stored = None if day.options.refresh_prices else memory.references
    now = day.broker.clock.now()
    market = fetch_market(prices, day.broker, day.sessions, params, needs, now=now, stored=stored)
    hands = Hands(frozenset(synced.frozen), foreign_tickers(synced.broker_positions, rows))
    decisions = decide_primary(book_for(rows, market, day.trade_date), candidates, market.market, params, hands)
    assets = {entry.ticker: day.broker.get_asset(entry.ticker) for entry in decisions.entries}
    decisions = drop_untradable(decisions, assets)
    if start is None or day.shadow_id is None:
        return Decided(market, decisions, None)
    is_empty = market.as_of_is_empty
    shadow = run_shadow(start, candidates, market.history, day.trade_date, params, as_of_is_empty=is_empty)
    shadow = replace(shadow, decisions=name_exits(day.db, day.shadow_id, shadow.decisions))
    return Decided(market, decisions, shadow)


def _issue(day: Day, synced: SyncReport, prices: PriceProvider, decided: Decided, memory: Memory) -> None:
    offered = {one.ticker for one in day.reports.candidates}
    held = {row.ticker for row in synced.positions}
    files = [_signal_file(day, prices, decided, decided.primary, held | offered, day.primary_id, synced.frozen)]
    through = day.as_of
    shadow, shadow_id = decided.shadow, day.shadow_id
    if shadow is not None and shadow_id is not None:
        watched = {one.ticker for one in shadow.book.holdings} | offered
        files.append(_signal_file(day, prices, decided, shadow.decisions, watched, shadow_id))
        if shadow.holds_back:
            through = day.db.shadow.stepped_through(shadow_id) or through
    current = Memory(decided.market.references, {day.trade_date: day.reports.candidates})
    paths = issue(
        day.run,
        day.db,
        files,
        day.folder,
        shadow=shadow,
        shadow_id=shadow_id or "",
        memory=remembered(memory, current, through),
    )
    day.run.report["files"] = [str(path) for path in paths]
    day.run.console.say(f"written: {', '.join(str(path) for path in paths)}")


def _signal_file(
    day: Day,
    prices: PriceProvider,
    decided: Decided,
    decisions: Decisions,
    tickers: Collection[str],
    strategy: str,
    frozen: Sequence[str] = (),
) -> SignalFile:
    inputs = Inputs(
        reports=day.reports.refs,
        config_sha256=day.config.config_sha256,
        manifest_sha256=day.manifest_sha256,
        prices=prices_ref(prices, decided.market, tickers, day.trade_date, day.config.strategy),
    )
    counts = {"exits": decisions.exits, "entries": decisions.entries, "skipped": decisions.skipped}
    return from_decisions(
        decisions,
        strategy=strategy,
        run_id=day.run.run_id,
        generated_at=day.broker.clock.now(),
        account=day.account,
        inputs=inputs,
        frozen=frozen,
        summary={name: len(lines) for name, lines in counts.items()},
    )
