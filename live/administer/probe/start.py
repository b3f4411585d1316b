"""What a probe is refused for, before anything is sent: a live account, a stock in use, a high price."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from backtest.errors import ConfigError, UsageError
from backtest.model import Price
from backtest.money import UNITS_PER_USD, format_price, to_price
from live.administer.probe.undo import LOOK_BACK, look
from live.administer.probe.wire import AsksOnce
from live.broker import Broker, MarketClock, TradingMode
from live.clock import NEW_YORK
from live.errors import BrokerUnavailableError, LiveNotEnabledError, UnresolvedWorkError
from live.run.account_line import account_json
from live.run.interrupt import RUN_LIMIT
from live.run.options import RunOptions
from live.run.startup import Connected, Opened, refuse_restricted
from live.signals.reader import parse_signal_file
from live.state_db.db import StateDB
from live.timetable import TIMETABLE

UNDO = "python -m live.admin probe --undo"
TOO_NEAR = timedelta(minutes=20)
"""So near to the close, or to the open, nothing is asked that needs the session, or that waits for it."""


@dataclass(frozen=True, slots=True)
class Start:
    """What a probe works on. is_open: None when neither questions of a session nor of a closed exchange are asked.

    market: the state of the exchange in words, which is also why the other questions are not asked.
    next_run: of the timetable, when it is near.
    """

    broker: Broker
    wire: AsksOnce
    account_id: str
    account_number: str
    host: str
    ticker: str
    price: Price
    is_open: bool | None
    market: str
    next_run: str | None


def refuse_live(options: RunOptions) -> None:
    """Raise LiveNotEnabledError (6): a probe trades on paper only, whatever else is enabled."""
    if options.enable_live:
        raise LiveNotEnabledError(
            "a probe trades on a paper account only (found --enable-live)", next_step="Leave --enable-live out."
        )


def wire_of(broker: Broker) -> AsksOnce:
    """Return the broker's connection for single requests. Raises LiveNotEnabledError, ConfigError (6)."""
    if broker.is_live or broker.mode is TradingMode.LIVE:
        raise LiveNotEnabledError(
            f"a probe trades on a paper account only (found {broker.address})", next_step="Use the keys of paper."
        )
    if not hasattr(broker, "ask_once"):
        raise ConfigError(
            f"the broker adapter {broker.id} cannot be probed: it has no ask_once",
            next_step="A probe asks Alpaca's API: --broker alpaca, or sim.",
        )
    return cast(AsksOnce, broker)


def judge(opened: Opened, connected: Connected, ticker: str, most_usd: int) -> Start:
    """Return what the probe works on.

    Raises LiveNotEnabledError, ConfigError (6), BrokerUnavailableError (8), UsageError (2) for a ticker that is held,
    ordered, decided, too dear or not traded, UnresolvedWorkError (9) when an earlier probe has left something,
    SafetyLimitError (11).
    """
    broker = connected.broker
    wire = wire_of(broker)
    clock = connected.market_clock
    if clock is None:
        raise BrokerUnavailableError("the broker's clock could not be read", next_step="Run again in a minute.")
    refuse_left(opened.db, broker)
    refuse_restricted(connected.account)
    problem = _problem(opened.db, broker, clock, ticker)
    if problem is not None:
        raise UsageError(f"{ticker} {problem}", next_step="Take a stock that nothing trades: --ticker TICKER")
    price = _price(broker, ticker, most_usd)
    is_open, market = market_state(clock, broker.clock.now())
    account = connected.account
    host = str(account_json(broker, account, opened.config.safety)["host"])
    soon = next_run(clock, broker.clock.now())
    return Start(broker, wire, account.id, account.number, host, ticker, price, is_open, market, soon)


def market_state(clock: MarketClock, now: datetime) -> tuple[bool | None, str]:
    """Return whether the exchange counts as open (None: neither) and its state in words."""
    if clock.is_open:
        if clock.next_close - now < TOO_NEAR:
            return None, "the market closes in less than 20 minutes"
        return True, "the market is open"
    if clock.next_open - now < TOO_NEAR:
        return None, "the market opens in less than 20 minutes"
    return False, "the market is closed"


def next_run(clock: MarketClock, now: datetime) -> str | None:
    """Return which run of the day's timetable begins within the time that a probe may take, in words."""
    local = now.astimezone(NEW_YORK)
    if not (clock.is_open or clock.next_open.astimezone(NEW_YORK).date() == local.date()):
        return None
    for step, at in TIMETABLE:
        begins = datetime.combine(local.date(), at, NEW_YORK)
        if local <= begins <= local + RUN_LIMIT:
            return f"the timetable has {step} at {at:%H:%M} New York"
    return None


def held_shares(db: StateDB) -> dict[str, int]:
    """Return the shares that are ours by the state DB."""
    return {row.ticker: row.actual_shares for row in db.positions.open_positions()}


def refuse_left(db: StateDB, broker: Broker) -> None:
    """Raise UnresolvedWorkError (9) when an earlier probe has left orders or shares."""
    left = look(broker, broker.clock.now() - LOOK_BACK, held_shares(db))
    if not left.is_nothing:
        raise UnresolvedWorkError(f"an earlier probe left {left.words()}", next_step=f"End it: {UNDO}")


def _problem(db: StateDB, broker: Broker, clock: MarketClock, ticker: str) -> str | None:
    """Return why this ticker is not for a probe."""
    if ticker in held_shares(db):
        return "is held by the strategy"
    if any(row.ticker == ticker for row in db.orders.unfinished()):
        return "has an order of the strategy"
    for day in {moment.astimezone(NEW_YORK).date() for moment in (clock.timestamp, clock.next_open)}:
        for row in db.signal_files.latest_of_all(day):
            signal = parse_signal_file(row.text.encode(), where=row.path).signal
            if any(line.ticker == ticker for line in signal.entries):
                return f"is to be bought by the signal file of {row.trade_date}"
    if any(one.ticker == ticker and one.qty for one in broker.get_positions()):
        return "is held at the broker"
    if broker.list_orders(status="open", tickers=(ticker,)):
        return "has an open order at the broker"
    asset = broker.get_asset(ticker)
    if asset is None:
        return "is not known to the broker"
    return None if asset.problem is None else f"cannot be bought: {asset.problem}"


def _price(broker: Broker, ticker: str, most_usd: int) -> Price:
    found = broker.get_latest_trades([ticker]).get(ticker)
    if found is None:
        raise UsageError(f"{ticker} has no last price", next_step="Take a liquid stock: --ticker TICKER")
    price = to_price(found.price)
    if price > most_usd * UNITS_PER_USD:
        raise UsageError(
            f"{ticker} costs {format_price(price)} (expected at most {most_usd} USD)",
            next_step="Take a cheaper stock: --ticker TICKER",
        )
    return price
