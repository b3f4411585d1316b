"""The reads every run begins with: where the day stands, what the broker says, what differs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from backtest.timezone import NEW_YORK
from live.book.lists import read_lists, read_since
from live.book.sync import sync
from live.broker import Broker, CalendarDay, Order
from live.errors import PositionMismatchError
from live.execute.decide.schedule import CALENDAR_AHEAD, CALENDAR_BEHIND, Moment, locate
from live.execute.desk import RUN_LIMIT, Desk
from live.execute.options import ExecutorOptions
from live.execute.unclear import plan_again
from live.orders import Intent, parse_order_id
from live.run.program import Run
from live.run.startup import Connected, Opened


@dataclass(frozen=True, slots=True)
class Difference:
    """A ticker on which state DB and broker differ, in words."""

    ticker: str
    words: str


@dataclass(frozen=True, slots=True)
class Opening:
    """What the first reads found."""

    mismatches: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class SentCounts:
    """Orders sent on one New York day: entries and exits, and new stops outside an OTO."""

    trades: int
    stops: int


def read_calendar(broker: Broker) -> tuple[CalendarDay, ...]:
    """Return the sessions around now. The broker's own time is not read yet, so some days before are taken along."""
    around = broker.clock.now().astimezone(NEW_YORK).date()
    return tuple(broker.get_calendar(around - CALENDAR_BEHIND, around + CALENDAR_AHEAD))


def open_desk(run: Run, opened: Opened, connected: Connected, options: ExecutorOptions) -> Desk:
    """Find out where the day stands, by the broker's clock and calendar only, and lay out the desk."""
    clock = connected.market_clock
    now = connected.broker.clock.now() if clock is None else clock.timestamp
    today = now.astimezone(NEW_YORK).date()
    calendar = connected.calendar
    if not calendar or not (calendar[0].day <= today and now < calendar[-1].open):
        calendar = connected.broker.get_calendar(today, today + CALENDAR_AHEAD)
    cutoff = opened.config.execution.entry_cutoff_minutes
    moment: Moment = locate(now, calendar, cutoff, clock_known=clock is not None)
    return Desk(
        run=run,
        broker=connected.broker,
        db=opened.db,
        config=opened.config,
        phase=options.phase,
        moment=moment,
        account=connected.account,
        deadline=connected.broker.clock.now() + RUN_LIMIT,
        mutations_before=connected.broker.requests_sent().mutating,
        is_dry=options.dry_run,
        skip_time_check=options.skip_time_check,
    )


def read_broker(desk: Desk) -> Opening:
    """Sync the state DB with the broker and take over what the phases work on.

    Raises BrokerUnavailableError (8), and PositionMismatchError (4) when an empty DB meets orders of
    ours at the broker (F77).
    """
    lists = read_lists(desk.broker, read_since(desk.db, desk.now()), desk.together)
    ignored = desk.config.execution.ignore_tickers
    synced = sync(desk.db, desk.broker, ignore_tickers=ignored, lists=lists, together=desk.together)
    if synced.lost_db:
        raise PositionMismatchError(
            "the state DB is empty but the broker has orders of ours: it was lost or is another one",
            next_step="Give the right --state-db or put its backup back; the signal files say what was bought.",
        )
    for sentence in synced.notes:
        desk.run.console.say(sentence)
    plan_again(desk, [row for row in synced.unknown if row.has_unknown_outcome])
    desk.closed += synced.closed
    desk.positions = {position.ticker: position for position in synced.broker_positions}
    desk.foreign_sells = synced.foreign_sells
    counts = count_sent(synced.lists.recent, desk.moment.today)
    desk.trades_today, desk.stops_today = counts.trades, counts.stops
    desk.uncertain = {mismatch.ticker: mismatch.certain_shares for mismatch in synced.mismatches}
    mismatches = tuple(Difference(one.ticker, one.sentence()) for one in synced.mismatches)
    return Opening(mismatches)


def count_sent(orders: Iterable[Order], day: date) -> SentCounts:
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
    return SentCounts(trades, stops)
