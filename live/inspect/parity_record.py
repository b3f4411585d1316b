"""Reads what the state DB knows that a simulator does not: what each day's run decided, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from functools import cache

from backtest.model import ExitReason, Price
from backtest.money import average_price
from backtest.params import Params
from backtest.settings import apply_settings
from live.config import LiveConfig
from live.config_file import settings_of
from live.inspect.parity_values import DayOnRecord, EntryOnRecord, OnRecord
from live.orders import Intent
from live.run.bound_strategy import changes
from live.signals.file import SignalFile
from live.signals.reader import parse_signal_file
from live.state_db.db import StateDB
from live.state_db.records import SignalFileRow
from live.state_db.rows import OrderRow, PositionRow
from live.state_db.transition import notional

_COMMISSIONS = ("commission_per_order", "commission_per_share")
"""Parameters that decide nothing."""


def first_trade_date(files: Iterable[date], positions: Sequence[PositionRow]) -> date | None:
    """Return the first date of a signal file before whose open nothing was held; None: there is none."""
    for day in sorted(files):
        if not any(one.entry_date < day and (one.exit_date is None or one.exit_date >= day) for one in positions):
            return day
    return None


def read_record(
    db: StateDB, config: LiveConfig, days: Sequence[date], unread: Mapping[date, frozenset[str]]
) -> OnRecord:
    """Read what is on record of the trade dates `days`. unread: as in `DayOnRecord`."""
    strategy = config.strategy.primary.strategy_id
    rows = {row.id: row for row in db.signal_files.issued_since(strategy, days[0])}
    newest = {row.trade_date: row for row in rows.values() if row.superseded_by is None}
    params_of = _params_reader(db, config)
    on_record: dict[date, DayOnRecord] = {}
    orders: list[OrderRow] = []
    for day in days:
        plan = db.plans.get(strategy, day)
        row = newest.get(day) if plan is None else rows.get(plan.signal_file_id)
        params = config.strategy if row is None else params_of(row.run_id)
        on_record[day] = DayOnRecord(
            None if row is None else signal_of(row),
            plan is not None,
            params,
            params != config.strategy,
            unread.get(day, frozenset()),
        )
        orders += db.orders.of_trade_date(day)
    positions = [one for one in db.positions.ledger() if one.strategy == strategy]
    keys = {f"position:{one.position_id}": (one.entry_date, one.ticker) for one in positions}
    repaired = [
        (keys[event.corr_id], event.payload["how"])
        for event in db.events.about(*keys)
        if event.name == "position.repaired" and event.corr_id is not None
    ]
    entries = {(one.trade_date, one.ticker): _entry(one) for one in orders if one.intent is Intent.ENTRY}
    return OnRecord(
        days=on_record,
        entries=entries,
        unsold={
            (one.trade_date, one.ticker): one.end_reason or one.status.value
            for one in orders
            if one.intent is Intent.EXIT and one.filled_qty < one.qty
        },
        closed={(one.entry_date, one.ticker): _end(one) for one in positions},
        repaired=frozenset(key for key, how in repaired if how in ("shares", "close_at")),
        adopted=frozenset(key for key, how in repaired if how == "adopt" and key not in entries),
    )


def signal_of(row: SignalFileRow) -> SignalFile:
    """Return the content of a stored file."""
    return parse_signal_file(row.text.encode(), where=row.path).signal


def _params_reader(db: StateDB, config: LiveConfig) -> Callable[[str], Params]:
    """Return what gives the strategy of a run, as far as the run recorded it."""
    now = settings_of(config)

    @cache
    def params_of(run_id: str) -> Params:
        before = changes(db.runs.settings_of(run_id), now, ("strategy",))
        names = [(one.name.removeprefix("strategy."), one.before) for one in before]
        return apply_settings(config.strategy, [f"{name}={was}" for name, was in names if name not in _COMMISSIONS])

    return params_of


def _entry(row: OrderRow) -> EntryOnRecord:
    filled = row.filled_qty
    price: Price | None = average_price(Fraction(notional(row)), filled) if filled else None
    reference = None if row.entry is None else row.entry.reference_price
    return EntryOnRecord(row.qty, filled, price, reference, row.end_reason or row.status.value)


def _end(row: PositionRow) -> tuple[date, Price, ExitReason] | None:
    if row.exit_date is None or row.exit_price is None or row.exit_reason is None:
        return None
    return row.exit_date, row.exit_price, row.exit_reason
