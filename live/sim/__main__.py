"""Command line of `python -m live.sim`: make, move, serve and look at an exchange file."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backtest.command_line import CONTEXT, JSON, PlainGroup, print_result, version_option
from backtest.errors import ConfigError, UsageError
from backtest.home import with_home
from backtest.terminal import say

if TYPE_CHECKING:
    from live.sim.exchange import Exchange

_FILE = click.option(
    "--file", "file", required=True, type=click.Path(path_type=Path, readable=False), help="The exchange file."
)


@click.group("sim", cls=PlainGroup, context_settings=CONTEXT)
@version_option()
def cli() -> None:
    """An Alpaca-compatible exchange in one file, in virtual time: for trying out, tests and replays.

    \b
    Example:
      python -m live.sim init --file market.sim --prices bars/ \\
          --cash 400000 --now 2016-03-01T09:00
      python -m live.signal_generator --broker sim \\
          --set broker.sim_file=market.sim ...
    """


@cli.command()
@_FILE
@click.option(
    "--prices",
    required=True,
    type=click.Path(path_type=Path, readable=False),
    help="CSV or Parquet bars, a file or a folder.",
)
@click.option("--cash", required=True, help="What the account starts with, in USD.")
@click.option(
    "--now", "now", required=True, metavar="T", help="Where its clock starts; New York time without an offset."
)
@click.option(
    "--config",
    type=click.Path(path_type=Path, readable=False),
    help="Configuration for slippage, stop fill, delisting.",
)
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Override such a parameter; repeatable.")
@click.option(
    "--assets",
    type=click.Path(path_type=Path, readable=False),
    help="CSV symbol,name,exchange: who is listed; assets.csv beside the prices by default.",
)
@click.option("--multiplier", type=click.Choice(["1", "2", "4"]), default="1", show_default=True, help="Buying power.")
@JSON
@with_home
def init(
    file: Path, prices: Path, cash: str, now: str, config: Path | None, settings: tuple[str, ...],
    assets: Path | None, multiplier: str, as_json: bool,
) -> None:  # fmt: skip
    """Make an exchange file: bars, splits, calendar and names are copied in, nothing later than its clock is served."""
    from backtest.prices.folder import open_folder  # late: numpy
    from backtest.sessions import load_sessions
    from backtest.settings import apply_settings, load_params
    from live.sim.exchange import Exchange
    from live.sim.names import find_listings

    start = _moment(now)
    params = apply_settings(load_params(config), settings)
    provider = open_folder(prices)
    first, last = provider.span()
    if start.date() < first:
        raise UsageError(f"--now {now} lies before the first bar, {first} (expected a moment the prices reach)")
    amount = _usd(cash)
    listings = find_listings(assets, prices)
    data = provider.fetch(provider.tickers(), first, last)
    sessions = load_sessions(max(last, start.date()))
    exchange = Exchange.create(
        file,
        data.series,
        splits=data.splits,
        sessions=sessions,
        cash=amount,
        now=start,
        params=params,
        multiplier=int(multiplier),
        listings=listings,
    )
    counts = f"{len(data.series)} tickers, {len(data.splits)} splits, {len(data.refused)} bars refused"
    say(f"{file}: {counts}, {len(listings)} names", err=as_json)
    _say_status(exchange, as_json=as_json)


@cli.command()
@_FILE
@click.option("--to", "to", required=True, metavar="T", help="New York time without an offset.")
@JSON
@with_home
def advance(file: Path, to: str, as_json: bool) -> None:
    """Let time pass: orders trigger, fill, expire and age."""
    from live.sim.exchange import Exchange

    exchange = Exchange.open(file)
    moment = _moment(to)
    if moment < exchange.now():
        raise UsageError(f"--to {to} lies before the exchange's clock, {exchange.now().isoformat()}")
    exchange.advance_to(moment)
    _say_status(exchange, as_json=as_json)


@cli.command()
@_FILE
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0 (the default) takes a free one.")
@click.option("--speed", type=click.FloatRange(min=0), default=1.0, show_default=True, help="Virtual seconds a second.")
@click.option(
    "--latency-ms", type=click.FloatRange(min=0), default=0.0, show_default=True, help="Hold every answer back."
)
@with_home
def serve(file: Path, port: int, speed: float, latency_ms: float) -> None:
    """Serve the exchange on 127.0.0.1, trading and data on one port, until interrupted.

    Its time runs from the first request on. `live.day` lets it run at --speed between
    its runs only: while one is at work, no faster than the wall clock.

    \b
    Point a client at it: APCA_API_BASE_URL=http://127.0.0.1:PORT, any keys.
    """
    from live.sim.exchange import Exchange
    from live.sim.server import SimServer

    try:
        server = SimServer(Exchange.open(file), port, speed=speed, latency=latency_ms / 1000)
    except OSError as error:
        raise ConfigError(f"cannot serve on port {port}: {error.strerror}", next_step="Name another port.") from None
    say(f"serving {file} on {server.address}")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        say("stopped")


@cli.command()
@_FILE
@JSON
@with_home
def status(file: Path, as_json: bool) -> None:
    """Show the time, the account, its positions and its open orders."""
    from live.sim.exchange import Exchange

    _say_status(Exchange.open(file, read_only=True), as_json=as_json)


def _moment(text: str) -> datetime:
    from live.clock import NEW_YORK

    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text} is no date and time (expected for example 2016-03-01T09:00)") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=NEW_YORK)


def _usd(text: str) -> int:
    from decimal import Decimal, InvalidOperation

    from backtest.money import to_price

    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal(0)
    if not amount.is_finite() or not 0 < amount < 10**12:
        raise UsageError(f"--cash {text} is no amount (expected for example 400000)")
    return to_price(amount)


def _say_status(exchange: Exchange, *, as_json: bool) -> None:
    from live.sim.faults import SimRequest

    def ask(path: str, **query: str) -> Any:
        return json.loads(exchange.handle(SimRequest("GET", path, query)).body)

    clock, account = ask("/v2/clock"), ask("/v2/account")
    positions, orders = ask("/v2/positions"), ask("/v2/orders", limit="500", direction="asc")
    if as_json:
        print_result({"clock": clock, "account": account, "positions": positions, "orders": orders})
        return
    state = "open" if clock["is_open"] else f"closed, next open {clock['next_open']}"
    say(f"clock {clock['timestamp']} ({state})")
    say(f"equity {account['equity']}, cash {account['cash']}, {len(positions)} positions, {len(orders)} open orders")
    for row in positions:
        say(f"  {row['symbol']}: {row['qty']} at {row['avg_entry_price']}, now {row['current_price']}")
    for row in orders:
        price = row["stop_price"] or row["limit_price"] or "market"
        what = f"{row['side']} {row['qty']} {row['symbol']} {row['type']} {price}"
        say(f"  {what} ({row['status']}, {row['client_order_id']})")


if __name__ == "__main__":
    cli()
