"""`explain`: everything on record of one ticker and trade date, from the report's file to the P&L.

Works on the state DB, and on the report's file where it is still there; asks no broker.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from backtest.tickers import canonical_ticker
from live.inspect.explain_json import explanation_json, nothing_json
from live.inspect.explain_shadows import ShadowView, shadow_views
from live.inspect.explain_text import nothing_known, print_explanation
from live.inspect.explain_values import (
    Decided,
    Explanation,
    Filed,
    Kind,
    Nearest,
    Ordered,
    decided_in,
    held_on,
)
from live.inspect.opened import open_stored
from live.orders import Intent
from live.run.options import RunOptions
from live.run.program import Run
from live.run.runtime import Runtime
from live.signals.file import SignalFile
from live.signals.reader import parse_signal_file
from live.state_db.db import StateDB
from live.state_db.records import PlanRow, SignalFileRow
from live.state_db.rows import OrderRow, PositionRow
from live.state_db.ticker_records import first_date_naming, foreign_fills_of, last_date_naming, positions_of


def explain_ticker(
    run: Run, options: RunOptions, runtime: Runtime | None, *, ticker: str, day: date | None, report_dir: Path
) -> None:
    """Print the chain. Raises ConfigError (6) and StateDBError (13); what is not known is said, and is no error."""
    opened = open_stored(run, options, runtime)
    path = options.state_db or opened.config.paths.state_db
    name = canonical_ticker(ticker.strip().upper())
    asked = day or last_date_on_record(opened.db, name)
    found: Explanation | None = None
    views: tuple[ShadowView, ...] = ()
    if asked is not None:
        executed = opened.config.strategy.primary.strategy_id
        found = read_explanation(opened.db, executed, name, asked)
        views = shadow_views(opened.db, opened.db.signal_files.latest_of_all(asked), name, asked, found.executed)
    if found is None or not (found.is_known or any(one.kind is not None for one in views)):
        nearest = Nearest() if day is None else nearest_dates(opened.db, name, day)
        run.report |= nothing_json(name, day, nearest)
        run.console.say(nothing_known(name, day, nearest))
        return
    if found.read_by is not None:
        from live.inspect.explain_report import look_at_reports  # late: it needs the readers of reports

        found = replace(found, reports=look_at_reports(found.read_by, found.name_in_report, report_dir, path))
    run.report |= explanation_json(found, views)
    print_explanation(run, found, views)


def last_date_on_record(db: StateDB, ticker: str) -> date | None:
    """Return the latest trade date that knows a ticker; None: none does."""
    dates = [row.trade_date for row in positions_of(db.connection, ticker)]
    named = last_date_naming(db.connection, ticker)
    return max([*dates, *([] if named is None else [named])], default=None)


def nearest_dates(db: StateDB, ticker: str, day: date) -> Nearest:
    """Return the trade dates around one that know a ticker."""
    rows = positions_of(db.connection, ticker)
    before = [row.exit_date or row.trade_date for row in rows if row.trade_date < day]
    after = [row.trade_date for row in rows if row.trade_date > day]
    named = (last_date_naming(db.connection, ticker, day), first_date_naming(db.connection, ticker, day))
    return Nearest(
        max([*before, *([] if named[0] is None else [named[0]])], default=None),
        min([*after, *([] if named[1] is None else [named[1]])], default=None),
    )


def read_explanation(db: StateDB, executed: str, ticker: str, day: date) -> Explanation:
    """Read the chain of a ticker and trade date, the reports' files apart. executed: the strategy in force."""
    files, plan = db.signal_files.latest_of_all(day), db.plans.of_date(day)
    strategy = executed if plan is None else plan.strategy
    filed = _filed(db, _row_of(db, plan, files, strategy), plan)
    decided = () if filed is None else decided_in(filed.signal, ticker)
    entry = next(iter(db.orders.generations(day, ticker, Intent.ENTRY)), None)
    position = _position(db, decided, entry, ticker, day)
    if position is not None and position.trade_date < day and not {one.kind for one in decided} - {Kind.SKIP}:
        decided = (*decided, *_staying(filed))
    entered_by = None
    entered = left = None
    if position is not None:
        orders = db.orders.of_position(position.position_id)
        entered_by, entered = _entered(db, position, orders, decided)
        left = _left(db, position, orders, day)
    else:
        orders = () if entry is None else (entry,)
    return Explanation(
        ticker=ticker,
        trade_date=day,
        executed=strategy,
        filed=filed,
        decided=decided,
        entered=entered,
        entered_by=entered_by,
        left=left,
        orders=_ordered(db, orders),
        by_hand=() if position is None else foreign_fills_of(db.connection, position.position_id),
        position=position,
        vetoed=db.entry_controls.vetoes(day).get(ticker),
        position_events=() if position is None else db.events.about(f"position:{position.position_id}"),
    )


