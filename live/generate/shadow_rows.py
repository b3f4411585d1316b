"""A shadow's rows of the state DB: read as a book, and written session by session as they were played."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from backtest.ledger import Trade
from backtest.model import Book, Candidate
from backtest.params import Params
from live.generate.shadow import PlayedSession, ShadowRun, ShadowStart
from live.state_db.db import StateDB
from live.state_db.rows import ShadowRow, ShadowStatus


def read_shadow(
    db: StateDB, strategy: str, params: Params, candidates: Mapping[date, tuple[Candidate, ...]]
) -> ShadowStart:
    """Return where a shadow stands in the state DB. params, candidates: as in `ShadowStart`."""
    rows = db.shadow.active(strategy)
    book = Book(tuple(row.as_holding() for row in rows if row.status is ShadowStatus.OPEN))
    return ShadowStart(strategy, params, book, db.shadow.stepped_through(strategy), candidates)


def with_position_ids(db: StateDB, runs: Iterable[ShadowRun]) -> tuple[ShadowRun, ...]:
    """Return the runs with holdings and exits that name their rows: the same in a second run, when they are written.

    A position not written yet takes its pending row's id; one without a row (it was decided while bars were missing)
    the id that its row will get. Where the sessions are not written yet it has none, and an exit of it, which needs
    one, is left out of the file; it is decided again.
    """
    new_id, named = db.shadow.next_id(), []
    for run in runs:
        active = db.shadow.active(run.strategy)
        ids = {(row.ticker, row.entry_date): row.position_id for row in active if row.status is ShadowStatus.PENDING}
        for held in run.book.holdings:
            if run.not_final is None and held.position_id is None and (held.ticker, held.entry_date) not in ids:
                ids[held.ticker, held.entry_date] = new_id
                new_id += 1
        named.append(_named(run, ids))
    return tuple(named)


def _named(run: ShadowRun, ids: Mapping[tuple[str, date], int]) -> ShadowRun:
    """ids: of the positions that have no open row, by ticker and entry date."""
    holdings = tuple(
        held if held.position_id else replace(held, position_id=ids.get((held.ticker, held.entry_date)))
        for held in run.book.holdings
    )
    of_ticker = {held.ticker: held.position_id for held in holdings}
    exits = tuple(
        replace(exit_, position_id=of_ticker[exit_.ticker])
        for exit_ in run.decisions.exits
        if of_ticker[exit_.ticker] is not None
    )
    return replace(run, book=Book(holdings), decisions=replace(run.decisions, exits=exits), ids=ids)


def write_shadows(db: StateDB, runs: Sequence[ShadowRun]) -> None:
    """Write each run's sessions played, unless they are not final, then its decisions for D as pending rows.

    Runs inside the caller's transaction. A second run for the same D replaces what the first decided.
    """
    if ids := [one for run in runs for one in run.ids.values()]:
        db.shadow.reserve(max(ids))
    for run in runs:
        _write_run(db, run)


def _write_run(db: StateDB, run: ShadowRun) -> None:
    strategy, trade_date, as_of = run.strategy, run.decisions.trade_date, run.decisions.as_of
    if run.not_final is None:
        for session in run.sessions:
            _write_session(db, run, session)
        if run.sessions:
            _write_marks(db, strategy, run.sessions[-1].result.book)
        if run.sessions or db.shadow.stepped_through(strategy) is None:
            db.shadow.set_stepped_through(strategy, as_of)
    db.shadow.record_decisions(strategy, run.decisions)
    db.shadow.replace_pending(strategy, run.decisions.entries, trade_date, as_of)


def _write_session(db: StateDB, run: ShadowRun, session: PlayedSession) -> None:
    """Splits, then what was held and is sold, then what was bought, then what was bought and stopped at once."""
    rows = db.shadow.active(run.strategy)
    waiting = _decided_for(session.day, rows)
    if not _are_as_decided(waiting, session):
        rows = _write_revised_decisions(db, run, session)
        waiting = _decided_for(session.day, rows)
    ids = {row.ticker: row.position_id for row in rows if row.status is ShadowStatus.OPEN}
    for split in session.splits:
        db.shadow.scale_for_split(ids[split.ticker], split.ratio)
    bought_today = {(held.ticker, held.entry_date) for held in session.result.bought}
    later = [trade for trade in session.result.trades if (trade.ticker, trade.entry_date) in bought_today]
    for trade in session.result.trades:
        if trade not in later:
            _close(db, ids[trade.ticker], trade)
    for held in session.result.bought:
        ids[held.ticker] = waiting.pop(held.ticker).position_id
        db.shadow.fill(
            ids[held.ticker],
            entry_date=held.entry_date,
            shares=held.shares,
            entry_price=held.entry_price,
            stop_price=held.stop_price,
        )
    reasons = {skip.ticker: skip.reason.value for skip in session.result.skipped}
    for ticker, row in waiting.items():
        db.shadow.skip(row.position_id, reasons.get(ticker, "no_price_data"))
    for trade in later:
        _close(db, ids[trade.ticker], trade)


def _decided_for(day: date, rows: Iterable[ShadowRow]) -> dict[str, ShadowRow]:
    return {row.ticker: row for row in rows if row.status is ShadowStatus.PENDING and row.entry_date == day}


def _are_as_decided(waiting: Mapping[str, ShadowRow], session: PlayedSession) -> bool:
    decided = {entry.ticker: (entry.shares, entry.replaces) for entry in session.decisions.entries}
    return {ticker: (row.target_shares, row.replaces) for ticker, row in waiting.items()} == decided


def _write_revised_decisions(db: StateDB, run: ShadowRun, session: PlayedSession) -> tuple[ShadowRow, ...]:
    """Replace the session's pending rows: bars that came late, or were revised, have changed what was decided."""
    decisions, ids = session.decisions, {ticker: one for (ticker, day), one in run.ids.items() if day == session.day}
    db.shadow.record_decisions(run.strategy, decisions)
    db.shadow.replace_pending(run.strategy, decisions.entries, session.day, decisions.as_of, ids)
    return db.shadow.active(run.strategy)


def _write_marks(db: StateDB, strategy: str, book: Book) -> None:
    """Write what the sessions left on the holdings: decided exits still unsold, the last close judged."""
    rows = {row.ticker: row for row in db.shadow.active(strategy) if row.status is ShadowStatus.OPEN}
    judged: dict[date, list[int]] = {}
    for held in book.holdings:
        row = rows[held.ticker]
        if (row.pending_exit_reason, row.pending_exit_since) != (held.pending_exit_reason, held.pending_exit_since):
            db.shadow.set_pending_exit(row.position_id, held.pending_exit_reason, held.pending_exit_since)
        if row.decided_through != held.decided_through:
            judged.setdefault(held.decided_through, []).append(row.position_id)
    for day, ids in judged.items():
        db.shadow.set_decided_through(ids, day)


def _close(db: StateDB, position_id: int, trade: Trade) -> None:
    db.shadow.close(position_id, day=trade.exit_date, price=trade.exit_price, reason=trade.exit_reason, pnl=trade.pnl)
