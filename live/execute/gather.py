"""Gathers what `Facts` holds: where the day stands, own rows from the state DB, counts from the broker's lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime

from backtest.timezone import NEW_YORK
from live.book.sync import SyncReport, by_ticker
from live.broker import Broker, CalendarDay, Order
from live.execute.decide.entry_holds import EntryHolds
from live.execute.decide.schedule import CALENDAR_AHEAD, CALENDAR_BEHIND, Moment, locate
from live.execute.facts import Facts
from live.orders import Intent, parse_order_id
from live.run.startup import Connected, Opened
from live.state_db.db import StateDB


def read_calendar(broker: Broker) -> tuple[CalendarDay, ...]:
    """Return the sessions around now. The broker's own time is not read yet, so some days before are taken along."""
    around = broker.clock.now().astimezone(NEW_YORK).date()
    return tuple(broker.get_calendar(around - CALENDAR_BEHIND, around + CALENDAR_AHEAD))


def first_facts(opened: Opened, connected: Connected, *, skip_time_check: bool) -> Facts:
    """Return what the first answers say: the moment, by the broker's clock and calendar only, and the account."""
    config = opened.config
    safety = config.safety
    is_limited = safety.max_drawdown_pct is not None or safety.max_daily_loss_pct is not None
    latest = opened.db.equity.latest() if is_limited else None
    return Facts(
        moment=_locate(connected, config.execution.entry_cutoff_minutes),
        account=connected.account,
        config=config,
        skip_time_check=skip_time_check,
        peak_equity=None if latest is None else latest.peak,
    )


def _locate(connected: Connected, cutoff_minutes: int) -> Moment:
    clock = connected.market_clock
    now = connected.broker.clock.now() if clock is None else clock.timestamp
    today = now.astimezone(NEW_YORK).date()
    calendar = connected.calendar
    if not calendar or not (calendar[0].day <= today and now < calendar[-1].open):
        calendar = connected.broker.get_calendar(today, today + CALENDAR_AHEAD)
    return locate(now, calendar, cutoff_minutes, clock_known=clock is not None)


def with_own_rows(facts: Facts, db: StateDB) -> Facts:
    """Return the facts with our rows as the state DB has them now."""
    lines = db.orders.of_trade_date(facts.moment.today)
    entries = (row for row in lines if row.intent is Intent.ENTRY)
    return replace(
        facts,
        foreign_sells=_still_foreign(facts.foreign_sells, db),
        positions=db.positions.open_positions(),
        orders=by_ticker(db.orders.unfinished()),
        exits=tuple(row for row in lines if row.intent is Intent.EXIT),
        entries=tuple(sorted(entries, key=lambda row: row.entry.rank if row.entry else 0)),
        holds=entry_holds(db, facts.moment.today),
    )


def entry_holds(db: StateDB, trade_date: date) -> EntryHolds:
    """Return what a person has said of a day's entries up to now; it may change at any moment."""
    off, vetoes = db.entry_controls.off(), db.entry_controls.vetoes(trade_date)
    return EntryHolds(None if off is None else off.why, {ticker: one.why for ticker, one in vetoes.items()})


def _still_foreign(sells: Mapping[str, tuple[Order, ...]], db: StateDB) -> Mapping[str, tuple[Order, ...]]:
    """Leave out what has been adopted since the lists were read."""
    if not sells:
        return sells
    ours = db.orders.known_ids({order.id for found in sells.values() for order in found})
    return {
        ticker: left
        for ticker, found in sells.items()
        if (left := tuple(order for order in found if order.id not in ours))
    }


def with_broker_lists(facts: Facts, synced: SyncReport) -> Facts:
    """Return the facts with what a sync read and found."""
    trades, stops = count_sent(synced.lists.recent, facts.moment.today)
    return replace(
        facts,
        holdings={position.ticker: position for position in synced.broker_positions},
        read_at=synced.lists.at,
        foreign_sells=synced.foreign_sells,
        mismatches={mismatch.ticker: mismatch for mismatch in synced.mismatches},
        trades_sent=trades,
        stops_sent=stops,
    )


def count_sent(orders: Iterable[Order], day: date) -> tuple[int, int]:
    """Count our orders of a New York day as the broker lists them: entries and exits; stops outside an OTO."""
    trades = stops = 0
    for order in orders:
        parsed = parse_order_id(order.client_order_id)
        if parsed is None or order.submitted_at is None or order.submitted_at.astimezone(NEW_YORK).date() != day:
            continue
        if parsed.intent is not Intent.STOP:
            trades += 1
        elif order.replaces is None:
            stops += 1
    return trades, stops


def day_start(day: date) -> datetime:
    """Return midnight in New York."""
    return datetime(day.year, day.month, day.day, tzinfo=NEW_YORK)