def _row_of(db: StateDB, plan: PlanRow | None, files: Iterable[SignalFileRow], strategy: str) -> SignalFileRow | None:
    """Return the file that the plan accepted, else the newest of the executed strategy."""
    if plan is not None:
        return db.signal_files.get(plan.signal_file_id)
    return next((row for row in files if row.strategy == strategy), None)


def _filed(db: StateDB, row: SignalFileRow | None, plan: PlanRow | None) -> Filed | None:
    if row is None:
        return None
    accepted_by = None if plan is None else plan.run_id
    runs = db.runs.by_ids([one for one in (row.run_id, accepted_by) if one is not None])
    made_by = runs.get(row.run_id)
    settings = None if made_by is None else made_by.settings
    return Filed(row, _signal(row), plan, settings, made_by, runs.get(accepted_by or ""))


def _signal(row: SignalFileRow) -> SignalFile:
    return parse_signal_file(row.text.encode(), where=row.path).signal


def _position(
    db: StateDB, decided: Sequence[Decided], entry: OrderRow | None, ticker: str, day: date
) -> PositionRow | None:
    """Return the position that the decision is about: bought, sold or held on the trade date."""
    ids = [one.exit.position_id for one in decided if one.exit is not None]
    ids += [entry.position_id] if entry is not None and entry.position_id is not None else []
    for position_id in ids:
        found = db.positions.get(position_id)
        if found is not None and found.trade_date <= day:
            return found
    return held_on(positions_of(db.connection, ticker), day)


def _staying(filed: Filed | None) -> tuple[Decided, ...]:
    """Return the decision about a holding of which a file that lists no holdings says nothing: it stays."""
    if filed is None or filed.signal.holdings:
        return ()
    signal = filed.signal
    return (Decided(Kind.STAY, signal.strategy, signal.trade_date, signal.as_of_session),)


def _entered(
    db: StateDB, position: PositionRow, orders: Sequence[OrderRow], decided: Sequence[Decided]
) -> tuple[Filed | None, Decided | None]:
    """Return the decision that opened a position, and its file, where it is not among those of the trade date.

    It may be of another trade date, and of another ticker: the position may have been renamed since.
    """
    if any(one.kind is Kind.BUY and one.trade_date == position.trade_date for one in decided):
        return None, None
    entry = next((row for row in orders if row.intent is Intent.ENTRY), None)
    ticker = position.ticker if entry is None else entry.ticker
    filed = _filed_on(db, position.trade_date, position.strategy)
    return filed, _of_kind(filed, ticker, Kind.BUY)


def _left(db: StateDB, position: PositionRow, orders: Sequence[OrderRow], day: date) -> Decided | None:
    """Return the decision that closed a position, where it is of another trade date; a stop needs none."""
    exits = [row for row in orders if row.intent is Intent.EXIT and row.filled_qty]
    if position.is_open or not exits or exits[-1].trade_date == day:
        return None
    return _of_kind(_filed_on(db, exits[-1].trade_date, position.strategy), exits[-1].ticker, Kind.SELL)


def _filed_on(db: StateDB, day: date, strategy: str) -> Filed | None:
    plan = db.plans.get(strategy, day)
    return _filed(db, _row_of(db, plan, db.signal_files.latest_of_all(day), strategy), plan)


def _of_kind(filed: Filed | None, ticker: str, kind: Kind) -> Decided | None:
    said = () if filed is None else decided_in(filed.signal, ticker)
    return next((one for one in said if one.kind is kind), None)


def _ordered(db: StateDB, rows: Sequence[OrderRow]) -> tuple[Ordered, ...]:
    """Return orders with their events and the runs that these name."""
    events = db.events.about(*(row.client_order_id for row in rows))
    run_ids = {row.run_id for row in rows} | {event.run_id for event in events}
    runs = db.runs.by_ids([one for one in run_ids if one is not None])
    return tuple(
        Ordered(row, tuple(event for event in events if event.corr_id == row.client_order_id), runs) for row in rows
    )
