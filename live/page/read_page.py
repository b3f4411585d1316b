"""Reads one day's page from the state DB: the newest day as it stands, an earlier one as far as its rows tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from live.book.stops import StopCheck, StopNeed
from live.clock import NEW_YORK
from live.config import LiveConfig
from live.errors import SignalFileError, SignalFormError
from live.inspect.shadows import compare_stretch, stretch_of
from live.inspect.shadows_values import Comparison
from live.inspect.slippage import read_slippage
from live.inspect.status import own_checks
from live.inspect.status_values import PositionLine, judged_of, monday_of
from live.page.page_values import DayPage, State
from live.run.page_names import page_day_of
from live.signals.file import SignalFile
from live.signals.reader import parse_signal_file
from live.state_db.db import StateDB
from live.state_db.records import LastPrices, RunRow
from live.state_db.rows import PositionRow

RUNS_SHOWN = 10
SLIPPAGE_OF = timedelta(days=90)


def newest_day(db: StateDB) -> date | None:
    """Return the day of the newest run of the daily programs, None before the first."""
    newest = db.runs.newest_daily()
    return None if newest is None else page_day_of(newest)


def is_on_record(db: StateDB, config: LiveConfig, day: date) -> bool:
    """Return whether there is anything to show of a day: a run, decisions, an order."""
    executed = config.strategy.primary.strategy_id
    return bool(_runs_of(db, day) or db.signal_files.latest(executed, day) is not None or db.orders.of_trade_date(day))


def read_page(db: StateDB, config: LiveConfig, day: date) -> DayPage:
    """Read the page of a day. What is wrong in a signal file is said on the page."""
    executed = config.strategy.primary.strategy_id
    runs = _runs_of(db, day)
    is_newest = day == newest_day(db)
    closed = db.positions.closed_since(monday_of(day))
    signal, unreadable = _signal(db, executed, day)
    prices = db.last_prices.latest(day)
    held = _lines_now(db, day, prices) if is_newest else _lines_then(db, day, prices)
    lines = tuple(replace(line, judged=judged_of(line.row, signal)) for line in held)
    return DayPage(
        day=day,
        executed=executed,
        account=db.system_config.bound_account(),
        runs=runs,
        last_runs=db.runs.last(RUNS_SHOWN) if is_newest else tuple(reversed(runs)),
        state=_state(db) if is_newest else None,
        signal=signal,
        vetoes=db.entry_controls.vetoes(day),
        orders=db.orders.of_trade_date(day),
        lines=lines,
        prices_at=prices.at if any(line.now is not None for line in lines) else None,
        closed_this_week=tuple(row for row in closed if row.exit_date is not None and row.exit_date <= day),
        realized=db.positions.realized() - _closed_after(closed, day),
        equity=db.equity.daily(day),
        comparisons=_comparisons(db, config, day),
        slippage=read_slippage(db, config.strategy, day - SLIPPAGE_OF, day),
        max_positions=config.strategy.max_positions,
        unreadable=unreadable,
    )


def _runs_of(db: StateDB, day: date) -> tuple[RunRow, ...]:
    start = datetime.combine(day, time(), NEW_YORK)
    end = datetime.combine(day + timedelta(days=1), time(), NEW_YORK)
    return tuple(row for row in db.runs.daily_between(start, end, day) if page_day_of(row) == day)


def _state(db: StateDB) -> State:
    return State(db.system_config.kill_switch(), db.entry_controls.off(), db.outbox.state(), db.runs.failed_in_a_row())


def _signal(db: StateDB, executed: str, day: date) -> tuple[SignalFile | None, tuple[str, ...]]:
    row = db.signal_files.latest(executed, day)
    if row is None:
        return None, ()
    try:
        return parse_signal_file(row.text.encode(), where=row.path).signal, ()
    except (SignalFormError, SignalFileError) as error:
        return None, (error.what,)


def _lines_now(db: StateDB, day: date, prices: LastPrices) -> tuple[PositionLine, ...]:
    """Return the book as it stands, with what covers each position by our own orders."""
    checks = own_checks(db, db.connection.now())
    return tuple(PositionLine(one.position, one, day, prices.of.get(one.position.ticker)) for one in checks)


def _lines_then(db: StateDB, day: date, prices: LastPrices) -> tuple[PositionLine, ...]:
    """Return what was held when an earlier day was over; nothing on record says what covered it then.

    A position that was split since stands in units of now: no price of that day fits it.
    """
    rows = db.positions.held_after(day)
    return tuple(
        PositionLine(row, _unasked(row), day, None if _is_split(row, day) else prices.of.get(row.ticker))
        for row in rows
    )


def _unasked(row: PositionRow) -> StopCheck:
    return StopCheck(row, StopNeed.NOTHING, held=0)


def _is_split(row: PositionRow, day: date) -> bool:
    return row.split_through is not None and row.split_through > day


def _closed_after(closed: tuple[PositionRow, ...], day: date) -> int:
    return sum(row.pnl or 0 for row in closed if row.exit_date is not None and row.exit_date > day)


def _comparisons(db: StateDB, config: LiveConfig, day: date) -> tuple[Comparison, ...]:
    watched = config.strategy.watched
    positions = db.positions.ledger() if watched else ()
    stretches = ((shadow, stretch_of(db, config, positions, shadow, day)) for shadow in watched)
    begun = [(shadow, found) for shadow, found in stretches if found is not None]
    return tuple(compare_stretch(config, shadow, found, len(begun)) for shadow, found in begun)
