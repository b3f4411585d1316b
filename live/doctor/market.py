"""Clock, calendar, how fast the broker answers, and how fresh the price source is."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta

from backtest.sessions import cache_file
from live.broker import Broker, TradingMode
from live.clock import new_york_minute, new_york_text
from live.doctor.answer import Answer, fail, ok, warn
from live.doctor.context import Context
from live.errors import BrokerUnavailableError
from live.generate.market_filter import read_day_filter
from live.generate.trade_date import CHECKED_DAYS, check_calendars, pick_trade_date
from live.inspect.status_check import last_closed_session
from live.prices.registry import open_prices
from live.run.startup import CLOCK_TOLERANCE_S, open_request

REQUESTS = 5
SLOW_S = 2.0
"""A median above it makes a run of some dozen requests long."""
LIQUID = "SPY"
"""A symbol that trades in every session."""
SHOWN = timedelta(days=10)
"""So far back the newest bar is looked for."""
LATE = timedelta(hours=1)
"""How long after a close its bar may be missing: a free plan is 15 minutes behind."""


def clock(context: Context) -> Answer:
    """Compare the machine's clock with the broker's. Raises BrokerUnavailableError (8)."""
    connected = context.connected
    answer = connected.market_clock
    if answer is None:
        raise BrokerUnavailableError("the broker's clock cannot be read", next_step="Ask again in a minute.")
    state = "open" if answer.is_open else f"closed, opens {new_york_minute(answer.next_open)}"
    return judge_clock(f"{new_york_text(answer.timestamp)}, market {state}", connected.broker.clock.offset_s)


def judge_clock(words: str, offset_s: float | None) -> Answer:
    """offset_s: the broker's time less the machine's; None where the market has a time of its own."""
    if offset_s is None:
        return ok(words)
    words = f"{words}, the local clock is off by {-offset_s:+.1f} s"
    if abs(offset_s) <= CLOCK_TOLERANCE_S:
        return ok(words)
    return warn(words, "Set the machine's clock (NTP): cron starts the runs by it. Decisions follow the broker's.")


def calendar_reach(context: Context) -> Answer:
    """Ask how far the exchange's calendar is known. Raises ConfigError (6)."""
    return judge_reach(context.sessions.last, context.today, str(cache_file()), is_kept=cache_file().exists())


def judge_reach(last: date, today: date, file: str, *, is_kept: bool) -> Answer:
    """last: the last session known. file: where the calendar is kept between runs."""
    words = f"known to {last}, {(last - today).days} days ahead; {'' if is_kept else 'not yet '}kept in {file}"
    if last < today + CHECKED_DAYS:
        return fail(6, words, "Update exchange-calendars.")
    return ok(words)


def calendar(context: Context) -> Answer:
    """Compare the exchange's calendar with the broker's. Raises ConfigError (6), BrokerUnavailableError (8)."""
    broker, sessions = context.connected.broker, context.sessions
    trade_date = pick_trade_date(broker.clock.now(), None, sessions)
    check_calendars(broker, sessions, trade_date)
    return ok(f"both agree; the next trade date is {trade_date}")


def response_times(context: Context) -> Answer:
    """Measure some requests. Raises BrokerUnavailableError (8)."""
    broker = context.connected.broker
    if broker.is_in_process:
        return ok("none: the exchange is in this process")
    return judge_times(measure(broker.get_clock, REQUESTS, time.perf_counter))


def measure(ask: Callable[[], object], count: int, seconds: Callable[[], float]) -> tuple[float, ...]:
    """Return how long each of `count` requests took."""
    times = []
    for _ in range(count):
        began = seconds()
        ask()
        times.append(seconds() - began)
    return tuple(times)


def judge_times(times: Sequence[float]) -> Answer:
    """times: seconds of each request."""
    middle = statistics.median(times)
    low, mid, high = (f"{one * 1000:.0f}" for one in (min(times), middle, max(times)))
    words = f"{low}/{mid}/{high} ms (min/median/max of {len(times)} requests)"
    if middle > SLOW_S:
        return warn(words, "A run makes dozens of requests: look at the network before the open.")
    return ok(words)


def prices(context: Context) -> Answer:
    """Ask the price source for the newest bar of a liquid symbol and of some holdings.

    Raises ConfigError, KeysError (6), PriceDataError (7), PriceSourceUnavailableError (8).
    """
    broker, sessions, config = context.connected.broker, context.sessions, context.config
    now = broker.clock.now()
    session = last_closed_session(sessions, now)
    runtime = context.runtime
    source = None if runtime is None else runtime.prices
    if source is None:
        source = open_prices(None, broker, sessions, open_request(context.run, config, context.options))
    symbols = _symbols(context, broker)
    data = source.fetch(symbols, session - SHOWN, session)
    newest = {ticker: date.fromisoformat(str(series.days[-1])) for ticker, series in data.series.items()}
    feed = "" if source.feed is None else f" ({source.feed})"
    return judge_freshness(
        f"{source.source}{feed}", symbols, newest, data.failed, session, now - sessions.at(session).close
    )


def _symbols(context: Context, broker: Broker) -> tuple[str, ...]:
    """Return what to ask for: an exchange of our own has no liquid symbol that is known by name."""
    opened = context.opened_or_none
    held = [] if opened is None else [row.ticker for row in opened.db.positions.open_positions()][:3]
    if broker.mode in (TradingMode.SIMULATED, TradingMode.LOCAL):
        return tuple(held or [one.ticker for one in broker.list_assets().listings][:3])
    return (LIQUID, *held)


def judge_freshness(
    source: str,
    asked: Sequence[str],
    newest: Mapping[str, date],
    failed: Mapping[str, str],
    session: date,
    since_close: timedelta,
) -> Answer:
    """newest: day of the newest bar by ticker. failed: why others could not be had. session: the last that closed."""
    if not newest:
        why = f": {next(iter(failed.values()))}" if failed else ""
        return fail(8, f"{source}: no bars of {', '.join(asked)}{why}", "Ask again; else look at the source's status.")
    ticker = max(newest, key=lambda one: newest[one])
    words = f"{source}: newest bar of {ticker} {newest[ticker]}, last closed session {session}"
    if newest[ticker] >= session:
        return ok(words)
    if since_close < LATE:
        return warn(words, "The session closed less than an hour ago; ask again later.")
    return fail(8, words, "Bars that old buy nothing (stale_price): look at the source's status.")


def market_filter(context: Context) -> Answer:
    """Read the market filter's series for the next trade date. Raises BrokerUnavailableError (8)."""
    sessions, params = context.sessions, context.config.strategy
    as_of = sessions.previous(pick_trade_date(context.connected.broker.clock.now(), None, sessions))
    found = read_day_filter(params, as_of)
    if found.ref is None:
        return ok("none")
    if found.problem is not None:
        return (
            fail(9, found.problem, found.next_step)
            if found.ref.sha256 is None
            else warn(found.problem, found.next_step)
        )
    return ok(found.note or f"{found.ref.file} is {found.ref.value} on {as_of}, max {found.ref.max}")
